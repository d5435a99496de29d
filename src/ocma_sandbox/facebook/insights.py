"""Insights of posts and of the page.

Unsure, and chosen here: the page's own numbers are the sums over its live posts; they are those of today.
"""

from typing import Any

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.facebook import shelf
from ocma_sandbox.facebook.page import own
from ocma_sandbox.graph import metrics
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.timestamps import time_of

Json = dict[str, Any]

_OF_POST = (
    "post_media_view post_total_media_view_unique post_activity_by_action_type post_activity_by_action_type_unique "
    "post_reactions_by_type_total post_reactions_like_total post_clicks post_clicks_by_type post_video_views"
)
OF_POST = frozenset(_OF_POST.split())
OBJECTS = frozenset(name for name in OF_POST if "_by_" in name)
SUMS = {
    "page_media_view": "post_media_view",
    "page_total_media_view_unique": "post_total_media_view_unique",
    "page_post_engagements": "post_clicks",
}
_OF_PAGE = (
    "page_follows page_media_view page_total_media_view_unique page_post_engagements page_daily_follows page_views_total "
    "page_daily_follows_unique page_daily_unfollows_unique page_total_actions page_lifetime_engaged_followers_unique"
)
OF_PAGE = frozenset(_OF_PAGE.split())


async def show(visit: Visit) -> Json:
    """GET /{page}/insights and /{post}/insights"""
    if visit.path_id in {"me", visit.caller.person.id, visit.caller.person.handle}:
        return _of_page(visit)
    post = shelf.get(visit, visit.path_id)
    wanted = metrics.names(visit.params, OF_POST)
    return metrics.all_of(wanted, lambda name: metrics.lifetime(post.id, name, _value(post, name)))


def _value(post: Post, name: str) -> int | dict[str, int]:
    """By kind of action where the metric is by kind: `like` and so on, as `likes` were set."""
    if name in OBJECTS:
        likes = post.metrics.get("likes", 0)
        return {"like": likes} if likes else {}
    return post.metrics.get(name, 0)


def _of_page(visit: Visit) -> Json:
    page, now = own(visit), visit.world.clock()
    wanted = metrics.names(visit.params, OF_PAGE)
    period = visit.params.text("period") or "day"
    where = shelf.ON_TIMELINE + " AND person_id = ?"
    posts = books.select(visit.world.store, where, shelf.seen_until(visit.world), now, page.id)

    def one(name: str) -> Json:
        value = page.followers if name == "page_follows" else sum(post.metrics.get(SUMS.get(name, ""), 0) for post in posts)
        shown = metrics.lifetime(page.id, name, value)
        return {**shown, "period": period, "values": [{"value": value, "end_time": time_of(now)}]}

    return metrics.all_of(wanted, one)
