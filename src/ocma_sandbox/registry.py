from ocma_sandbox.mastodon import MASTODON
from ocma_sandbox.x import X

PLATFORMS = (X, MASTODON)
