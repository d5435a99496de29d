from ocma.platforms.bluesky.connector import Bluesky

__all__ = ["Bluesky"]
