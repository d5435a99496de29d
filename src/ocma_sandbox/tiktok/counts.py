from ocma_sandbox.books import Post
from ocma_sandbox.figures import Counts, add
from ocma_sandbox.tiktok.publishes import PUBLIC


def _since(post: Post) -> float | None:
    """Direct and for everyone; seen once it is through moderation."""
    kept = post.details
    return kept["publicAt"] if (kept["mode"], kept["privacyLevel"]) == ("direct", PUBLIC) else None


COUNTS = Counts(
    platform="tiktok",
    post={
        "view_count": add("views"),
        "like_count": add("likes"),
        "comment_count": add("comments"),
        "share_count": add("shares", "sends"),
    },
    account={"likes_count": "like_count"},
    gauges={"follower_count": add("followers"), "following_count": add("following"), "video_count": add("posts")},
    since=_since,
)
