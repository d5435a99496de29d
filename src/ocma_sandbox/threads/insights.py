"""Insights of a post and of the profile. Unsure, and chosen here: the profile's numbers are the sums over its posts."""

from typing import Any

from ocma_sandbox import books
from ocma_sandbox.graph import errors, metrics
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.graph.timestamps import time_of
from ocma_sandbox.threads import profile, publishing

Json = dict[str, Any]

OF_POST = ("views", "likes", "replies", "reposts", "quotes", "shares")
OF_PROFILE = ("views", "likes", "replies", "reposts", "quotes", "clicks", "followers_count")
EARLIEST = 1_712_991_600


async def of_post(visit: Visit) -> Json:
    """GET /{media}/insights"""
    post = publishing.find_post(visit.world, visit.path_id)
    if post is None or post.person_id != visit.caller.person.id or "reposted" in post.details:
        raise errors.missing(visit.path_id)
    wanted = metrics.names(visit.params, OF_POST)
    return metrics.all_of(wanted, lambda name: metrics.lifetime(post.id, name, post.metrics.get(name, 0)))


async def of_profile(visit: Visit) -> Json:
    """GET /{user}/threads_insights"""
    person = profile.own(visit)
    wanted = metrics.names(visit.params, OF_PROFILE)
    since = visit.params.moment("since")
    if since is not None and since < EARLIEST:
        raise errors.invalid(f"Param since must be {EARLIEST} or later")
    posts = books.select(visit.world.store, "platform = 'threads' AND person_id = ? AND deleted_at IS NULL", person.id)

    def one(name: str) -> Json:
        value = person.followers if name == "followers_count" else sum(post.metrics.get(name, 0) for post in posts)
        if name != "views":
            return metrics.total(person.id, name, "day", value)
        shown = metrics.lifetime(person.id, name, value)
        return {**shown, "period": "day", "values": [{"value": value, "end_time": time_of(visit.world.clock())}]}

    return metrics.all_of(wanted, one)
