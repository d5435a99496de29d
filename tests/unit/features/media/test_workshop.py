"""Real files through the process that opens them: what it sees, what it makes, and what it does not survive."""

import asyncio
import io
import random
import sys

import av
import pytest
from PIL import Image, ImageCms

from films import bomb, film, gif, noise, picture, silence, turned
from ocma.errors import Invalid, Unavailable
from ocma.features.media import craft
from ocma.features.media.craft import Workshop
from ocma.features.media.target import Target, predict, shortfalls
from ocma.features.media.workshop.boxes import is_header_last

MP4 = Target(types=("video/mp4",), video_codecs=("h264",), audio_codecs=("aac",))


@pytest.fixture
def workshop():
    return Workshop()


@pytest.fixture
def kept(tmp_path):
    def keep(content: bytes):
        path = tmp_path / f"{random.getrandbits(64)}"
        path.write_bytes(content)
        return path

    return keep


async def rendered(workshop, path, target, tmp_path):
    """What was seen, what was made of it, and the file."""
    facts = await workshop.look(path)
    output = tmp_path / "made"
    made = await workshop.render(path, facts, target, output)
    assert shortfalls(made, target) == []
    assert made.size == output.stat().st_size
    foreseen = predict(facts, target)
    assert (made.kind, made.mime_type, made.width, made.height) == (
        foreseen.kind,
        foreseen.mime_type,
        foreseen.width,
        foreseen.height,
    )
    return facts, made, output


async def test_a_video_is_seen_as_it_is(workshop, tmp_path):
    facts = await workshop.look(film(tmp_path / "a.mp4", seconds=2, rate=25, size=(320, 180)))
    assert (facts.kind, facts.mime_type, facts.width, facts.height) == ("video", "video/mp4", 320, 180)
    assert (facts.video_codec, facts.audio_codec, facts.frame_rate, facts.plain) == ("h264", "aac", 25.0, True)
    assert facts.duration == pytest.approx(2, abs=0.1)


async def test_a_video_without_a_length_is_measured(workshop, tmp_path, kept):
    """As browsers record: the header says nothing."""
    path = film(tmp_path / "a.webm", codec="libvpx-vp9", sound="libopus", seconds=2)
    content = path.read_bytes()
    at = content.index(b"\x44\x89")  # Duration, a float of 8 bytes
    facts = await workshop.look(kept(content[:at] + b"\xec\x89" + content[at + 2 :]))  # Void instead
    assert facts.duration == pytest.approx(2, abs=0.2)
    assert (facts.mime_type, facts.video_codec, facts.audio_codec) == ("video/webm", "vp9", "opus")


async def test_a_turned_video_is_shown_upright(workshop, tmp_path, kept):
    path = kept(turned(film(tmp_path / "a.mp4", size=(320, 180))))
    facts, made, _ = await rendered(
        workshop, path, Target(types=("video/mp4",), max_height=160, video_codecs=("h264",)), tmp_path
    )
    assert (facts.width, facts.height, facts.rotation) == (180, 320, 90)
    assert (made.width, made.height, made.rotation) == (90, 160, 0)


@pytest.mark.parametrize(
    ("name", "how", "target"),
    [
        ("a.webm", {"codec": "libvpx-vp9", "sound": "libopus"}, MP4),
        ("a.mkv", {"codec": "mpeg4", "sound": "libmp3lame", "container": "matroska"}, MP4),
        ("a.mp4", {"rate": 60}, Target(types=("video/mp4",), max_frame_rate=30)),
        ("a.mp4", {"rate": 10, "sound": None}, Target(types=("video/mp4",), min_frame_rate=23, max_frame_rate=60)),
        ("a.mp4", {"size": (641, 359), "codec": "mpeg4"}, Target(types=("video/mp4",), max_width=300, video_codecs=("h264",))),
        ("a.mp4", {"noise": True, "size": (480, 272), "seconds": 2}, Target(types=("video/mp4",), bytes=150_000)),
    ],
    ids=["webm", "matroska", "fewer frames", "more frames", "odd size", "fewer bytes"],
)
async def test_videos_made_to_fit(workshop, tmp_path, name, how, target):
    facts, made, _ = await rendered(workshop, film(tmp_path / name, **how), target, tmp_path)
    assert (made.video_codec, made.audio_codec) == ("h264", "aac" if how.get("sound", "aac") else None)
    assert made.duration == pytest.approx(facts.duration, abs=0.15)


async def test_what_only_sits_in_the_wrong_container_is_copied(workshop, tmp_path):
    path = film(tmp_path / "a.mov", container="mov", noise=True)
    facts, made, output = await rendered(workshop, path, MP4, tmp_path)
    assert facts.mime_type == "video/quicktime"
    assert abs(made.size - facts.size) < 2000
    content = output.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # players can begin before the end is there


