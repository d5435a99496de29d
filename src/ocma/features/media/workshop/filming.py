"""Videos made anew: MP4 with H.264 and AAC. What fits already is copied, not encoded a second time."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.filter import Graph
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ocma.features.media.facts import Facts
from ocma.features.media.target import Target, fit, output_rate, shortfalls
from ocma.features.media.workshop.films import opened, picture_of, sound_of
from ocma.features.media.workshop.refusal import Refusal

DEMUXERS = {
    "video/mp4": "mov",
    "video/quicktime": "mov",
    "video/webm": "matroska",
    "video/x-matroska": "matroska",
    "image/gif": "gif",
}
SOUND_RATE, SOUND_BITS = 48_000, 128_000
USUAL_RATE = 30.0
LEAST_BITS = 80_000  # a second; less shows nothing
HEADROOM = 0.93  # of the byte limit, the container's own bytes and the encoder's swings taken off
TRIES = 4
TURNS = {90: ("transpose=clock",), 180: ("hflip", "vflip"), 270: ("transpose=cclock",)}
EVERY = 0.5  # seconds between two words of progress

Tell = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class Order:
    """`bits`: of the picture per second, at most."""

    facts: Facts
    target: Target
    bits: int | None

    @property
    def copies_picture(self) -> bool:
        codecs = self.target.video_codecs or ("h264",)
        changes = set(shortfalls(self.facts, self.target)) - {"type", "codec", "header"}
        return self.facts.video_codec in codecs and not changes

    @property
    def rate(self) -> Fraction:
        known = replace(self.facts, frame_rate=self.facts.frame_rate or USUAL_RATE)
        return Fraction(output_rate(known, self.target) or USUAL_RATE).limit_denominator(1001)

    @property
    def size(self) -> tuple[int, int]:
        """Even, as 4:2:0 needs it."""
        width, height = fit(self.facts, self.target)
        return max(2, width // 2 * 2), max(2, height // 2 * 2)


def render(source: Path, facts: Facts, target: Target, output: Path, tell: Tell) -> None:
    """Raises Refusal when it cannot be made to fit."""
    bits = _budget(facts, target)
    for _ in range(TRIES):
        _make(source, Order(facts, target, bits), output, tell)
        size = output.stat().st_size
        if target.bytes is None or size <= target.bytes:
            return
        bits = _checked(int((bits or size * 8 / (facts.duration or 1)) * target.bytes / size * 0.9))
    raise Refusal(f"This video cannot be made smaller than {target.bytes} bytes.", code="mediaTooLarge")


def _budget(facts: Facts, target: Target) -> int | None:
    bounds = [float(target.max_bit_rate)] if target.max_bit_rate else []
    if target.bytes is not None and facts.duration and facts.size > target.bytes:
        bounds.append(target.bytes * 8 * HEADROOM / facts.duration)
    return _checked(int(min(bounds)) - (SOUND_BITS if facts.audio_codec else 0)) if bounds else None


def _checked(bits: int) -> int:
    if bits < LEAST_BITS:
        raise Refusal(
            "This video is too long for the number of bytes that is allowed.",
            code="mediaTooLarge",
            remediation="Send a shorter one.",
        )
    return bits


def _make(source: Path, order: Order, output: Path, tell: Tell) -> None:
    with (
        opened(source, DEMUXERS[order.facts.mime_type]) as taken,
        av.open(str(output), "w", format="mp4", options={"movflags": "+faststart"}) as given,
    ):
        stream = picture_of(taken)
        stream.thread_type = "AUTO"
        picture = _Copied(given, stream) if order.copies_picture else _Filmed(given, stream, order)
        tracks: dict[int, Any] = {stream.index: picture}
        if (sound := sound_of(taken)) is not None:
            tracks[sound.index] = _Copied(given, sound) if _keeps_sound(sound) else _Recorded(given, sound)
        _run(taken, tracks, order, tell)


def _run(taken: InputContainer, tracks: dict[int, Any], order: Order, tell: Tell) -> None:
    said, whole = time.monotonic(), order.facts.duration or 0.0
    for packet in taken.demux([taken.streams[index] for index in tracks]):
        tracks[packet.stream_index].take(packet)
        if whole and packet.pts is not None and time.monotonic() > said + EVERY:
            said = time.monotonic()
            tell(min(0.99, float(packet.pts * packet.time_base) / whole))
    for each in tracks.values():
        each.end()


def _keeps_sound(sound: AudioStream) -> bool:
    context = sound.codec_context
    return context.codec.canonical_name == "aac" and context.sample_rate <= SOUND_RATE and context.layout.nb_channels <= 2


class _Copied:
    """Packets as they are, in another container.

    Some containers say only when a packet is shown, and the reader works out when it is decoded from the third or so onwards:
    the first ones wait until that is known, and are counted back from there.
    """

    def __init__(self, given: OutputContainer, stream: VideoStream | AudioStream) -> None:
        self._given, self._stream = given, stream
        self._waiting: list[Any] = []
        self._out: Any = given.add_stream_from_template(stream)
        self._out.codec_context.codec_tag = "hvc1" if stream.codec_context.codec.canonical_name == "hevc" else "\0\0\0\0"

    def take(self, packet: Any) -> None:
        if not packet.size:  # the reader's way to say that this was all
            return
        self._waiting.append(packet)
        if packet.dts is not None:
            self._write(packet.dts)

    def end(self) -> None:
        if self._waiting:
            self._write(min(each.pts or 0 for each in self._waiting))

    def _write(self, last: int) -> None:
        """Those that wait, the last of them decoded at `last`."""
        step = self._step()
        for back, packet in enumerate(reversed(self._waiting)):
            packet.dts = last - back * step if packet.dts is None else packet.dts
        for packet in self._waiting:
            packet.stream = self._out
            self._given.mux(packet)
        self._waiting.clear()

    def _step(self) -> int:
        """Between two packets, in the stream's own units."""
        rate = getattr(self._stream, "average_rate", None) or Fraction(USUAL_RATE)
        return max(1, round(1 / (rate * (self._stream.time_base or Fraction(1, 1000)))))


