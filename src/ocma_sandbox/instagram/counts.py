"""Which figures each kind of medium has, and how they come about; and the account's."""

from collections.abc import Mapping

from ocma_sandbox.books import Post
from ocma_sandbox.figures import Count, Counts, Formula, Rate, add
from ocma_sandbox.graph.span import ZONE

_ALL = "views reach total_interactions shares"
_BY_PRODUCT = {
    "FEED": "likes comments saved reposts follows profile_visits profile_activity",
    "REELS": "likes comments saved reposts ig_reels_avg_watch_time ig_reels_video_view_total_time reels_skip_rate "
    "crossposted_views facebook_views",
    "STORY": "navigation replies follows profile_visits profile_activity",
}
BY_PRODUCT = {product: frozenset(f"{_ALL} {names}".split()) for product, names in _BY_PRODUCT.items()}
BY_FACEBOOK = {"total_views": "views", "total_likes": "likes", "total_comments": "comments"}
"""What only Facebook Login is told: the same, with what came in on Facebook, which is nothing here."""
FOLLOWED, UNFOLLOWED = "follows_and_unfollows.FOLLOWER", "follows_and_unfollows.NON_FOLLOWER"


def names(post: Post) -> frozenset[str]:
    """What a medium has; comments have nothing."""
    own = BY_PRODUCT.get(post.details.get("product", ""), frozenset())
    return own | {name for name, same in BY_FACEBOOK.items() if same in own}


def _has(post: Post, name: str) -> bool:
    return name in names(post)


def _average(count: Count) -> int | None:
    """Milliseconds of one view; None also when it is not known how long it lasts."""
    return 1000 * count("watch_seconds") // count("views") if count("run_seconds") else None


def _skipped(count: Count) -> float | None:
    """Of a hundred views, those that ended at once."""
    return round(100 * (count("views") - count("engaged_views")) / count("views"), 2) if count("views") else None


_POST: Mapping[str, Formula] = {
    "views": add("views"),
    "reach": add("reach"),
    "likes": add("likes"),
    "comments": add("comments"),
    "saved": add("saves"),
    "shares": add("sends"),
    "reposts": add("shares"),
    "total_interactions": add("likes", "comments", "saves", "sends", "shares"),
    "follows": add("follows"),
    "profile_visits": add("visits"),
    "profile_activity": add("clicks"),
    "navigation": add("engaged_views"),
    "replies": add("comments"),
    "ig_reels_video_view_total_time": lambda count: 1000 * count("watch_seconds"),
    "crossposted_views": add("views"),
    "facebook_views": add(),
}
RATES: Mapping[str, Rate] = {"ig_reels_avg_watch_time": _average, "reels_skip_rate": _skipped}
COUNTS = Counts(
    platform="instagram",
    post={**_POST, **{name: _POST[same] for name, same in BY_FACEBOOK.items()}},
    account={
        "reach": "reach",
        "views": "views",
        "accounts_engaged": add("likes"),
        "total_interactions": "total_interactions",
        "likes": "likes",
        "comments": "comments",
        "saves": "saved",
        "shares": "shares",
        "replies": "replies",
        "reposts": "reposts",
        "profile_links_taps": "profile_activity",
        "follows_and_unfollows": add("follows", "unfollows"),
        FOLLOWED: add("follows"),
        UNFOLLOWED: add("unfollows"),
        "follower_count": add("follows"),
    },
    gauges={"followers_count": add("followers"), "follows_count": add("following"), "media_count": add("posts")},
    rates=RATES,
    zone=ZONE,
    since=lambda post: post.at if "product" in post.details else None,
    same=BY_FACEBOOK,
    tallies={"posts": lambda post: post.details.get("product") in {"FEED", "REELS"}},
    has=_has,
    keeps=lambda _person, name: name not in RATES,
)
