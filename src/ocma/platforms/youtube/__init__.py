from ocma.platforms.youtube.connector import YouTube

__all__ = ["YouTube"]
