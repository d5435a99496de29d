"""Drafts held to rules: each rule by itself, with the values on both sides of its edge."""

import pytest

from ocma.platforms.check import advise, check, measure
from ocma.platforms.content import Content, Link, Media, Part, Poll
from ocma.platforms.rules import Frame, Kind, LinkRules, MediaRules, PollRules, Tags, Text, VideoRules, Whole, Words
from unit.platforms.manifests import manifest

POLL = Poll(("yes", "no"), 3600)


def picture(**more):
    return Media(**({"id": "m", "kind": "image", "mime_type": "image/jpeg", "size": 1000, "open": lambda: None} | more))


def film(**more):
    return picture(**({"kind": "video", "mime_type": "video/mp4"} | more))


def rules(platform, *parts, renders=False, **options):
    found = check(Content(parts, options), platform, renders=renders)
    assert all(each.message.startswith("Plain: ") and each.remediation and each.platform == "plain" for each in found)
    return [each.code.removeprefix("plain.") for each in found]


def paths(platform, *parts, **options):
    return [each.path for each in check(Content(parts, options), platform)]


@pytest.mark.parametrize(
    ("text", "rule", "expected"),
    [
        ("a" * 5, Text(5), []),
        ("a" * 6, Text(5), ["text.length"]),
        ("ä" * 5, Text(10, bytes=10), []),
        ("ä" * 6, Text(10, bytes=10), ["text.bytes"]),
        ("a < b", Text(10, forbidden="<>"), ["text.forbidden"]),
        ("a\0", Text(10), ["text.null"]),
        (" ", Text(10), ["text.empty"]),
        ("#a #b", Text(50, tags=Tags(hashtags=2, mentions=0)), []),
        ("#a #b #c", Text(50, tags=Tags(hashtags=2)), ["text.hashtags"]),
        ("#1 C# a#b https://a.example/#c &#38; #Ä", Text(50, tags=Tags(hashtags=1)), []),
        ("@a @b", Text(50, tags=Tags(mentions=2)), []),
        ("@a, (@b) @c", Text(50, tags=Tags(mentions=2)), ["text.mentions"]),
        ("me@a.example https://a.example/@b", Text(50, tags=Tags(mentions=0)), []),
        (" ", Text(10, required=False), []),
        ("a", Text(0, required=False), ["text.length"]),
    ],
)
def test_text(text, rule, expected):
    assert rules(manifest(text=rule), Part(text)) == expected


def test_more_hashtags_than_do_good_are_told_and_not_refused():
    platform = manifest(text=Text(50, tags=Tags(heeded=2)), comment=Text(50))
    few, many = [Content((Part("#a"), Part(comment, role="comment"))) for comment in ("#b", "#b #c")]
    assert advise(few, platform) == check(many, platform) == []
    assert advise(many, platform) == ["Plain: 3 hashtags; no more than 2 are said to count, the first comment's included."]


def test_a_kind_of_post_may_have_rules_of_its_own():
    kinds = {"story": Kind(text=Text(0, required=False), media=MediaRules(images=1, required=True))}
    options = {"kind": ("feed", "story")}
    platform = manifest(kinds=kinds, options=options, media=MediaRules(images=3))
    assert rules(platform, Part("words"), kind="feed") == []
    assert rules(platform, Part("words"), kind="story") == ["text.length", "media.missing"]
    assert rules(platform, Part("", (picture(), picture())), kind="feed") == []
    assert rules(platform, Part("", (picture(), picture())), kind="story") == ["media.images"]
    assert rules(platform, Part("words"), kind="reel") == ["option.value"]


def test_a_kind_may_be_told_by_the_content():
    platform = manifest(
        kinds={"video": Kind(text=Text(3))},
        kind_of=lambda content: "video" if any(each.kind == "video" for each in content.parts[0].media) else "",
        media=MediaRules(images=1, videos=1),
    )
    assert rules(platform, Part("long words", (picture(),))) == []
    assert rules(platform, Part("long words", (film(),))) == ["text.length"]
    assert [each.limit for each in measure(Content((Part("long words", (film(),)),)), platform)] == [3]


def test_threads_and_first_comments_are_for_platforms_that_have_them():
    post, comment = Part("post"), Part("comment", role="comment")
    assert rules(manifest(), post, post) == ["thread.length"]
    assert rules(manifest(thread=2), post, post) == []
    assert rules(manifest(), post, comment) == ["comment.unsupported"]
    assert rules(manifest(comment=Text(20)), post, comment) == []
    assert rules(manifest(comment=Text(3)), post, comment) == ["text.length"]
    assert rules(manifest(comment=Text(20), thread=1), post, post, comment) == ["thread.length"]
    with_file = Part("comment", (picture(),), role="comment")
    assert rules(manifest(comment=Text(20), media=MediaRules(images=1)), post, with_file) == ["comment.media"]
    assert paths(manifest(), post, comment) == ["firstComment"]


