"""The JSON of platforms: what their manifests say."""

from collections.abc import Mapping, Sequence
from typing import Any, Literal

from ocma.features.accounts.schemas import BreakerView
from ocma.features.schema import Schema
from ocma.platforms.connector import Announces, Connector, Listens, Publishes, Registers
from ocma.platforms.manifest import Manifest, Quota
from ocma.platforms.options import PLAIN
from ocma.platforms.rules import Choice, MediaRules, Rule, Text, Whole, Words


class TextFacts(Schema):
    limit: int
    unit: str


class VideoFacts(Schema):
    """Codecs as ffmpeg names them, none: any. `seconds`: least and most; null: not limited."""

    types: list[str]
    bytes: int
    seconds: tuple[float | None, float | None]
    video_codecs: list[str]
    audio_codecs: list[str]


class MediaFacts(Schema):
    """How many of each; sizes in bytes. `most`: files together; null: as many as of each."""

    images: int
    gifs: int
    videos: int
    documents: int
    least: int
    most: int | None
    mixed: bool
    required: bool
    image_types: list[str]
    image_bytes: int
    gif_bytes: int
    video: VideoFacts
    alt_text: int


class PollFacts(Schema):
    """`options` and `seconds`: least and most. `durations`: the only ones there are, in seconds; none: any."""

    options: tuple[int, int]
    option_length: int
    seconds: tuple[int, int]
    durations: list[int]
    multiple: bool


class KindFacts(Schema):
    """What differs for one kind of post; null: as everywhere."""

    text: TextFacts | None
    media: MediaFacts | None


class OptionFacts(Schema):
    """`limit`: of a text's length, of a number, or of how many words."""

    type: Literal["choice", "text", "words", "number"]
    required: bool
    values: list[str | bool] | None = None
    limit: int | None = None


class QuotaView(Schema):
    """So many calls in any so many seconds."""

    on: str
    of: str
    calls: int
    seconds: int


class PlatformView(Schema):
    """What a platform can do and how far it goes. `configured`: this server has a developer app there, or needs none.

    `thread`: most posts of one publication. `comment`, `poll`: null where there is none; `link`: links are shown as cards.
    `options`: the values of each, null where they are not listed; `optionRules` says more. `breaker`: of a platform that is many
    servers the worst of those on which you have accounts; null where it could not be asked.
    """

    platform: str
    name: str
    aliases: list[str]
    configured: bool
    per_host: bool
    abilities: list[str]
    thread: int
    text: TextFacts
    comment: TextFacts | None
    poll: PollFacts | None
    link: bool
    media: MediaFacts
    kinds: dict[str, KindFacts]
    options: dict[str, list[Any] | None]
    option_rules: dict[str, OptionFacts]
    quotas: list[QuotaView]
    breaker: BreakerView | None


def platform_view(
    connector: Connector, configured: Mapping[str, bool], quotas: Sequence[Quota], breaker: BreakerView | None
) -> PlatformView:
    manifest: Manifest = connector.manifest
    return PlatformView(
        platform=manifest.key,
        name=manifest.name,
        aliases=list(manifest.aliases),
        configured=configured[manifest.key],
        per_host=manifest.oauth.per_host,
        abilities=["connect", *_abilities(connector)],
        thread=manifest.thread,
        text=_text(manifest.text),
        comment=manifest.comment and _text(manifest.comment),
        poll=_poll(manifest),
        link=manifest.link is not None,
        media=_media(manifest.media),
        kinds={
            name: KindFacts(text=each.text and _text(each.text), media=each.media and _media(each.media))
            for name, each in manifest.kinds.items()
        },
        options={name: list(each) if isinstance(each, tuple) else None for name, each in manifest.options.items()},
        option_rules={name: _option(each, required=name in manifest.required) for name, each in manifest.options.items()},
        quotas=[QuotaView(on=each.on, of=each.of, calls=each.calls, seconds=int(each.per.total_seconds())) for each in quotas],
        breaker=breaker,
    )


def _abilities(connector: Connector) -> list[str]:
    kinds = (("publish", Publishes), ("listen", Listens), ("register", Registers), ("announce", Announces))
    return [name for name, kind in kinds if isinstance(connector, kind)]


def _text(text: Text) -> TextFacts:
    return TextFacts(limit=text.limit, unit=text.unit)


def _media(media: MediaRules) -> MediaFacts:
    video = media.video
    return MediaFacts(
        images=media.images,
        gifs=media.gifs,
        videos=media.videos,
        documents=media.documents,
        least=media.least,
        most=media.most,
        mixed=media.mixed,
        required=media.required,
        image_types=list(media.image_types),
        image_bytes=media.image_bytes,
        gif_bytes=media.gif_bytes,
        video=VideoFacts(
            types=list(video.types),
            bytes=video.bytes,
            seconds=video.seconds,
            video_codecs=list(video.video_codecs),
            audio_codecs=list(video.audio_codecs),
        ),
        alt_text=media.alt_text,
    )


def _poll(manifest: Manifest) -> PollFacts | None:
    poll = manifest.poll
    return poll and PollFacts(
        options=poll.options,
        option_length=poll.option_length,
        seconds=poll.seconds,
        durations=list(poll.durations),
        multiple=poll.multiple,
    )


def _option(rule: Choice | Rule | None, *, required: bool) -> OptionFacts:
    match rule:
        case tuple():
            return OptionFacts(type="choice", required=required, values=list(rule))
        case Whole():
            return OptionFacts(type="number", required=required, limit=rule.most)
        case Words():
            return OptionFacts(type="words", required=required, limit=rule.most)
        case _:
            return OptionFacts(type="text", required=required, limit=(rule or PLAIN).limit)
