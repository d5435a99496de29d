"""`ocma worker`: publishes what dispatchers hand out, one process."""

from ocma.entrypoints.worker.worker import main


def worker() -> None:
    """Work until SIGTERM or Ctrl-C; what was begun is finished. Run as many as wanted, on as many machines."""
    main()
