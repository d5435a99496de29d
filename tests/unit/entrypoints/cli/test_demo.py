"""The demo's judgement and its screen: what it would say if something were wrong, which a whole run cannot show."""

import io
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import av
import pytest
from PIL import Image

from ocma.entrypoints.cli import demo_memory, demo_platform, demo_story, demo_verdict
from ocma.entrypoints.cli.demo_board import Board
from ocma.entrypoints.cli.demo_media import FILM, PICTURE_SIZE, PICTURES
from ocma.entrypoints.cli.demo_platform import Platform
from ocma.entrypoints.cli.demo_screen import Screen
from ocma.entrypoints.cli.demo_story import pieces
from ocma.features.accounts.facts import platform_view
from ocma.platforms.check import check
from ocma.platforms.content import Content, Media, Part
from ocma.platforms.registry import connectors

DUE = datetime(2026, 1, 1, 12, tzinfo=UTC)
STAMP = "2026-01-01 12:00:00 UTC"
TITLE = {"title": {"type": "text", "values": None}}
PLATFORMS = [
    *(Platform(each, each.title()) for each in ("bluesky", "facebook", "instagram", "linkedin", "mastodon", "threads", "x")),
    Platform("tiktok", "TikTok", True, False, {"privacy_level": {"type": "choice", "values": ["EVERYONE", "NOBODY"]}}),
    Platform("youtube", "YouTube", True, False, TITLE),
]
PARTS = 23  # nine everywhere, four carousels, two films, one post now, two threads of three, one in 10 seconds


