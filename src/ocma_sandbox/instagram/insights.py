"""Insights of media: a name that does not fit the kind of medium fails the whole request.

Unsure, and chosen here: of a story whose day is over one is told what one is told of a medium that is not there; an average
of nothing is not told at all.
"""

from typing import Any

from ocma_sandbox import books
from ocma_sandbox.figures import Figures
from ocma_sandbox.graph import errors, metrics
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.instagram import account, reports
from ocma_sandbox.instagram.account import DAY, KEY
from ocma_sandbox.instagram.counts import BY_FACEBOOK, COUNTS, RATES, names

Json = dict[str, Any]


async def show(visit: Visit) -> Json:
    """GET /{media}/insights and /{ig}/insights"""
    person = account.find(visit, visit.path_id)
    return _of_media(visit) if person is None else reports.show(visit, person)


def _of_media(visit: Visit) -> Json:
    post, now = books.find(visit.world.store, KEY, visit.path_id), visit.world.clock()
    mine = {each.id for each in account.mine(visit)}
    if post is None or post.person_id not in mine or "product" not in post.details:
        raise errors.missing(visit.path_id)
    if post.details["product"] == "STORY" and now - post.at >= DAY:
        raise errors.missing(visit.path_id)
    known = names(post) - (BY_FACEBOOK.keys() if account.is_instagram_login(visit) else set())
    wanted, until = metrics.names(visit.params, known), metrics.told_until(visit)
    figures = Figures(visit.world, COUNTS)

    def one(name: str) -> Json | None:
        value = figures.rated(post, name, until) if name in RATES else figures.value(post, name, until)
        return None if value is None else metrics.lifetime(post.id, name, value)

    return metrics.all_of(wanted if post.at <= until else [], one)
