"""Which platforms there are: ours, in the order in which they are shown, then those that other packages bring."""

from collections.abc import Iterable
from importlib.metadata import entry_points

from ocma_sandbox.bluesky import BLUESKY
from ocma_sandbox.facebook import FACEBOOK
from ocma_sandbox.instagram import INSTAGRAM
from ocma_sandbox.linkedin import LINKEDIN
from ocma_sandbox.mastodon import MASTODON
from ocma_sandbox.platform import Platform
from ocma_sandbox.threads import THREADS
from ocma_sandbox.tiktok import TIKTOK
from ocma_sandbox.x import X
from ocma_sandbox.youtube import YOUTUBE

OURS = (X, MASTODON, LINKEDIN, TIKTOK, YOUTUBE, BLUESKY, FACEBOOK, INSTAGRAM, THREADS)


def _others() -> Iterable[Platform]:
    return sorted((entry.load() for entry in entry_points(group="ocma_sandbox.platforms")), key=lambda each: each.key)


PLATFORMS: tuple[Platform, ...] = (*OURS, *_others())