async def test_a_header_that_comes_last_is_put_in_front_and_all_else_is_copied(workshop, tmp_path):
    target = Target(types=("video/mp4",), header_first=True)
    facts, made, _ = await rendered(workshop, film(tmp_path / "a.mp4", noise=True), target, tmp_path)
    assert (facts.header_last, made.header_last) == (True, False)
    assert abs(made.size - facts.size) < 2000


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"\0\0\0\x08free\0\0\0\x08moov\0\0\0\x08mdat", False),
        (b"\0\0\0\x08free\0\0\0\0mdat", True),
        (b"\0\0\0\x01wide\0\0\0\0\0\0\0\x11.\0\0\0\x08mdat", True),  # a size of 64 bits
        (b"\0\0\0\x01mdat", True),
        (b"\0\0\0\x04free\0\0\0\x08mdat", False),  # no box
        (b"\xff\xff\xff\xfffree\0\0\0\x08mdat", False),  # its end is missing
        (b"\0\0\0\x08free" * 2000 + b"\0\0\0\x08mdat", False),  # nobody reads on for ever
        (b"", False),
    ],
)
def test_which_of_header_and_samples_comes_first(kept, content, expected):
    assert is_header_last(kept(content)) is expected


@pytest.mark.parametrize("seconds", [0.05, 1.0])
async def test_pictures_are_copied_in_order_from_where_only_their_showing_is_told(workshop, tmp_path, seconds):
    """Matroska with frames that look ahead; every one arrives, and each can be decoded."""
    path = film(tmp_path / "a.mkv", container="matroska", seconds=seconds, noise=True)
    _, made, output = await rendered(workshop, path, MP4, tmp_path)
    assert abs(made.size - path.stat().st_size) < 4000  # copied, not encoded again
    with av.open(str(path)) as before, av.open(str(output)) as after:
        shown = [len(list(each.decode(video=0))) for each in (before, after)]
    assert shown == [max(1, int(seconds * 25))] * 2


async def test_a_gif_that_moves_becomes_a_video(workshop, tmp_path, kept):
    facts, made, _ = await rendered(workshop, kept(gif()), Target(types=("video/mp4",), max_frame_rate=24), tmp_path)
    assert (facts.kind, facts.animated, made.kind, made.video_codec) == ("gif", True, "video", "h264")
    assert made.frame_rate == 24


async def test_a_gif_that_does_not_move_is_a_picture(workshop, kept):
    facts = await workshop.look(kept(gif(frames=1)))
    assert (facts.kind, facts.mime_type, facts.animated) == ("image", "image/gif", False)


async def test_a_video_too_long_for_its_bytes_is_refused(workshop, tmp_path):
    path = film(tmp_path / "a.mp4", seconds=2, noise=True)
    facts = await workshop.look(path)
    with pytest.raises(Invalid) as raised:
        await workshop.render(path, facts, Target(types=("video/mp4",), bytes=20_000), tmp_path / "made")
    assert raised.value.rule == "mediaTooLarge"


async def test_progress_is_told(workshop, tmp_path, monkeypatch):
    path, told = film(tmp_path / "a.mp4", sound=None), []
    code = "from ocma.features.media.workshop import filming, __main__ as child; filming.EVERY = 0.0; child.main()"
    monkeypatch.setattr(craft, "COMMAND", (sys.executable, "-c", code))

    async def tell(part):
        told.append(part)

    facts = await workshop.look(path)
    await workshop.render(
        path, facts, Target(types=("video/mp4",), max_width=200, video_codecs=("h264",)), tmp_path / "made", tell
    )
    assert len(told) > 5
    assert told == sorted(told)
    assert all(0 < each < 1 for each in told)


# Pictures


async def test_fewer_pixels_and_another_type(workshop, tmp_path, kept):
    target = Target(types=("image/jpeg",), max_width=100)
    _, made, output = await rendered(workshop, kept(picture("PNG", (400, 200))), target, tmp_path)
    assert (made.width, made.height) == (100, 50)
    assert Image.open(output).format == "JPEG"