class _Filmed:
    """Decoded, turned, scaled, at an even pace, encoded."""

    def __init__(self, given: OutputContainer, stream: VideoStream, order: Order) -> None:
        self._given, self._stream, self._order = given, stream, order
        self._graph: Graph | None = None
        options = {"preset": "veryfast", "crf": "20", "threads": "2", "g": str(max(1, round(order.rate * 2)))}
        if order.bits:
            options |= {"maxrate": str(order.bits), "bufsize": str(order.bits)}
        self._out: Any = given.add_stream("libx264", rate=order.rate, options=options)
        self._out.width, self._out.height = order.size
        self._out.pix_fmt = "yuv420p"

    def take(self, packet: Any) -> None:
        for frame in packet.decode():
            self._filter(frame)

    def end(self) -> None:
        if self._graph is not None:
            self._filter(None)
        self._given.mux(self._out.encode(None))

    def _filter(self, frame: VideoFrame | None) -> None:
        if self._graph is None and frame is not None:
            self._graph = self._built(frame)
        graph: Any = self._graph
        graph.push(frame)
        for each in _pulled(graph):
            each.pict_type = 0  # the encoder chooses its own key frames
            self._given.mux(self._out.encode(each))

    def _built(self, frame: VideoFrame) -> Graph:
        graph, order = Graph(), self._order
        width, height = order.size
        chain = [*TURNS.get(order.facts.rotation, ()), f"scale={width}:{height}:flags=bicubic", f"fps={order.rate}"]
        steps = [each.partition("=") for each in (*chain, "setsar=1", "format=yuv420p")]
        nodes = [graph.add_buffer(template=self._stream, width=frame.width, height=frame.height, format=frame.format)]
        nodes += [graph.add(name, arguments or None) for name, _, arguments in steps]
        graph.link_nodes(*nodes, graph.add("buffersink")).configure()
        return graph


def _pulled(graph: Graph) -> Iterator[Any]:
    while True:
        try:
            yield graph.pull()
        except (BlockingIOError, EOFError):
            return


class _Recorded:
    """Decoded, brought to two channels of 48 kHz at most, encoded."""

    def __init__(self, given: OutputContainer, stream: AudioStream) -> None:
        self._given = given
        rate = min(stream.codec_context.sample_rate, SOUND_RATE) or SOUND_RATE
        rate = rate if rate in {44_100, 48_000} else SOUND_RATE
        layout = "mono" if stream.codec_context.layout.nb_channels == 1 else "stereo"
        self._out: Any = given.add_stream("aac", rate=rate, layout=layout)
        self._out.bit_rate = SOUND_BITS
        self._resampler = AudioResampler(format="fltp", layout=layout, rate=rate)

    def take(self, packet: Any) -> None:
        for frame in packet.decode():
            self._write(frame)

    def end(self) -> None:
        self._write(None)
        self._given.mux(self._out.encode(None))

    def _write(self, frame: Any) -> None:
        for each in self._resampler.resample(frame):
            self._given.mux(self._out.encode(each))
