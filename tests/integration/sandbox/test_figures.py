"""The books of figures and the clock, by the sandbox's own door."""

import pytest

from integration.sandbox.walks import Control
from ocma_sandbox.config import Config
from ocma_sandbox.server import running

DAY = 86400


@pytest.fixture
def watched(control):
    for platform in ("x", "mastodon"):
        control.settle(platform, audience=True)
    return control


def test_the_clock_goes_forward_for_everybody(control, alice):
    assert control.call("GET", "clock").json() == {"at": "2026-09-21T14:13:20.000Z", "aheadSeconds": 0, "running": True}
    moved = control.call("POST", "clock", json={"advanceSeconds": 3600}).json()
    assert moved == {"at": "2026-09-21T15:13:20.000Z", "aheadSeconds": 3600, "running": True}
    shown = alice.get("/2/tweets/" + alice.posted("late"), **{"post.fields": "created_at"}).json()["data"]
    assert shown["created_at"] == "2026-09-21T15:13:20.000Z"
    moved = control.call("POST", "clock", json={"at": "2026-09-22T02:00:00+02:00"}).json()
    assert moved["at"] == "2026-09-22T00:00:00.000Z"
    assert alice.get("/2/users/me").status_code == 401  # the token has expired meanwhile
    control.call("POST", "reset")
    assert control.call("GET", "clock").json()["aheadSeconds"] == 0


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"advanceSeconds": -1},
        {"advanceSeconds": 1, "at": "2026-12-01T00:00:00Z"},
        {"at": "2026-09-21T14:13:19Z"},
        {"at": "2026-12-01T00:00:00"},
        {"at": "tomorrow"},
        {"at": "2126-12-01T00:00:00Z"},
        {"ahead": 5},
    ],
)
def test_the_clock_goes_neither_back_nor_astray(control, body):
    response = control.call("POST", "clock", json=body)
    assert response.status_code == 422
    assert response.json()["error"]
    assert control.call("GET", "clock").json()["aheadSeconds"] == 0


def test_a_stopped_clock_shows_the_same_moment_until_it_runs_again(control, clock):
    assert control.call("POST", "clock", json={"running": False}).json()["running"] is False
    clock.now += 100
    assert control.call("GET", "clock").json() == {"at": "2026-09-21T14:13:20.000Z", "aheadSeconds": -100, "running": False}
    moved = control.call("POST", "clock", json={"at": "2026-09-21T15:13:20Z"}).json()
    clock.now += 100
    assert control.call("GET", "clock").json()["at"] == moved["at"] == "2026-09-21T15:13:20.000Z"
    assert control.call("POST", "clock", json={"running": True}).json()["at"] == moved["at"]
    clock.now += 100
    assert control.call("GET", "clock").json() == {"at": "2026-09-21T15:15:00.000Z", "aheadSeconds": 3400, "running": True}


def test_moving_the_clock_does_what_became_due(control, ann):
    ann.posted("later", scheduled_at="2026-09-21T16:00:00Z")
    control.call("POST", "clock", json={"advanceSeconds": 2 * 3600})
    assert control.contents("mastodon") == ["later"]


def test_a_restarted_world_is_as_far_ahead(tmp_path, clock):
    with running(Config(state=tmp_path / "world", clock=clock)) as url:
        Control(url).call("POST", "clock", json={"advanceSeconds": 5 * DAY})
    clock.now += 10
    with running(Config(state=tmp_path / "world", clock=clock)) as url:
        assert Control(url).call("GET", "clock").json()["at"] == "2026-09-26T14:13:30.000Z"


def test_without_an_audience_figures_are_what_was_told_and_what_was_done(control, ann):
    status = ann.posted("count me")
    ann.posted("answer", in_reply_to_id=status["id"])
    told = {"platform": "mastodon", "id": status["id"], "metrics": {"favourites_count": 4}}
    control.call("POST", "metrics", json=told)
    control.call("POST", "clock", json={"advanceSeconds": 3 * DAY})
    said = control.figures(platform="mastodon", id=status["id"])
    assert (said["account"], said["at"], said["deleted"]) == ("ann", "2026-09-24T14:13:20.000Z", False)
    assert said["figures"] == {"replies_count": 1, "reblogs_count": 0, "favourites_count": 4, "quotes_count": 0}


def test_an_audience_grows_and_what_was_told_wins(watched, alice):
    post_id = alice.posted("see me")
    assert set(watched.figures(platform="x", id=post_id)["figures"].values()) == {0}
    then = watched.figures(platform="x", id=post_id, at="2026-09-22T14:13:20Z")["figures"]
    watched.call("POST", "clock", json={"advanceSeconds": DAY})
    now = watched.figures(platform="x", id=post_id)["figures"]
    assert now == then
    assert now["impression_count"] > now["like_count"] > 0
    assert now["engagements"] <= now["impression_count"]
    watched.call("POST", "metrics", json={"platform": "x", "id": post_id, "metrics": {"retweet_count": 77}})
    told = watched.figures(platform="x", id=post_id)["figures"]
    assert told == {**now, "retweet_count": 77, "repost_count": 77, "retweets": 77}


def test_a_deleted_post_stays_as_it_was(watched, alice):
    post_id = alice.posted("see me")
    watched.call("POST", "clock", json={"advanceSeconds": 3600})
    before = watched.figures(platform="x", id=post_id)
    alice.call("DELETE", f"/2/tweets/{post_id}")
    watched.call("POST", "clock", json={"advanceSeconds": DAY})
    after = watched.figures(platform="x", id=post_id)
    assert after["figures"] == before["figures"]
    assert (before["deleted"], after["deleted"]) == (False, True)


def test_the_days_of_an_account_follow_each_other(watched, ann):
    watched.call("POST", "accounts", json={"platform": "mastodon", "account": "ann", "followers": 20_000})
    for text in ("one", "two"):
        ann.posted(text)
        watched.call("POST", "clock", json={"advanceSeconds": DAY})
    asked = {"platform": "mastodon", "account": "ann"}
    said = watched.figures(**asked, **{"from": "2026-09-20", "to": "2026-09-24"})
    assert [day["date"] for day in said["days"]] == [f"2026-09-{day}" for day in range(20, 25)]
    assert said["days"][1]["start"] == said["days"][0]["end"] == "2026-09-21T00:00:00.000Z"
    counts = [day["figures"]["followers_count"] for day in said["days"]]
    assert counts[0] == 20_000 < counts[1] < counts[2] < counts[3]
    assert counts[3] == said["figures"]["followers_count"]
    assert [day["figures"]["statuses_count"] for day in said["days"]] == [0, 1, 2, 2, 2]


@pytest.mark.parametrize(
    "asked",
    [
        {"platform": "myspace", "account": "alice"},
        {"platform": "x"},
        {"platform": "x", "account": "nobody"},
        {"platform": "x", "id": "5"},
        {"platform": "x", "account": "alice", "at": "yesterday"},
        {"platform": "x", "account": "alice", "from": "2026-09-02", "to": "2026-09-01"},
        {"platform": "x", "account": "alice", "from": "soon"},
        {"platform": "x", "account": "alice", "day": "2026-09-01"},
    ],
)
def test_questions_that_have_no_answer_are_explained(control, alice, asked):
    response = control.call("GET", "figures", params=asked)
    assert response.status_code == 422
    assert response.json()["error"]
