"""`ocma dispatcher`: hands out what is due, one process."""

from ocma.entrypoints.worker.dispatcher import main


def dispatcher() -> None:
    """Hand out what is due until SIGTERM or Ctrl-C. Any number of copies may run, on as many machines."""
    main()
