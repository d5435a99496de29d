from ocma.platforms.tiktok.connector import TikTok

__all__ = ["TikTok"]
