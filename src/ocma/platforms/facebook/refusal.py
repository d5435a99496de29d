"""What we say of Facebook ourselves; what it says in codes is as in all of Meta's APIs (meta/refusal.py)."""

from ocma.platforms.errors import ContentRejected, PermissionMissing
from ocma.platforms.refusals import Refusal

NO_PAGES = Refusal(
    PermissionMissing,
    "noPages",
    "This Facebook login gives access to no page.",
    "Sign in as somebody who manages the page, and choose the page in Facebook's dialog.",
)
UNUSABLE = Refusal(
    ContentRejected,
    "videoRefused",
    "Facebook could not process the video.",
    "Convert it to MP4 (H.264, AAC); a reel is upright (9:16), 3 to 90 seconds.",
)
UNDELETABLE = Refusal(
    ContentRejected, "deleteRefused", "Facebook did not delete the post: it is still live.", "Delete it on the page itself."
)
