"""`python -m ocma` is the `ocma` program."""

from ocma.entrypoints.cli.main import app

if __name__ == "__main__":
    app()
