import pytest

from unit.platforms.manifests import oauth

NEEDS = {"publish": ("write:posts", "upload|manage"), "read": ("read",)}


@pytest.mark.parametrize(
    ("granted", "missing"),
    [
        ((), ("write:posts", "upload|manage")),
        (("write:posts", "upload"), ()),
        (("write", "manage"), ()),
        (("write:other", "manage"), ("write:posts",)),
        (("write:posts",), ("upload|manage",)),
    ],
)
def test_what_publishing_lacks(granted, missing):
    assert oauth(needs=NEEDS).missing("publish", granted) == missing


def test_an_ability_that_needs_nothing_lacks_nothing():
    assert oauth(needs=NEEDS).missing("measure", ()) == ()
