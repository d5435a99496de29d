from ocma.platforms.mastodon.connector import Mastodon

__all__ = ["Mastodon"]
