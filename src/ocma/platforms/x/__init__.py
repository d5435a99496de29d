from ocma.platforms.x.connector import X

__all__ = ["X"]
