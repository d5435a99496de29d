"""`ocma posts move`, `edit`, `resume`, `dead`, `requeue` and `stats` against real servers. No worker runs."""

import pytest

FAIL = """UPDATE publications SET state = 'failed', due_at = NULL, error = '{"code": "x.text", "detail": "Too long."}' RETURNING id"""


@pytest.fixture
def post(program, x_account):
    return program("posts", "schedule", "Hello", "--platform", "x", "--at", "2040-05-01T09:00Z", "--json").row()["postId"]


def test_a_post_is_moved(program, post):
    moved = program("posts", "move", post, "2041-06-01T09:00", "--timezone", "Europe/Berlin", "--json").row()
    assert (moved["scheduledAt"], moved["publications"][0]["nextAt"]) == ("2041-06-01T07:00:00Z", "2041-06-01T07:00:00Z")
    said = program("posts", "move", post, "2042-01-01T00:00Z", "--dry-run")
    assert (said.code, said.out.splitlines()[0]) == (0, "checked, nothing was written")
    assert program("posts", "show", post, "--json").row()["scheduledAt"] == "2041-06-01T07:00:00Z"
    assert "2041-06-01 07:00:00" in program("posts", "list").out
    assert "post.updated" in program("posts", "timeline", post).out


def test_a_post_is_edited(program, workspace, post):
    said = program("posts", "edit", post, "-", "--thread", "two", given="From standard input\n")
    assert (said.code, "From standard input" in said.out) == (0, True)
    ((content,),) = program.stored(workspace, "SELECT content FROM posts")
    assert [each["text"] for each in content["parts"]] == ["From standard input", "two"]


def test_mistakes_are_named(program, post):
    for words, part in (
        (("move", post, "tomorrow"), "AT"),
        (("move", post, "2040-01-01T00:00", "--timezone", "Mars/Olympus"), "IANA"),
        (("move", post, "2190-01-01T00:00Z"), "OCMA_SCHEDULE_HORIZON_DAYS"),
        (("edit", post, "x" * 281), "280"),
        (("requeue",), "--platform"),
        (
            ("requeue", "--platform", "myspace"),
            "Known: bluesky, facebook, instagram, linkedin, mastodon, threads, tiktok, x, youtube",
        ),
    ):
        said = program("posts", *words)
        assert (said.code, said.out) == (65, ""), said
        assert part in said.err
    program("posts", "cancel", post)
    said = program("posts", "edit", post, "too late")
    assert (said.code, "over (cancelled)" in said.err) == (73, True)
    assert program("posts", "resume", post).code == 73


def test_what_is_late_is_sent_on(program, workspace, post):
    program.stored(workspace, "UPDATE publications SET hold = 'late' RETURNING id")
    assert "held (late)" in program("posts", "show", post).out
    assert program("posts", "resume", post, "--json").row()["publications"][0]["hold"] is None
    assert program.stored(workspace, "SELECT hold FROM publications") == [(None,)]


def test_what_has_failed_is_shown_and_requeued(program, workspace, post, mastodon_account):
    program("posts", "schedule", "Other", "--platform", "mastodon", "--at", "2040-05-01T09:00Z")
    program.stored(workspace, FAIL)
    assert {each["platform"] for each in program("posts", "dead", "--json").rows()} == {"x", "mastodon"}
    assert "Too long." in program("posts", "dead", "--platform", "twitter").out
    assert program("posts", "dead", "--code", "other").out.strip() == "Nothing has failed for good."
    words = ("posts", "requeue", "--code", "x.text", "--platform", "x", "--json")
    assert program(*words, "--dry-run").row() == {"requeued": 1, "remaining": 0, "skipped": [], "dryRun": True}
    assert program(*words).row()["requeued"] == 1
    assert sorted(each.state for each in program.stored(workspace, "SELECT state FROM publications")) == ["failed", "scheduled"]


def test_how_the_queue_stands(program, workspace, post):
    found = program("posts", "stats", "--json").row()
    assert (found["waiting"], found["platforms"][0]["platform"], found["lateness"]["p50"]) == (1, "x", None)
    table = program("posts", "stats").out
    assert all(word in table for word in ("waiting", "late p99", "all"))