def test_a_comment_needs_no_file_where_a_post_does():
    platform = manifest(comment=Text(20), media=MediaRules(images=1, required=True))
    assert rules(platform, Part("", (picture(),)), Part("comment", role="comment")) == []


@pytest.mark.parametrize(
    ("poll", "expected"),
    [
        (Poll(("a", "b"), 300), []),
        (Poll(("a",), 300), ["poll.options"]),
        (Poll(tuple("abcde"), 300), ["poll.options"]),
        (Poll(("a", "a"), 300), ["poll.same"]),
        (Poll(("a", "b" * 11), 300), ["poll.option"]),
        (Poll(("a", " "), 300), ["poll.option"]),
        (Poll(("a", "b"), 299), ["poll.seconds"]),
        (Poll(("a", "b"), 601), ["poll.seconds"]),
        (Poll(("a", "b"), 300, multiple=True), ["poll.multiple"]),
        (Poll(("a", "b"), 300, question="?" * 6), ["poll.question"]),
        (Poll(("a", "b"), 300, question="?" * 5), []),
    ],
)
def test_polls(poll, expected):
    terms = PollRules(options=(2, 4), option_length=10, seconds=(300, 600), question=5)
    assert rules(manifest(poll=terms), Part("Which?", poll=poll)) == expected


def test_polls_with_fixed_durations_files_or_nowhere():
    assert rules(manifest(), Part("Which?", poll=POLL)) == ["poll.unsupported"]
    fixed = manifest(poll=PollRules(durations=(86400,), question=None))
    assert rules(fixed, Part("Which?", poll=POLL)) == ["poll.seconds"]
    assert rules(fixed, Part("Which?", poll=Poll(("a", "b"), 86400, question="?"))) == ["poll.question"]
    with_files = Part("Which?", (picture(),), poll=POLL)
    assert rules(manifest(poll=PollRules(), media=MediaRules(images=1)), with_files) == ["poll.media"]
    assert rules(manifest(poll=PollRules(with_media=True), media=MediaRules(images=1)), with_files) == []
    assert rules(manifest(poll=PollRules(multiple=True)), Part("", poll=Poll(("a", "b"), 3600, multiple=True))) == []


@pytest.mark.parametrize(
    ("card", "link", "expected"),
    [
        (None, Link("https://example.org"), ["link.unsupported"]),
        (LinkRules(), Link("https://example.org"), []),
        (LinkRules(), Link("https://example.org", "Title"), ["link.title"]),
        (LinkRules(title=5), Link("https://example.org", "Title"), []),
        (LinkRules(title=4), Link("https://example.org", "Title"), ["link.title"]),
        (LinkRules(title=5, title_required=True), Link("https://example.org"), ["link.title"]),
        (LinkRules(title=5, description=3), Link("https://example.org", "Title", "words"), ["link.description"]),
    ],
)
def test_links(card, link, expected):
    assert rules(manifest(link=card), Part("", link=link)) == expected


def test_a_link_goes_with_nothing_else_unless_it_may():
    link, files = Link("https://example.org"), MediaRules(images=1)
    assert rules(manifest(link=LinkRules(), media=files), Part("", (picture(),), link=link)) == ["link.media"]
    assert rules(manifest(link=LinkRules(with_media=True), media=files), Part("", (picture(),), link=link)) == []
    assert rules(manifest(link=LinkRules(), poll=PollRules()), Part("", poll=POLL, link=link)) == ["link.poll"]


@pytest.mark.parametrize(
    ("count", "expected"), [(1, ["media.least"]), (2, []), (3, []), (4, ["media.most"]), (0, ["text.empty"])]
)
def test_how_many_files_together(count, expected):
    platform = manifest(media=MediaRules(images=9, videos=9, mixed=True, least=2, most=3))
    assert rules(platform, Part("", tuple([picture(), film(), picture(), film()][:count]))) == expected


FRAME = Frame(width=(100, 200), height=(50, 400), ratio=(0.8, 1.91), pixels=(None, 30_000))


