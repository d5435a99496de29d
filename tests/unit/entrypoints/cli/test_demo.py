"""The demo's judgement and its screen: what it would say if something were wrong, which a whole run cannot show."""

import io
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image

from ocma.entrypoints.cli import demo_memory, demo_story, demo_verdict
from ocma.entrypoints.cli.demo_board import Board
from ocma.entrypoints.cli.demo_screen import Screen
from ocma.entrypoints.cli.demo_story import ALT_TEXT, pieces

DUE = datetime(2026, 1, 1, 12, tzinfo=UTC)
STAMP = "2026-01-01 12:00:00 UTC"


def planned():
    """A board as it is when all posts are scheduled."""
    board = Board()
    for number, draft in enumerate(demo_story.drafts(STAMP)):
        publications = [
            {"id": f"{number}-{platform}", "platform": platform, "status": "scheduled", "scheduledAt": DUE.isoformat()}
            for platform in draft.platforms
        ]
        board.add(draft, {"jobId": f"job-{number}", "publications": publications})
    board.seal()
    return board


def published():
    board = planned()
    for line in list(board.lines.values()):
        board.move({"publicationId": line.id, "status": "published", "attempt": 1, "url": "https://a.test/1"})
    return board


def on_the_books(lines, late=0.02):
    """The books as they must look."""
    books = []
    for line in lines:
        before = None
        for piece in pieces(line.draft, line.platform):
            entry = {
                "platform": piece.platform,
                "id": str(len(books)),
                "content": piece.text,
                "media": [{"altText": piece.alt_text, "mimeType": "image/png"}] if piece.alt_text else [],
                "replyTo": before,
                "at": (line.due_at + timedelta(seconds=late)).isoformat(),
                "deleted": False,
            }
            books.append(entry)
            before = entry["id"]
    return books


def judged(board, books):
    findings = demo_verdict.examine(list(board.lines.values()), books)
    return demo_verdict.reasons(findings, books, STAMP)


def test_all_is_well_when_each_stands_once():
    board = published()
    books = on_the_books(board.lines.values())
    assert judged(board, books) == []
    findings = demo_verdict.examine(list(board.lines.values()), books)
    assert [each.times for each in findings] == ["1", "1", "1 + 1 + 1", "1", "1", "1"]
    assert {each.lateness for each in findings} == {0.02}


def test_what_others_posted_is_no_business_of_ours():
    board = published()
    books = [*on_the_books(board.lines.values()), {"platform": "x", "content": "Somebody's own post"}]
    assert judged(board, books) == []


@pytest.mark.parametrize("number", range(8))
def test_each_post_that_stands_twice_is_told(number):
    board = published()
    books = on_the_books(board.lines.values())
    (reason,) = judged(board, [*books, {**books[number], "id": "again"}])
    assert books[number]["content"] in reason
    assert "stands 2 times" in reason


@pytest.mark.parametrize("number", range(8))
def test_each_post_that_is_missing_is_told(number):
    board = published()
    books = on_the_books(board.lines.values())
    lost = books.pop(number)
    assert any(lost["content"] in reason and "stands 0 times" in reason for reason in judged(board, books))


def test_a_post_on_the_wrong_platform_is_told_twice():
    board = published()
    books = on_the_books(board.lines.values())
    books[0] = {**books[0], "platform": "mastodon"}
    missing, strange = judged(board, books)
    assert "stands 0 times" in missing
    assert "nobody scheduled that" in strange


def test_a_deleted_post_is_not_live():
    board = published()
    books = on_the_books(board.lines.values())
    assert len(judged(board, [{**books[0], "deleted": True}, *books[1:]])) == 1


@pytest.mark.parametrize("media", [[], [{"altText": None}], [{"altText": "another"}], [{"altText": ALT_TEXT}] * 2])
def test_a_picture_that_did_not_arrive_as_sent_is_told(media):
    board = published()
    books = on_the_books(board.lines.values())
    changed = [{**each, "media": media} if each["media"] else each for each in books]
    (reason,) = judged(board, changed)
    assert "picture and alternative text" in reason


def test_a_thread_out_of_order_is_told():
    board = published()
    books = on_the_books(board.lines.values())
    (third,) = [each for each in books if each["content"].startswith("3/3")]
    (first,) = [each for each in books if each["content"].startswith("1/3")]
    third["replyTo"] = first["id"]
    assert judged(board, books) == ["x: “a thread of three” is not one thread"]