def planned():
    """A board as it is when all posts are scheduled."""
    board = Board()
    for number, draft in enumerate(demo_story.drafts(STAMP, PLATFORMS)):
        publications = [
            {"id": f"{number}-{platform.key}", "platform": platform.key, "status": "scheduled", "scheduledAt": DUE.isoformat()}
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
                "media": [{"mimeType": f"{kind}/any", "altText": alt_text} for kind, alt_text in piece.files],
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
    assert len(books) == PARTS
    assert [each.times for each in findings] == ["1"] * 16 + ["1 + 1 + 1"] * 2 + ["1"]
    assert {each.lateness for each in findings} == {0.02}
    arrived = {(each.line.draft.title, each.line.platform.key): each.arrived for each in findings}
    assert arrived["on every platform", "linkedin"] == "image, described"
    assert arrived["on every platform", "youtube"] == "video"
    assert arrived["a carousel", "instagram"] == "3 images, described"
    assert arrived["a post, now", "x"] == "text"


def test_what_others_posted_is_no_business_of_ours():
    board = published()
    books = [*on_the_books(board.lines.values()), {"platform": "x", "content": "Somebody's own post"}]
    assert judged(board, books) == []


@pytest.mark.parametrize("number", range(PARTS))
def test_each_post_that_stands_twice_is_told(number):
    board = published()
    books = on_the_books(board.lines.values())
    (reason,) = judged(board, [*books, {**books[number], "id": "again"}])
    assert books[number]["content"] in reason
    assert "stands 2 times" in reason


@pytest.mark.parametrize("number", range(PARTS))
def test_each_post_that_is_missing_is_told(number):
    board = published()
    books = on_the_books(board.lines.values())
    lost = books.pop(number)
    assert any(lost["content"] in reason and "stands 0 times" in reason for reason in judged(board, books))


def test_a_post_on_the_wrong_platform_is_told_twice():
    board = published()
    books = on_the_books(board.lines.values())
    (now,) = [number for number, each in enumerate(books) if each["content"].startswith("Hello")]
    books[now] = {**books[now], "platform": "mastodon"}
    missing, strange = judged(board, books)
    assert "stands 0 times" in missing
    assert "nobody scheduled that" in strange


def test_a_deleted_post_is_not_live():
    board = published()
    books = on_the_books(board.lines.values())
    assert len(judged(board, [{**books[0], "deleted": True}, *books[1:]])) == 1


@pytest.mark.parametrize(
    "change",
    [
        lambda media: [],
        lambda media: media[:-1],
        lambda media: [*media, media[0]],
        lambda media: [{**each, "mimeType": "text/plain"} for each in media],
        lambda media: [{**each, "altText": "another"} for each in media],
    ],
)
def test_files_that_did_not_arrive_as_sent_are_told(change):
    board = published()
    books = on_the_books(board.lines.values())
    changed = [{**each, "media": change(each["media"])} if each["media"] else each for each in books]
    assert len(judged(board, changed)) == sum(bool(each["media"]) for each in books) == 15
    assert all("with its files and their alternative texts" in each for each in judged(board, changed))


@pytest.mark.parametrize("platform", ["instagram", "facebook", "linkedin", "threads"])
def test_a_carousel_in_another_order_is_told(platform):
    board = published()
    books = on_the_books(board.lines.values())
    changed = [{**each, "media": each["media"][::-1]} if each["platform"] == platform else each for each in books]
    (reason,) = judged(board, changed)
    assert reason.startswith(f"{platform}: “Three pictures")


def test_a_thread_out_of_order_is_told():
    board = published()
    books = on_the_books(board.lines.values())
    (third,) = [each for each in books if each["platform"] == "x" and each["content"].startswith("3/3")]
    (first,) = [each for each in books if each["platform"] == "x" and each["content"].startswith("1/3")]
    third["replyTo"] = first["id"]
    assert judged(board, books) == ["x: “a thread of three” is not one thread"]


def test_what_ocma_believes_counts_too():
    board = published()
    line = next(each for each in board.lines.values() if each.draft.title == "a post, now")
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
    assert board.unfinished() == ["Bluesky: “on every platform” is still unknown"]
    assert board.move({"publicationId": "a stranger", "status": "published"}) is None
    board.move({"publicationId": first.id, "status": "failed"})
    assert board.over.is_set()
    assert board.unfinished() == []
    board.refused.append("“a video” was not scheduled")
    assert board.unfinished() == ["“a video” was not scheduled"]


def test_lines_come_in_the_order_of_the_platforms():
    board = Board()
    (draft, *_) = demo_story.drafts(STAMP, PLATFORMS)
    publications = [
        {"id": each.key, "platform": each.key, "status": "scheduled", "scheduledAt": DUE.isoformat()}
        for each in reversed(draft.platforms)
    ]
    assert [each.platform for each in board.add(draft, {"jobId": "job", "publications": publications})] == PLATFORMS


def test_every_run_has_texts_of_its_own():
    texts = [part for stamp in ("a", "b") for draft in demo_story.drafts(stamp, PLATFORMS) for part in draft.parts]
    assert len(texts) == len(set(texts)) == 16


def test_what_is_not_there_is_left_out():
    there = [each for each in PLATFORMS if each.key in {"linkedin", "youtube"}]
    found = {draft.title: [each.key for each in draft.platforms] for draft in demo_story.drafts(STAMP, there)}
    assert found == {"on every platform": ["linkedin", "youtube"], "a carousel": ["linkedin"]}


@pytest.fixture(scope="module")
def drawn():
    return {file: file.draw(STAMP) for file in (*PICTURES, FILM)}


def test_the_pictures_are_pictures(drawn):
    for picture in PICTURES:
        with Image.open(io.BytesIO(drawn[picture])) as image:
            image.load()
            assert (Image.MIME[image.format], image.size) == (picture.mime_type, PICTURE_SIZE)
            assert len(set(image.resize((1, 8)).get_flattened_data())) >= 7
    assert len(set(drawn.values())) == len(drawn)


def test_the_film_is_one_that_every_platform_takes(drawn):
    """The smallest that is asked for anywhere: 75 KB, 3 s, 360 pixels a side, 24 pictures a second."""
    content = drawn[FILM]
    assert len(content) > 75 * 1024
    with av.open(io.BytesIO(content)) as film:
        picture, sound = film.streams.video[0], film.streams.audio[0]
        assert (picture.codec_context.name, sound.codec_context.name) == ("h264", "aac")
        assert min(picture.width, picture.height) >= 360
        assert picture.average_rate >= 24
        assert film.duration / av.time_base >= 3
        shown = [frame.to_image().resize((16, 9)).tobytes() for frame in film.decode(picture)]
    assert len(set(shown)) > 10


def media(file, content):
    """As a check sees what the demo drew."""
    common = {"id": file.name, "kind": file.kind, "mime_type": file.mime_type, "size": len(content), "alt_text": file.alt_text}
    if file.kind == "image":
        return Media(**common, open=None, width=PICTURE_SIZE[0], height=PICTURE_SIZE[1], url=lambda: "https://a.test/1")
    film = {"duration": 4.0, "video_codec": "h264", "audio_codec": "aac", "frame_rate": 25.0}
    return Media(**common, open=None, width=640, height=360, url=lambda: "https://a.test/1", **film)


def content(draft, platform, drawn):
    files = tuple(media(each, drawn[each]) for each in draft.files_on(platform))
    parts = [Part(text, files if index == 0 else ()) for index, text in enumerate(draft.parts)]
    return Content(tuple(parts), platform.options(draft.title))


def test_all_that_is_installed_gets_a_post_it_takes(drawn):
    """What the demo reads from the API's facts fits the manifests they are made of."""
    here = [demo_platform.read(platform_view(each, dict.fromkeys(connectors(), True), [], None).model_dump(by_alias=True))
            for each in connectors().values()]  # fmt: skip
    assert len(here) >= 9
    drafts = demo_story.drafts(STAMP, here)
    assert drafts[0].platforms == here
    for draft in drafts:
        for platform in draft.platforms:
            assert check(content(draft, platform, drawn), connectors()[platform.key].manifest) == [], platform.name


def test_where_there_is_no_alternative_text_none_is_expected():
    (draft, *_) = demo_story.drafts(STAMP, PLATFORMS)
    found = {platform.key: next(pieces(draft, platform)) for platform in draft.platforms}
    assert found["tiktok"].files == [("video", None)]
    assert found["x"].files == [("image", PICTURES[0].alt_text)]
    assert found["youtube"].text == f"on every platform\n\n{found['x'].text}"
    assert {each.key: each.options("a title") for each in PLATFORMS if each.required} == {
        "tiktok": {"privacy_level": "EVERYONE"},
        "youtube": {"title": "a title"},
    }


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
    assert "    0.0 s  X         a post, now       published https://a.test/1\n" in said
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


CHILD = "import sys; kept = bytearray(50_000_000); print(flush=True); sys.stdin.read()"
PARENT = f"""
import subprocess, sys
child = subprocess.Popen([sys.executable, "-c", {CHILD!r}], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
child.stdout.readline()
print(child.pid, flush=True)
sys.stdin.read()
"""


def test_memory_is_summed_over_a_process_and_its_children():
    parent = subprocess.Popen([sys.executable, "-c", PARENT], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        child = int(parent.stdout.readline())
        (alone,) = demo_memory.measure({"child": [child], "gone": 2**22 + 1, "none": None})
        assert (alone.role, alone.processes) == ("child", 1)
        assert 50_000_000 < alone.rss < 200_000_000
        (family,) = demo_memory.measure({"parent": parent.pid})
        assert family.processes == 2
        assert family.rss > alone.rss
        if sys.platform == "linux":
            assert 50_000_000 < alone.uss <= alone.rss
            assert sum(each.processes for each in demo_memory.measure({"parent": parent.pid, "child": child})) == 2
    finally:
        parent.communicate()


def test_the_total_is_not_told_when_a_part_is_not():
    shares = [demo_memory.Share("a", 1, 10, 5), demo_memory.Share("b", 2, 20, None)]
    assert demo_memory.total(shares) == demo_memory.Share("all", 3, 30, None)
    assert demo_memory.total(shares[:1]).uss == 5
