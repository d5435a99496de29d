"""Insights of media and of the account: a name that does not fit the kind of medium fails the whole request."""

from typing import Any

from ocma_sandbox import books
from ocma_sandbox.books import Post
from ocma_sandbox.graph import errors, metrics
from ocma_sandbox.graph.calls import Visit
from ocma_sandbox.instagram import account
from ocma_sandbox.instagram.account import KEY
from ocma_sandbox.instagram.nodes import MEDIA, seen_until

Json = dict[str, Any]

_ALL = "views reach total_interactions shares"
_BY_PRODUCT = {
    "FEED": "likes comments saved reposts follows profile_visits profile_activity",
    "REELS": "likes comments saved reposts ig_reels_avg_watch_time ig_reels_video_view_total_time reels_skip_rate "
    "crossposted_views facebook_views",
    "STORY": "navigation replies follows profile_visits profile_activity",
}
BY_PRODUCT = {product: frozenset(f"{_ALL} {names}".split()) for product, names in _BY_PRODUCT.items()}
BY_FACEBOOK = frozenset({"total_views", "total_likes", "total_comments"})
_OF_ACCOUNT = (
    "reach views accounts_engaged total_interactions likes comments saves shares replies reposts profile_links_taps "
    "follows_and_unfollows follower_count"
)
OF_ACCOUNT = frozenset(_OF_ACCOUNT.split())


async def show(visit: Visit) -> Json:
    """GET /{media}/insights and /{ig}/insights"""
    person = account.find(visit, visit.path_id)
    if person is not None:
        return _of_account(visit, person.id, person.followers)
    post = books.find(visit.world.store, KEY, visit.path_id)
    mine = {each.id for each in account.mine(visit)}
    if post is None or post.person_id not in mine or "product" not in post.details:
        raise errors.missing(visit.path_id)
    known = BY_PRODUCT[post.details["product"]] | (frozenset() if account.is_instagram_login(visit) else BY_FACEBOOK)
    wanted = metrics.names(visit.params, known)
    return metrics.all_of(wanted, lambda name: metrics.lifetime(post.id, name, _value(post, name)))


def _value(post: Post, name: str) -> int:
    return post.metrics.get(name, 0)


def _of_account(visit: Visit, person_id: str, followers: int) -> Json:
    """Unsure, and chosen here: sums over the account's media; `reach` needs no metric_type, the others do."""
    wanted = metrics.names(visit.params, OF_ACCOUNT)
    visit.params.need("period")
    free = {"reach", "follower_count"}
    if visit.params.text("metric_type") != "total_value" and not set(wanted) <= free:
        lacking = ", ".join(sorted(set(wanted) - free))
        raise errors.invalid(f"The metric {lacking} should be specified with parameter metric_type=total_value")
    posts = books.select(visit.world.store, MEDIA, seen_until(visit), person_id)

    def one(name: str) -> Json:
        value = followers if name == "follower_count" else sum(_value(post, name) for post in posts)
        return metrics.total(person_id, name, visit.params.need("period"), value)

    return metrics.all_of(wanted, one)
