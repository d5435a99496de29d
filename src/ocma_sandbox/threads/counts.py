"""Figures of posts and of the profile. Reposts of others are no posts of one's own; only links can be clicked."""

from ocma_sandbox.books import Post
from ocma_sandbox.figures import Counts, add
from ocma_sandbox.graph.span import ZONE
from ocma_sandbox.threads import wording


def link(post: Post) -> str | None:
    """The one whose clicks are counted: what is attached, or else the first by name in the text."""
    attached = post.details.get("link_attachment")
    return attached or min(wording.links(post.content), default=None)


COUNTS = Counts(
    platform="threads",
    post={
        "views": add("views"),
        "likes": add("likes"),
        "replies": add("comments"),
        "reposts": add("shares"),
        "quotes": add("quotes"),
        "shares": add("sends"),
        "clicks": add("clicks"),
    },
    account={name: name for name in ("views", "likes", "replies", "reposts", "quotes", "clicks")},
    gauges={"followers_count": add("followers")},
    zone=ZONE,
    since=lambda post: None if "reposted" in post.details else post.at,
    has=lambda post, name: name != "clicks" or link(post) is not None,
)
