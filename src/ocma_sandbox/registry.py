from ocma_sandbox.bluesky import BLUESKY
from ocma_sandbox.facebook import FACEBOOK
from ocma_sandbox.instagram import INSTAGRAM
from ocma_sandbox.linkedin import LINKEDIN
from ocma_sandbox.mastodon import MASTODON
from ocma_sandbox.threads import THREADS
from ocma_sandbox.tiktok import TIKTOK
from ocma_sandbox.x import X
from ocma_sandbox.youtube import YOUTUBE

PLATFORMS = (X, MASTODON, LINKEDIN, TIKTOK, YOUTUBE, BLUESKY, FACEBOOK, INSTAGRAM, THREADS)
