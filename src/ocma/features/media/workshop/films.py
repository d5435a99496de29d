"""Videos: look inside. Only the one reader that the first bytes call for is let at a file, and it may open nothing else."""

from collections.abc import Generator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.error import FFmpegError
from av.stream import Disposition
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from ocma.features.media.facts import Facts
from ocma.features.media.sniff import Format
from ocma.features.media.workshop.boxes import is_header_last
from ocma.features.media.workshop.refusal import Refusal, unreadable

MOST_PIXELS = 8192 * 4608
PLAIN_FORMATS = frozenset({"yuv420p", "yuvj420p"})
HDR = frozenset({16, 18})  # transfer functions PQ and HLG


def look(path: Path, found: Format) -> Facts:
    with opened(path, found.demuxer) as source:
        stream, sound = picture_of(source), sound_of(source)
        frame = _first_frame(source, stream)
        turn = turn_of(frame)
        width, height = shown_size(stream, turn)
        return Facts(
            kind="video",
            mime_type=found.mime_type,
            size=path.stat().st_size,
            width=width,
            height=height,
            rotation=turn,
            plain=frame.format.name in PLAIN_FORMATS and int(frame.color_trc or 0) not in HDR,
            duration=_duration(source, stream, path, found.demuxer),
            frame_rate=_rate(stream),
            video_codec=stream.codec_context.codec.canonical_name,
            audio_codec=sound.codec_context.codec.canonical_name if sound else None,
            header_last=found.demuxer == "mov" and is_header_last(path),
        )


@contextmanager
def opened(path: Path, demuxer: str) -> Generator[InputContainer]:
    try:
        with av.open(str(path), format=demuxer, options={"protocol_whitelist": "file"}) as source:
            yield source
    except (FFmpegError, ValueError, ArithmeticError) as error:
        raise unreadable() from error


def picture_of(source: InputContainer) -> VideoStream:
    """The first moving picture; a cover of music is none."""
    for each in source.streams.video:
        context = each.codec_context
        if each.disposition & Disposition.attached_pic or not (context.width and context.height):
            continue
        if context.width * context.height > MOST_PIXELS:
            raise Refusal(f"A video of {context.width} × {context.height} pixels is too large.", code="mediaTooLarge")
        return each
    raise unreadable()


def sound_of(source: InputContainer) -> AudioStream | None:
    return next((each for each in source.streams.audio if each.codec_context.codec.name), None)


def turn_of(frame: VideoFrame) -> int:
    """In quarter turns clockwise, as degrees."""
    return round(-frame.rotation / 90) * 90 % 360


def shown_size(stream: VideoStream, turn: int) -> tuple[int, int]:
    """With pixels that are not square, and turned, as a player shows it."""
    context = stream.codec_context
    width = max(1, round(context.width * (stream.sample_aspect_ratio or 1)))
    return (context.height, width) if turn in {90, 270} else (width, context.height)


def _first_frame(source: InputContainer, stream: VideoStream) -> VideoFrame:
    """Proof that it can be read at all."""
    for frame in source.decode(stream):
        return frame
    raise unreadable()


def _duration(source: InputContainer, stream: VideoStream, path: Path, demuxer: str) -> float | None:
    if source.duration:
        return source.duration / av.time_base
    if stream.duration and stream.time_base:
        return float(stream.duration * stream.time_base)
    return _last_moment(path, demuxer)


def _last_moment(path: Path, demuxer: str) -> float | None:
    """For recordings that were never told how long they would be: where the last packet ends."""
    end = Fraction(0)
    with opened(path, demuxer) as source:
        for packet in source.demux(picture_of(source)):
            if packet.pts is not None and packet.time_base:
                end = max(end, (packet.pts + (packet.duration or 0)) * packet.time_base)
    return float(end) or None


def _rate(stream: VideoStream) -> float | None:
    rate = stream.average_rate or stream.guessed_rate
    return round(float(rate), 3) if rate else None
