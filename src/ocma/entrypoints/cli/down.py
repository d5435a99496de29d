"""`ocma down`: stops what `ocma up` started."""

from ocma.entrypoints.cli.up import DEFAULT_DIR, DataDir, errors_told, say
from ocma.infra.embedded import running


def down(data: DataDir = DEFAULT_DIR) -> None:
    """Stop the supervisor of a data folder and everything it keeps running."""
    with errors_told():
        running.stop(data, say)
