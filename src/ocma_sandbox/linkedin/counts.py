"""What a page's posts and a member's count, each under names of their own. `engagement` is made of the page's others."""

from collections.abc import Mapping

from ocma_sandbox.books import Post
from ocma_sandbox.figures import Counts, Formula, add
from ocma_sandbox.linkedin import members
from ocma_sandbox.people import Person

OF_PAGE: Mapping[str, Formula] = {
    "impressionCount": add("views"),
    "uniqueImpressionsCount": add("reach"),
    "clickCount": add("clicks"),
    "likeCount": add("likes"),
    "commentCount": add("comments"),
    "shareCount": add("shares"),
}
OF_MEMBER: Mapping[str, Formula] = {
    "IMPRESSION": add("views"),
    "MEMBERS_REACHED": add("reach"),
    "RESHARE": add("shares"),
    "REACTION": add("likes"),
    "COMMENT": add("comments"),
    "POST_SEND": add("sends"),
    "POST_SAVE": add("saves"),
    "LINK_CLICKS": add("clicks"),
    "PREMIUM_CTA_CLICKS": add(),
    "FOLLOWER_GAINED_FROM_CONTENT": add("follows"),
    "PROFILE_VIEW_FROM_CONTENT": add("visits"),
}
GAINS: Mapping[str, Formula] = {"organicFollowerGain": add("follows"), "paidFollowerGain": add()}
PAGE_FOLLOWERS, MEMBER_FOLLOWERS = "firstDegreeSize", "memberFollowersCount"
PAGES = frozenset({*OF_PAGE, *GAINS, PAGE_FOLLOWERS})


def _since(post: Post) -> float | None:
    return None if post.details["kind"] == "comment" else post.at


def _has(post: Post, name: str) -> bool:
    is_page = str(post.details.get("author", "")).startswith("urn:li:organization:")
    return (name in OF_PAGE) == is_page


def _keeps(person: Person, name: str) -> bool:
    return (name in PAGES) == members.is_page(person)


COUNTS = Counts(
    platform=members.KEY,
    post={**OF_PAGE, **OF_MEMBER},
    account={**{name: name for name in (*OF_PAGE, *OF_MEMBER)}, **GAINS},
    gauges={PAGE_FOLLOWERS: add("followers"), MEMBER_FOLLOWERS: add("followers")},
    since=_since,
    comments="details ->> '$.object' = ?",
    has=_has,
    keeps=_keeps,
)
