from ocma.platforms.threads.connector import Threads

__all__ = ["Threads"]
