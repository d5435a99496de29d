"""A post's counters and insights, a page's insights. Every reaction here is a like; stories are counted nowhere."""

from ocma_sandbox.books import Post
from ocma_sandbox.figures import Count, Counts, add
from ocma_sandbox.graph.span import ZONE


def _since(post: Post) -> float | None:
    """A video is there when it has been processed; None: a comment, or a story."""
    if post.details["kind"] in {"comment", "story"}:
        return None
    return max(post.at, post.details.get("live_at", post.at))


def _engaged(count: Count) -> int:
    """Nobody is engaged who does not follow."""
    return min(count("likes"), count("followers"))


COUNTS = Counts(
    platform="facebook",
    post={
        "shares": add("shares"),
        "comments": add("comments"),
        "reactions": add("likes"),
        "likes": add("likes"),
        "post_media_view": add("views"),
        "post_total_media_view_unique": add("reach"),
        "post_reactions_like_total": add("likes"),
        "post_clicks": add("clicks"),
        "post_video_views": add("plays"),
    },
    account={
        "page_media_view": "post_media_view",
        "page_total_media_view_unique": "post_total_media_view_unique",
        "page_post_engagements": ("post_clicks", "reactions", "comments", "shares"),
        "page_daily_follows": add("follows"),
        "page_daily_follows_unique": add("follows"),
        "page_daily_unfollows_unique": add("unfollows"),
        "page_views_total": add("visits"),
        "page_total_actions": add(),
    },
    gauges={
        "followers_count": add("followers"),
        "fan_count": add("followers"),
        "page_follows": add("followers"),
        "page_lifetime_engaged_followers_unique": _engaged,
    },
    zone=ZONE,
    since=_since,
    comments="details ->> '$.root' = ?",
    same={"reactions": "likes", "post_reactions_like_total": "likes"},
)