@pytest.mark.parametrize(
    ("width", "height", "breaks", "rendered"),
    [
        (100, 100, [], []),
        (99, 100, ["media.width"], ["media.width"]),
        (201, 140, ["media.width"], []),
        (200, 160, ["media.pixels"], []),
        (100, 126, ["media.ratio"], ["media.ratio"]),
        (191, 100, [], []),
        (193, 100, ["media.ratio"], ["media.ratio"]),
        (None, None, [], []),
        (None, 100, [], []),
    ],
)
def test_pictures_are_made_smaller_but_never_larger_or_cut(width, height, breaks, rendered):
    platform, part = manifest(media=MediaRules(images=1, image_frame=FRAME)), Part("", (picture(width=width, height=height),))
    assert rules(platform, part) == breaks
    assert rules(platform, part, renders=True) == rendered


@pytest.mark.parametrize(
    ("more", "breaks", "rendered"),
    [
        ({}, [], []),
        ({"duration": 3.0}, [], []),
        ({"duration": 2.9}, ["media.duration"], ["media.duration"]),
        ({"duration": 90.1}, ["media.duration"], ["media.duration"]),
        ({"frame_rate": 23.976}, [], []),
        ({"frame_rate": 20}, ["media.frameRate"], ["media.frameRate"]),
        ({"frame_rate": 61}, ["media.frameRate"], []),
        ({"video_codec": "vp9"}, ["media.videoCodec"], []),
        ({"audio_codec": "opus"}, ["media.audioCodec"], []),
        ({"audio_codec": "aac", "video_codec": "h264"}, [], []),
        ({"mime_type": "video/webm"}, ["media.type"], []),
        ({"size": 2001}, ["media.size"], []),
        ({"width": 99, "height": 100}, ["media.width"], ["media.width"]),
    ],
)
def test_videos(more, breaks, rendered):
    video = VideoRules(
        bytes=2000, seconds=(3, 90), frame_rate=(23, 60), frame=FRAME, video_codecs=("h264",), audio_codecs=("aac",)
    )
    platform = manifest(media=MediaRules(videos=1, video=video))
    assert rules(platform, Part("", (film(**more),))) == breaks
    assert rules(platform, Part("", (film(**more),)), renders=True) == rendered


def test_documents_and_files_that_the_platform_fetches():
    document = picture(kind="document", mime_type="application/pdf", size=50)
    assert rules(manifest(), Part("", (document,))) == ["media.documents"]
    assert rules(manifest(media=MediaRules(documents=1, document_bytes=50)), Part("", (document,))) == []
    assert rules(manifest(media=MediaRules(documents=1, document_bytes=49)), Part("", (document,)), renders=True) == [
        "media.size"
    ]
    fetching = manifest(media=MediaRules(images=1, fetches=True))
    assert rules(fetching, Part("", (picture(),))) == ["media.address"]
    assert rules(fetching, Part("", (picture(url=lambda: "https://example.org/m"),))) == []


@pytest.mark.parametrize(
    ("value", "rule", "expected"),
    [
        ("public", ("public", "private"), []),
        ("secret", ("public", "private"), ["option.value"]),
        (1, (True, False), ["option.value"]),
        (7, Whole(0, 7), []),
        (8, Whole(0, 7), ["option.value"]),
        (True, Whole(0, 7), ["option.value"]),
        ("7", Whole(0, 7), ["option.value"]),
        (["a", "b"], Words(2, 5), []),
        (["a", "b", "c"], Words(2, 5), ["option.value"]),
        (["a" * 6], Words(2, 5), ["option.value"]),
        (["a", 1], Words(2, 5), ["option.value"]),
        (["abc", "def"], Words(2, 5, total=5), ["option.value"]),
        ("abc", Words(2, 5), ["option.value"]),
        ("a" * 5, Text(5), []),
        ("a" * 6, Text(5), ["option.value"]),
        ("a<b", Text(5, forbidden="<"), ["option.value"]),
        ("ää", Text(5, bytes=3), ["option.value"]),
        (None, Text(5), ["option.value"]),
        ("a" * 500, None, []),
        ("a" * 501, None, ["option.value"]),
    ],
)
def test_options(value, rule, expected):
    assert rules(manifest(options={"name": rule}), Part("hi"), name=value) == expected


def test_options_that_have_to_be_given_and_options_nobody_knows():
    platform = manifest(options={"title": Text(5)}, required=("title",))
    assert rules(platform, Part("hi")) == ["option.missing"]
    assert rules(platform, Part("hi"), title="Title") == []
    assert paths(platform, Part("hi"), other=1) == ["content.options.title", "content.options.other"]


def test_lengths_are_measured_as_the_platform_counts():
    platform = manifest(text=Text(10, lambda text: 2 * len(text), "halves"), comment=Text(7))
    found = measure(Content((Part("abc"), Part("ab", role="comment"))), platform)
    assert [(each.part, each.length, each.limit, each.unit) for each in found] == [(0, 6, 10, "halves"), (1, 2, 7, "characters")]
