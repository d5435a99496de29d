"""Video and channel figures of the Data API (viewCount …), and of the Analytics API (views …), which are older."""

from ocma_sandbox.books import Post
from ocma_sandbox.figures import Count, Counts, Formula, Rate, add
from ocma_sandbox.youtube import metadata


def _since(post: Post) -> float | None:
    """None: a comment, or a video that stays private."""
    if "snippet" not in post.details:
        return None
    status, ready_at = post.details["status"], post.details["readyAt"]
    published_at = metadata.instant(status.get("publishAt", ""))
    if published_at is not None:
        return max(published_at, ready_at)
    return None if status["privacyStatus"] == "private" else ready_at


def _is_listed(post: Post) -> bool:
    return post.details["status"]["privacyStatus"] != "unlisted"


def rounded(count: int) -> int:
    """Down to three figures, as everybody sees the subscribers."""
    step = 10 ** max(0, len(str(count)) - 3)
    return count // step * step


def _average(count: Count) -> float | None:
    """Seconds of one view."""
    return count("watch_seconds") / count("views") if count("views") else None


def _percentage(count: Count) -> float | None:
    return 100 * count("watch_seconds") / count("run_seconds") if count("run_seconds") else None


def _minutes(count: Count) -> int:
    return count("watch_seconds") // 60


ANALYTICS: dict[str, Formula] = {
    "views": add("views"),
    "engagedViews": add("engaged_views"),
    "likes": add("likes"),
    "dislikes": add("dislikes"),
    "comments": add("comments"),
    "shares": add("shares"),
    "subscribersGained": add("follows"),
    "subscribersLost": add("unfollows"),
    "estimatedMinutesWatched": _minutes,
}
RATES: dict[str, Rate] = {"averageViewDuration": _average, "averageViewPercentage": _percentage}
COUNTS = Counts(
    platform="youtube",
    post={
        "viewCount": add("views"),
        "likeCount": add("likes"),
        "dislikeCount": add("dislikes"),
        "favoriteCount": add(),
        "commentCount": add("comments"),
        **ANALYTICS,
    },
    account={"viewCount": "viewCount", **ANALYTICS},
    gauges={"subscriberCount": lambda count: rounded(count("followers")), "videoCount": add("posts")},
    rates=RATES,
    zone="America/Los_Angeles",
    since=_since,
    comments="details ->> '$.videoId' = ?",
    tallies={"posts": _is_listed},
)
