from ocma.platforms.facebook.connector import Facebook

__all__ = ["Facebook"]
