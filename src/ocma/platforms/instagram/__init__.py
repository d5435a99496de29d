from ocma.platforms.instagram.connector import Instagram

__all__ = ["Instagram"]
