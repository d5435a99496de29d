"""The forecasts row by row, as somebody's CSV asks for them."""

from datetime import timedelta

import pytest

from histories import START, history
from ocma.errors import Invalid
from ocma.intelligence import forecasts
from ocma.intelligence.tasks import TASKS

EMPTY = {"likes": "", "comments": "", "shares": ""}


def row(name, post, *, account="a", engagement=None, **more):
    count = post.engagement if engagement is None else engagement
    return {
        "row_id": name,
        "account": account,
        "platform": "mastodon",
        "tz": "UTC",
        "published_utc": post.published_at.isoformat(),
        "media": post.media,
        "text": post.text,
        "title": "",
        "likes": str(count),
        "comments": "",
        "shares": "0",
        **more,
    }


def photos(post):
    return 1.0 if post.media == "photo" else 0.0


def past(count=60, account="a"):
    return [row(f"p{place}", post, account=account) for place, post in enumerate(history(count, photos))]


def draft(name, hours, *, media="photo", text="winter paper river", **more):
    at = (START + timedelta(hours=hours)).isoformat()
    return {"row_id": name, "account": "a", "tz": "UTC", "published_utc": at, "media": media, "text": text, **EMPTY, **more}


def engagement(rows):
    return {each["row_id"]: float(each["score"]) for each in forecasts.predict_engagement(iter(rows))}


def test_drafts_are_scored_in_their_order_and_the_past_is_not():
    rows = [draft("z", 9_000), *past(), draft("b", 9_000, media="link"), draft("a", 8_000)]
    found = engagement(rows)
    assert list(found) == ["z", "b", "a"]
    assert found["z"] > found["b"] + 0.4


def test_what_was_published_after_a_draft_is_not_its_past():
    """A draft in the middle scores the same whether or not the posts after it are told."""
    told = past(200)
    edge = told[100]["published_utc"]
    middle = {**draft("d", 0), "published_utc": edge}
    before = [each for each in told if each["published_utc"] < edge]
    assert engagement([*told, middle]) == engagement([*before, middle])
    assert engagement([*told, middle]) != engagement([*told, draft("d", 9_000)])


def test_accounts_do_not_learn_from_each_other():
    assert engagement([*past(), draft("d", 9_000)]) == engagement([*past(), *past(90, "b"), draft("d", 9_000)])


def test_the_role_decides_where_there_is_one():
    told = past()
    asked = {**told[-1], "row_id": "d", "role": "draft"}
    assert list(engagement([*({**each, "role": "past"} for each in told), asked])) == ["d"]
    other = {**asked, "likes": "999999"}
    assert engagement([*told, asked]) == engagement([*told, other])


def test_an_account_without_a_past_is_scored_as_any():
    found = engagement([draft("d", 0, platform="facebook", text="This is what you should know about it")])
    assert found["d"] != 0
    assert engagement([draft("d", 0, platform="linkedin")]) == {"d": 0.0}


def test_a_week_an_account():
    rows = list(forecasts.predict_besttime(iter([*past(), *past(80, "b"), draft("d", 1)])))
    assert len(rows) == 2 * 168
    assert [(each["account"], each["dow"], each["hour"]) for each in rows[166:170]] == [
        ("a", "6", "22"),
        ("a", "6", "23"),
        ("b", "0", "0"),
        ("b", "0", "1"),
    ]


def test_headlines_stream():
    def rows():
        yield {"row_id": "1", "headline_a": "What She Did Next", "headline_b": "Report"}
        raise AssertionError("the second row was asked for before the first was answered")

    assert float(next(forecasts.predict_upworthy(rows()))["score"]) != 0


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"likes": "many"}, "column likes: 'many'"),
        ({"likes": "-3"}, "column likes"),
        ({"shares": "nan"}, "column shares"),
        ({"published_utc": "yesterday"}, "column published_utc: 'yesterday'"),
        ({"role": "future"}, "column role: 'future'"),
        ({"role": "past", **EMPTY}, "column likes"),
        ({"tz": "Mars/Olympus"}, "Mars/Olympus"),
    ],
)
def test_a_cell_that_cannot_be_read_is_named(change, named):
    told = past(20)
    told[0] = told[0] | change
    with pytest.raises(Invalid, match=f"Row 1, .*{named}"):
        engagement([*told, draft("d", 9_000)])


@pytest.mark.parametrize("name", ["engagement", "besttime", "upworthy"])
def test_what_is_needed_is_enough(name):
    task = TASKS[name]
    rows = [{each: value for each, value in row.items() if each in task.needs} for row in [*past(), draft("d", 9_000)]]
    if name == "upworthy":
        rows = [{"row_id": "1", "headline_a": "One", "headline_b": "Two"}]
    answers = list(task.predict(iter(rows)))
    assert answers
    assert all(tuple(each) == task.gives for each in answers)
