"""What has to change, and what will become of it: pure rules."""

import json
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.features.media.facts import Facts
from ocma.features.media.target import Target, fit, output_type, predict, read_target, shortfalls
from ocma.features.media.wishes import target_of
from ocma.platforms.rules import Frame, MediaRules, VideoRules

PICTURE = Facts("image", "image/jpeg", 3_000_000, 4000, 3000)
GIF = Facts("gif", "image/gif", 900_000, 400, 300, animated=True)
VIDEO = Facts("video", "video/mp4", 8_000_000, 1920, 1080, duration=10, frame_rate=30, video_codec="h264", audio_codec="aac")


def changed(facts, **values):
    return Facts(**{name: getattr(facts, name) for name in Facts.__dataclass_fields__} | values)


def test_a_target_without_wishes_takes_anything():
    assert [shortfalls(each, Target()) for each in (PICTURE, GIF, VIDEO)] == [[], [], []]


@pytest.mark.parametrize(
    ("facts", "target", "expected"),
    [
        (PICTURE, Target(types=("image/png",)), ["type"]),
        (PICTURE, Target(bytes=2_999_999), ["bytes"]),
        (PICTURE, Target(bytes=3_000_000), []),
        (PICTURE, Target(max_width=3999), ["dimensions"]),
        (PICTURE, Target(max_pixels=11_999_999), ["dimensions"]),
        (changed(PICTURE, rotation=90), Target(), ["orientation"]),
        (changed(PICTURE, mirrored=True), Target(), ["orientation"]),
        (changed(PICTURE, private=True), Target(), ["private"]),
        (changed(PICTURE, private=True), Target(keeps_private=True), []),
        (changed(PICTURE, plain=False), Target(), ["colour"]),
        (VIDEO, Target(max_frame_rate=29.97), ["frameRate"]),
        (VIDEO, Target(min_frame_rate=31), ["frameRate"]),
        (changed(VIDEO, frame_rate=29.97), Target(max_frame_rate=30, min_frame_rate=29.97), []),
        (VIDEO, Target(video_codecs=("hevc",)), ["codec"]),
        (VIDEO, Target(video_codecs=("h264",), audio_codecs=("opus",)), ["codec"]),
        (changed(VIDEO, audio_codec=None), Target(audio_codecs=("aac",)), []),
        (VIDEO, Target(max_bit_rate=6_000_000), ["bitRate"]),
        (changed(VIDEO, plain=False), Target(video_codecs=("h264",)), ["colour"]),
        (changed(VIDEO, header_last=True), Target(), []),
        (changed(VIDEO, header_last=True), Target(header_first=True), ["header"]),
        (VIDEO, Target(header_first=True), []),
    ],
)
def test_what_has_to_change(facts, target, expected):
    assert shortfalls(facts, target) == expected


sides = st.integers(1, 20_000)
bounds = st.none() | st.integers(1, 20_000)


@given(sides, sides, bounds, bounds, st.none() | st.integers(1, 10**8))
def test_it_never_grows_and_always_fits(width, height, max_width, max_height, pixels):
    facts = changed(PICTURE, width=width, height=height)
    new_width, new_height = fit(facts, Target(max_width=max_width, max_height=max_height, max_pixels=pixels))
    assert 1 <= new_width <= min(width, max_width or width)
    assert 1 <= new_height <= min(height, max_height or height)
    assert pixels is None or new_width * new_height <= max(pixels, new_width, new_height)  # one pixel high is as low as it goes


@given(sides, sides, bounds, bounds)
def test_what_was_made_to_fit_needs_no_more(width, height, max_width, max_height):
    target = Target(max_width=max_width, max_height=max_height, bytes=1000)
    once = predict(changed(PICTURE, width=width, height=height), target)
    assert predict(once, target) == once
    assert shortfalls(once, target) == []


@pytest.mark.parametrize(
    ("facts", "types", "expected"),
    [
        (PICTURE, ("image/png", "image/jpeg"), "image/jpeg"),
        (changed(PICTURE, mime_type="image/webp"), ("image/jpeg", "image/png"), "image/jpeg"),
        (changed(PICTURE, mime_type="image/webp", alpha=True), ("image/jpeg", "image/png"), "image/png"),
        (changed(PICTURE, mime_type="image/png", alpha=True), ("image/jpeg",), "image/jpeg"),
        (PICTURE, ("application/pdf",), ""),
        (GIF, ("video/mp4",), "video/mp4"),
        (GIF, ("image/gif",), ""),
        (changed(PICTURE, mime_type="image/webp", animated=True), ("image/jpeg",), ""),
        (VIDEO, ("video/mp4", "video/quicktime"), "video/mp4"),
        (VIDEO, ("video/webm",), ""),
        (Facts("document", "application/pdf", 9, 0, 0), ("video/mp4",), ""),
    ],
)
def test_the_type_it_gets(facts, types, expected):
    assert output_type(facts, Target(types=types)) == expected


def test_a_platform_that_takes_no_gif_gets_a_video():
    rules = MediaRules(images=4, videos=1, video=VideoRules(frame_rate=(23, 60), frame=Frame(width=(None, 200))))
    foreseen = predict(changed(GIF, frame_rate=10.0), target_of(rules, GIF))
    assert (foreseen.kind, foreseen.mime_type, foreseen.width, foreseen.height, foreseen.frame_rate) == (
        ("video", "video/mp4", 200, 150, 23.0)
    )


def test_a_gif_too_large_becomes_a_video_where_there_are_videos():
    both = MediaRules(gifs=1, gif_bytes=800_000, videos=1)
    assert predict(GIF, target_of(both, GIF)).mime_type == "video/mp4"
    assert predict(GIF, target_of(MediaRules(gifs=1, gif_bytes=800_000), GIF)) == GIF  # checks will refuse it
    assert predict(GIF, target_of(MediaRules(gifs=1), GIF)) == GIF


def test_what_a_platform_asks_of_pictures():
    rules = MediaRules(images=1, image_types=("image/jpeg", "image/gif"), image_bytes=8, image_frame=Frame(width=(320, 1440)))
    assert target_of(rules, PICTURE) == Target(types=("image/jpeg", "image/gif"), bytes=8, max_width=1440)
    still = changed(PICTURE, mime_type="image/gif", size=8, width=400, height=300)
    assert shortfalls(still, target_of(rules, still)) == []  # as it is, where GIFs are taken; else a JPEG
    assert output_type(still, Target(types=("image/jpeg",))) == "image/jpeg"


def test_wishes_survive_json_and_are_told_apart():
    target = Target(types=("image/jpeg", "image/png"), bytes=5, video_codecs=("h264",))
    again = read_target(json.loads(json.dumps(asdict(target))))
    assert (again, again.hash) == (target, target.hash)
    assert Target(bytes=5).hash != Target(bytes=6).hash
