from ocma.platforms.linkedin.connector import LinkedIn

__all__ = ["LinkedIn"]