async def test_lower_quality_before_fewer_pixels(workshop, tmp_path, kept):
    content = noise(quality=95)
    _, made, _ = await rendered(workshop, kept(content), Target(types=("image/jpeg",), bytes=len(content) * 2 // 3), tmp_path)
    assert (made.width, made.height) == (800, 600)
    facts = await workshop.look(path := kept(content))
    small = await workshop.render(path, facts, Target(types=("image/jpeg",), bytes=20_000), tmp_path / "small")
    assert small.size <= 20_000
    assert small.width < 800
    with pytest.raises(Invalid):
        await workshop.render(path, facts, Target(types=("image/jpeg",), bytes=100), tmp_path / "none")


async def test_a_photograph_as_png_becomes_a_jpeg_when_it_is_too_large(workshop, tmp_path, kept):
    facts = await workshop.look(path := kept(noise("PNG")))
    target = Target(types=("image/png", "image/jpeg"), bytes=facts.size // 2)
    made = await workshop.render(path, facts, target, tmp_path / "made")
    assert (made.mime_type, made.width, made.height) == ("image/jpeg", 800, 600)
    assert made.size <= facts.size // 2


async def test_turned_and_told_where_it_was_taken(workshop, tmp_path, kept):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    exif.get_ifd(0x8825)[1] = "N"
    image = Image.new("RGB", (40, 20), "red")
    image.paste("blue", (0, 0, 20, 20))
    file = io.BytesIO()
    image.save(file, "JPEG", exif=exif, quality=95)
    facts, made, output = await rendered(workshop, kept(file.getvalue()), Target(), tmp_path)
    assert (facts.width, facts.height, facts.rotation, facts.private) == (20, 40, 90, True)
    assert (made.rotation, made.private) == (0, False)
    shown = Image.open(output).convert("RGB")
    assert shown.getpixel((10, 5))[2] > 200  # blue, which was left, is above now
    assert shown.getpixel((10, 35))[0] > 200
    assert b"Camera" not in output.read_bytes()


async def test_only_what_it_tells_is_taken_off(workshop, tmp_path, kept):
    """The pixels stay what they are, all but: the same quantization, so no second loss that one could see."""
    exif = Image.Exif()
    exif[0x010F] = "Camera"
    _, _, output = await rendered(workshop, path := kept(noise(quality=60, exif=exif)), Target(), tmp_path)
    before, after = Image.open(path), Image.open(output)
    assert before.quantization == after.quantization
    assert b"Camera" not in output.read_bytes()


async def test_alpha_is_kept_where_it_can_be_and_white_elsewhere(workshop, tmp_path, kept):
    path = kept(picture("WEBP", (20, 20), "RGBA", lossless=True))
    facts, made, _ = await rendered(workshop, path, Target(types=("image/png", "image/jpeg")), tmp_path)
    assert (facts.alpha, made.mime_type, made.alpha) == (True, "image/png", True)
    made = await workshop.render(path, facts, Target(types=("image/jpeg",)), tmp_path / "flat")
    red, green, _ = Image.open(tmp_path / "flat").getpixel((10, 10))
    assert made.alpha is False
    assert red == pytest.approx(165, abs=4)  # a third of nothing, the rest white
    assert green == pytest.approx(210, abs=4)


async def test_colours_of_another_space_become_srgb(workshop, tmp_path, kept):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("XYZ")).tobytes()
    facts = await workshop.look(kept(picture("JPEG", (20, 20), "RGB", icc_profile=lab)))
    assert facts.plain is False
    _, made, output = await rendered(workshop, kept(picture("JPEG", (20, 20), "CMYK")), Target(), tmp_path)
    assert made.plain is True
    assert Image.open(output).mode == "RGB"


# What is not to be trusted


@pytest.mark.parametrize(
    "make",
    [
        lambda _: b"",
        lambda _: b"\x00" * 4000,
        lambda _: picture()[:-20],
        lambda _: noise()[:5000],
        lambda _: bomb(),
        lambda _: b"GIF89a\xff\xff\xff\xff\x80\x00\x00",
        lambda _: b"%PDF-1.7\nno end",
        lambda tmp: film(tmp / "t.mp4").read_bytes()[:600],
        lambda _: b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00" + random.Random(1).randbytes(5000),
        lambda _: b"\x1aE\xdf\xa3" + random.Random(2).randbytes(5000),
        lambda _: b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2avc1mp41" + b"\xff\xff\xff\xffmoov" + b"\xff" * 3000,
    ],
    ids=[
        "empty",
        "zeros",
        "png cut",
        "jpeg cut",
        "bomb",
        "gif head",
        "pdf cut",
        "mp4 cut",
        "mp4 noise",
        "mkv noise",
        "huge boxes",
    ],
)
async def test_files_that_are_none(workshop, tmp_path, kept, make):
    with pytest.raises(Invalid) as raised:
        await workshop.look(kept(make(tmp_path)))
    assert [each.path for each in raised.value.issues] == ["file"]


async def test_every_mangled_video_is_refused_or_read_and_nothing_worse(workshop, tmp_path, kept):
    whole, chance = film(tmp_path / "a.mp4", seconds=0.4).read_bytes(), random.Random(7)

    async def mangled():
        content = bytearray(whole)
        for _ in range(30):
            content[chance.randrange(32, len(content))] = chance.randrange(256)
        try:
            return (await workshop.look(kept(bytes(content)))).kind
        except Invalid as error:
            return error.rule

    outcomes = set(await asyncio.gather(*(mangled() for _ in range(12))))
    assert outcomes <= {"video", "mediaUnreadable", "mediaTooLarge"}


async def test_music_with_a_cover_is_no_video(workshop, tmp_path):
    path = tmp_path / "a.mp4"
    with av.open(str(path), "w") as out:
        voice = out.add_stream("aac", rate=48_000, layout="stereo")
        silence(out, voice, 0.1)
    with pytest.raises(Invalid):
        await workshop.look(path)


async def test_a_playlist_that_calls_itself_a_video_opens_nothing_else(workshop, tmp_path, kept):
    """ffmpeg would follow it to any file or address; here it is not even asked."""
    secret = film(tmp_path / "secret.mp4")
    for text in (f"#EXTM3U\n#EXTINF:1,\nfile://{secret}\n", f"ffconcat version 1.0\nfile {secret}\n"):
        with pytest.raises(Invalid):
            await workshop.look(kept(text.encode()))


CHILDREN = {
    "hangs": ("import time; time.sleep(60)", "mediaTooSlow"),
    "crashes": ("import os; os.abort()", "mediaUnreadable"),
    "is killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "mediaUnreadable"),
    "says nothing": ("pass", "mediaUnreadable"),
}


@pytest.mark.parametrize("behaviour", CHILDREN)
async def test_a_process_that_a_file_took_over(workshop, kept, monkeypatch, behaviour):
    code, rule = CHILDREN[behaviour]
    monkeypatch.setattr(craft, "COMMAND", (sys.executable, "-c", code))
    monkeypatch.setattr(craft, "LOOK_SECONDS", 1 if behaviour == "hangs" else 30)
    monkeypatch.setattr(craft, "GRACE", 0.0)
    with pytest.raises(Invalid) as raised:
        await asyncio.wait_for(workshop.look(kept(picture())), 45)
    assert raised.value.rule == rule


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not hold processes to their limits")
async def test_the_process_is_held_to_its_limits(workshop, kept, monkeypatch):
    """The real one, with too little memory for the very picture, and then with too little time."""
    from ocma.features.media.workshop import __main__ as child

    path = kept(picture("PNG", (6000, 6000)))
    assert (await workshop.look(path)).width == 6000
    code = "from ocma.features.media.workshop import __main__ as child; child.MEMORY = {}; child.main()"
    monkeypatch.setattr(craft, "COMMAND", (sys.executable, "-c", code.format(200 * 1024**2)))
    with pytest.raises(Invalid) as raised:
        await workshop.look(path)
    assert raised.value.rule == "mediaUnreadable"
    assert child.MEMORY > 1024**3


async def test_a_process_that_cannot_begin_is_our_own_trouble(workshop, kept, monkeypatch):
    monkeypatch.setattr(craft, "COMMAND", (sys.executable, "-c", "import no_such_module"))
    with pytest.raises(Unavailable):
        await workshop.look(kept(picture()))


async def test_what_nobody_foresaw_is_for_the_operator(workshop, kept, monkeypatch, capsys):
    code = "from ocma.features.media.workshop import pictures, __main__ as child; pictures.look = lambda *_: 1 / 0; child.main()"
    monkeypatch.setattr(craft, "COMMAND", (sys.executable, "-c", code))
    with pytest.raises(Invalid) as raised:
        await workshop.look(kept(picture()))
    assert raised.value.rule == "mediaUnreadable"
    assert "ZeroDivisionError" in capsys.readouterr().out
    assert "ZeroDivision" not in str(raised.value)


async def test_a_video_of_too_many_pixels(workshop, tmp_path, monkeypatch):
    code = "from ocma.features.media.workshop import films, __main__ as child; films.MOST_PIXELS = 50_000; child.main()"
    monkeypatch.setattr(craft, "COMMAND", (sys.executable, "-c", code))
    assert (await workshop.look(film(tmp_path / "small.mp4", size=(200, 200)))).width == 200
    with pytest.raises(Invalid) as raised:
        await workshop.look(film(tmp_path / "large.mp4", size=(320, 180)))
    assert raised.value.rule == "mediaTooLarge"


async def test_the_process_gets_no_secret(workshop, kept, monkeypatch, tmp_path):
    told = tmp_path / "told"
    monkeypatch.setenv("OCMA_VAULT_KEYS", "k1:secret")
    monkeypatch.setattr(
        craft, "COMMAND", (sys.executable, "-c", f"import os; open({str(told)!r}, 'w').write(repr(dict(os.environ)))")
    )
    with pytest.raises(Invalid):
        await workshop.look(kept(picture()))
    assert "secret" not in told.read_text()