def test_what_ocma_believes_counts_too():
    board = published()
    line = next(iter(board.lines.values()))
    board.move({"publicationId": line.id, "status": "failed", "error": {"detail": "The platform said no."}})
    (reason,) = judged(board, on_the_books(board.lines.values()))
    assert reason == "x: “a post, now” is failed, not published (The platform said no.)"


def test_the_board_is_over_when_every_line_is_and_not_before():
    board = planned()
    first, *rest = board.lines.values()
    for line in rest:
        board.move({"publicationId": line.id, "status": "published"})
    board.move({"publicationId": first.id, "status": "unknown", "attempt": 1})
    assert not board.over.is_set()
    assert board.unfinished() == ["x: “a post, now” is still unknown"]
    assert board.move({"publicationId": "a stranger", "status": "published"}) is None
    board.move({"publicationId": first.id, "status": "failed"})
    assert board.over.is_set()
    assert board.unfinished() == []


def test_every_run_has_texts_of_its_own():
    texts = [part for stamp in ("a", "b") for draft in demo_story.drafts(stamp) for part in draft.parts]
    assert len(texts) == len(set(texts)) == 14


def test_the_picture_is_a_picture():
    with Image.open(io.BytesIO(demo_story.picture(STAMP))) as image:
        image.load()
        assert (image.format, image.size) == ("PNG", demo_story.SIZE)
        assert len(set(image.resize((1, 8)).get_flattened_data())) == 8


def shown(file):
    board = published()
    screen = Screen(file, clock=lambda: 12.34)
    with screen.watching(board):
        for line in board.lines.values():
            screen.moved(line)
        screen.refresh(board)
    screen.summary(demo_verdict.examine(list(board.lines.values()), on_the_books(board.lines.values())))
    screen.memory([demo_memory.Share("api", 1, 50 * 1024 * 1024, None)])


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_elsewhere_than_on_a_terminal_there_are_no_control_codes(monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    file = io.StringIO()
    shown(file)
    said = file.getvalue()
    assert "\x1b" not in said
    assert "    0.0 s  X         a post, now        published  https://a.test/1\n" in said
    assert "1 + 1 + 1" in said
    assert "20 ms" in said
    assert "50 MiB | not told here" in said


def test_on_a_terminal_a_table_lives_below_the_lines(monkeypatch):
    monkeypatch.setenv("TERM", "xterm")
    file = Terminal()
    shown(file)
    assert "\x1b[2K" in file.getvalue()  # lines drawn anew


def test_a_terminal_that_knows_no_umlauts_does_not_end_the_demo():
    raw = io.BytesIO()
    with io.TextIOWrapper(raw, encoding="ascii") as file:
        Screen(file).say("“quoted”")
        file.flush()
        assert b"?quoted?" in raw.getvalue()


def test_memory_is_summed_over_a_process_and_its_children():
    child = subprocess.Popen([sys.executable, "-c", "import sys; kept = bytearray(50_000_000); print(flush=True); sys.stdin.read()"],
                             stdin=subprocess.PIPE, stdout=subprocess.PIPE)  # fmt: skip
    try:
        child.stdout.readline()
        (alone,) = demo_memory.measure({"child": [child.pid], "gone": 2**22 + 1, "none": None})
        assert (alone.role, alone.processes) == ("child", 1)
        assert 50_000_000 < alone.rss < 200_000_000
        (family,) = demo_memory.measure({"parent": os.getpid()})
        assert family.processes >= 2
        assert family.rss > alone.rss
        if sys.platform == "linux":
            assert 50_000_000 < alone.uss <= alone.rss
            assert (
                sum(each.processes for each in demo_memory.measure({"parent": os.getpid(), "child": child.pid}))
                == family.processes
            )
    finally:
        child.communicate()


def test_the_total_is_not_told_when_a_part_is_not():
    shares = [demo_memory.Share("a", 1, 10, 5), demo_memory.Share("b", 2, 20, None)]
    assert demo_memory.total(shares) == demo_memory.Share("all", 3, 30, None)
    assert demo_memory.total(shares[:1]).uss == 5
