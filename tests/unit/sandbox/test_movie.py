import av
import pytest
from PIL import Image

from ocma_sandbox.movie import Movie, read


@pytest.fixture
def path(tmp_path):
    return tmp_path / "film"


@pytest.fixture
def film(path):
    """Writes a film as an encoder does: 2 seconds, 25 pictures each."""

    def write(container="mp4", size=(64, 48), **options):
        with av.open(str(path), "w", format=container, options=options) as output:
            stream = output.add_stream("mpeg4", rate=25)
            stream.width, stream.height = size
            picture = Image.new("RGB", size, "teal")
            for _ in range(50):
                output.mux(stream.encode(av.VideoFrame.from_image(picture)))
            output.mux(stream.encode(None))
        return read(path)

    return write


@pytest.mark.parametrize("container", ["mp4", "mov"])
@pytest.mark.parametrize("options", [{}, {"movflags": "faststart"}])
def test_films_that_an_encoder_writes(film, container, options):
    facts = film(container, **options)
    assert (facts.width, facts.height) == (64, 48)
    assert facts.seconds == pytest.approx(2, abs=0.05)
    assert facts.frame_rate == pytest.approx(25, abs=0.5)


def test_a_film_in_fragments_keeps_its_facts_elsewhere(film):
    facts = film(movflags="frag_keyframe+empty_moov")
    assert (facts.width, facts.height, facts.frame_rate) == (64, 48, None)


@pytest.mark.parametrize(("size", "is_upright"), [((48, 64), True), ((64, 64), True), ((64, 48), False)])
def test_which_films_are_upright(film, size, is_upright):
    assert film(size=size).is_upright is is_upright


@pytest.mark.parametrize("content", [b"", b"text", b"\x00\x00\x00\x04moov", b"\x00\x00\x00\x10moov\x00\x00\x00\x08trak"])
def test_what_is_no_film_tells_nothing(path, content):
    path.write_bytes(content)
    assert read(path) == Movie()


def test_a_film_that_is_cut_off_tells_nothing_or_the_truth(film, path):
    film(movflags="faststart")
    whole = path.read_bytes()
    for length in range(0, len(whole), 7):
        path.write_bytes(whole[:length])
        facts = read(path)
        assert facts.width in {None, 64}
        assert facts.height in {None, 48}
