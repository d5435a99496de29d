"""`ocma posts` against real servers. No worker runs: what is scheduled stays so."""

import io
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from PIL import Image

ALT = "A navy rectangle"
MEDIA = "SELECT count(*) FROM media"


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "picture.png"
    buffer = io.BytesIO()
    Image.new("RGB", (8, 6), "navy").save(buffer, "PNG")
    path.write_bytes(buffer.getvalue())
    return path


def test_a_post_is_planned_shown_and_cancelled(program, x_account, mastodon_account):
    words = (
        "posts",
        "schedule",
        "Hello",
        "--platform",
        "twitter",
        "--account",
        mastodon_account,
        "--at",
        "2040-05-01T09:00:00+02:00",
    )
    said = program(*words, "--json")
    assert said.code == 0, said.err
    planned = said.row()
    assert planned["scheduledAt"] == "2040-05-01T07:00:00Z"
    assert {each["accountId"] for each in planned["publications"]} == {x_account, mastodon_account}
    listed = program("posts", "list", "--json").row()
    assert (listed["postId"], listed["status"], listed["createdBy"]) == (planned["postId"], "pending", "operator")
    assert program("posts", "show", planned["postId"], "--json").row() == listed
    people = program("posts", "show", planned["postId"]).out
    assert "Hello" in people
    assert people.count("scheduled") == 3  # the post, and each publication
    cancelled = program("posts", "cancel", planned["postId"], "--json").row()
    assert cancelled["status"] == "cancelled"
    whats = [each["what"] for each in program("posts", "timeline", planned["postId"], "--json").rows()]
    assert whats == ["publication.scheduled"] * 2 + ["publication.cancelled"] * 2
    assert "publication.cancelled" in program("posts", "timeline", planned["postId"]).out
    again = program("posts", "cancel", planned["postId"])
    assert (again.code, again.out) == (73, "")
    assert "cancelled" in again.err
    assert program("posts", "retry", planned["postId"]).code == 73


def test_without_a_time_it_is_now(program, x_account):
    planned = program("posts", "schedule", "-", "--platform", "x", "--json", given="From standard input\n").row()
    assert abs(datetime.fromisoformat(planned["scheduledAt"]) - datetime.now(UTC)) < timedelta(seconds=30)
    assert program("posts", "list", "--json").row()["content"] == "From standard input"


def test_a_wall_time_means_the_zone_that_is_named(program, x_account):
    words = (
        "posts",
        "schedule",
        "Breakfast",
        "--platform",
        "x",
        "--at",
        "2040-07-01 08:00",
        "--timezone",
        "Europe/Berlin",
        "--json",
    )
    assert program(*words).row()["scheduledAt"] == "2040-07-01T06:00:00Z"


def test_pictures_and_a_thread_come_along(program, workspace, mastodon_account, picture):
    words = ("posts", "schedule", "One", "--platform", "mastodon", "--image", picture, "--image", picture, "--alt", ALT)
    said = program(*words, "--thread", "Two", "--thread", "Three", "--at", "2040-01-01T00:00Z", "--json")
    assert said.code == 0, said.err
    ((content,),) = program.stored(workspace, "SELECT content FROM posts")
    assert [part["text"] for part in content["parts"]] == ["One", "Two", "Three"]
    first, second = (UUID(each) for each in content["parts"][0]["mediaIds"])
    rows = {row.id: row for row in program.stored(workspace, "SELECT id, alt_text, mime_type, width FROM media")}
    assert (rows[first].alt_text, rows[second].alt_text) == (ALT, None)
    assert {(row.mime_type, row.width) for row in rows.values()} == {("image/png", 8)}


def test_a_dry_run_writes_nothing(program, workspace, x_account, picture):
    said = program("posts", "schedule", "Hello", "--platform", "x", "--image", picture, "--dry-run")
    assert (said.code, said.out.splitlines()[0].split(":")[0]) == (0, "checked, nothing was written")
    assert program("posts", "list", "--json").out == ""
    assert program.stored(workspace, MEDIA) == [(0,)]


def test_what_cannot_be_posted_is_told_and_leaves_nothing(program, workspace, x_account, picture):
    words = ("posts", "schedule", "x" * 281, "--platform", "x", "--image", picture)
    for more in ((), ("--dry-run",)):
        said = program(*words, *more)
        assert (said.code, said.out) == (65, "")
        assert "280" in said.err
    assert program.stored(workspace, MEDIA) == [(0,)]
    assert not [each for each in (picture.parent / "media").rglob("*") if each.is_file()]
    assert program("posts", "list", "--json").out == ""


def test_mistakes_are_named(program, x_account, picture, tmp_path):
    def refused(*words):
        said = program("posts", "schedule", "Hello", *words)
        assert (said.code, said.out) == (65, ""), said
        assert "Traceback" not in said.err
        return said.err

    assert "`platforms`" in refused()
    assert "has no connected account" in refused("--platform", "mastodon")
    assert "Known: bluesky, facebook, instagram, linkedin, mastodon, threads, tiktok, x, youtube." in refused(
        "--platform", "myspace"
    )
    assert "--at" in refused("--platform", "x", "--at", "tomorrow")
    assert "--timezone" in refused("--platform", "x", "--timezone", "")
    assert "IANA" in refused("--platform", "x", "--timezone", "Mars/Olympus")
    assert "--alt" in refused("--platform", "x", "--image", picture, "--alt", "a", "--alt", "b")
    text = tmp_path / "text.png"
    text.write_text("not a picture")
    assert "not of a kind OCMA knows" in refused("--platform", "x", "--image", text)
    unknown = str(uuid4())
    assert f"There is no account {unknown}" in refused("--account", unknown)
    gone = program("posts", "schedule", "Hello", "--platform", "x", "--image", tmp_path / "gone.png")
    assert gone.code == 2
    for command in ("show", "timeline", "cancel", "retry"):
        assert program("posts", command, uuid4()).code == 66


def test_lists_can_be_narrowed(program, x_account):
    first, second = (
        program("posts", "schedule", f"Post {day}", "--platform", "x", "--at", f"2040-01-0{day}T00:00Z", "--json").row()["postId"]
        for day in (1, 2)
    )
    program("posts", "cancel", first)
    assert [each["postId"] for each in program("posts", "list", "--json").rows()] == [second, first]
    assert program("posts", "list", "--status", "cancelled", "--json").row()["postId"] == first
    assert program("posts", "list", "--limit", "1", "--json").row()["postId"] == second
    assert program("posts", "list", "--status", "lost").code == 2
