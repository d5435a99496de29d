"""The JSON of media."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field, StringConstraints

from ocma.features.media.facts import Facts
from ocma.features.media.models import Medium, Rendition, Upload
from ocma.features.media.target import Target
from ocma.features.schema import Counted, Input, Schema

AltText = Annotated[str, StringConstraints(max_length=10_000, pattern=r"^[^\x00]*$")]
MimeType = Literal["image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4"]
Pixels = Annotated[int | None, Field(ge=1, le=20_000), Counted]


class MediumView(Schema):
    """Sizes in bytes and pixels, duration in seconds, frame rate per second; all of it probed."""

    id: UUID
    kind: str
    mime_type: str
    size: int
    width: int | None
    height: int | None
    duration: float | None = None
    frame_rate: float | None = None
    video_codec: str | None = None
    audio_codec: str | None = None
    animated: bool = False
    alt_text: str | None
    created_at: datetime


class MediumChange(Input):
    alt_text: AltText | None


class MediaLink(Schema):
    """Anybody who has `url` can fetch the file until `expiresAt`."""

    url: str
    expires_at: datetime


class UploadError(Schema):
    code: str
    message: str
    remediation: str | None = None


class UploadView(Schema):
    """`state`: receiving | ready | refused. The medium that an upload becomes has its id."""

    id: UUID
    state: str
    size: int
    received: int
    medium_id: UUID | None
    error: UploadError | None
    expires_at: datetime


class Wishes(Input):
    """What a rendition is to be; what is left out may be as it is. Or `platform`: as that one takes it."""

    platform: Annotated[str | None, Field(max_length=50)] = None
    types: Annotated[tuple[MimeType, ...], Field(max_length=10)] = ()
    max_bytes: Annotated[int | None, Field(ge=1_000, le=16 * 1024**3), Counted] = None
    max_width: Pixels = None
    max_height: Pixels = None
    max_frame_rate: Annotated[float | None, Field(ge=1, le=240), Counted] = None

    def target(self) -> Target:
        return Target(
            types=self.types,
            bytes=self.max_bytes,
            max_width=self.max_width,
            max_height=self.max_height,
            max_frame_rate=self.max_frame_rate,
            video_codecs=("h264",) if "video/mp4" in self.types else (),
        )


class RenditionView(Schema):
    """`state`: waiting | making | ready | refused; or original: the medium fits as it is, and then there is no `id`.

    `progress` is 0 to 1.
    """

    id: UUID | None
    medium_id: UUID
    state: str
    progress: float
    mime_type: str | None
    size: int | None
    width: int | None
    height: int | None
    duration: float | None
    frame_rate: float | None
    error: UploadError | None
    link: MediaLink | None


def medium_view(medium: Medium) -> MediumView:
    facts = medium.known if medium.facts else None
    view = MediumView.model_validate(medium)
    if facts is None:
        return view
    more = {name: getattr(facts, name) for name in ("duration", "frame_rate", "video_codec", "audio_codec", "animated")}
    return view.model_copy(update=more)


def upload_view(upload: Upload) -> UploadView:
    return UploadView(
        id=upload.id,
        state=upload.state,
        size=upload.size,
        received=upload.received,
        medium_id=upload.id if upload.state == "ready" else None,
        error=UploadError(**upload.error) if upload.error else None,
        expires_at=upload.expires_at,
    )


def rendition_view(row: Rendition, link: MediaLink | None) -> RenditionView:
    return _view(row.id, row.medium_id, row.state, row.known, row.progress, row.error, link)


def original_view(medium: Medium, link: MediaLink) -> RenditionView:
    return _view(None, medium.id, "original", medium.known, 1.0, None, link)


def _view(
    file_id: UUID | None,
    medium_id: UUID,
    state: str,
    facts: Facts | None,
    progress: float,
    error: dict[str, str] | None,
    link: MediaLink | None,
) -> RenditionView:
    return RenditionView(
        id=file_id,
        medium_id=medium_id,
        state=state,
        progress=progress,
        mime_type=facts.mime_type if facts else None,
        size=facts.size if facts else None,
        width=facts.width if facts else None,
        height=facts.height if facts else None,
        duration=facts.duration if facts else None,
        frame_rate=facts.frame_rate if facts else None,
        error=UploadError.model_validate(error) if error else None,
        link=link,
    )
