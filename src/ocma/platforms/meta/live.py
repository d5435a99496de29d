"""What Instagram and Threads tell of containers and of what is live, and two refusals of our own."""

from collections.abc import Sequence

from pydantic import AliasChoices, AwareDatetime, BaseModel, Field

from ocma.platforms.connector import Published
from ocma.platforms.content import Part
from ocma.platforms.errors import ContentRejected, PermissionMissing, PlatformError, PlatformUnavailable
from ocma.platforms.meta.refusal import MISSING
from ocma.platforms.meta.wire import Node

TEXT, IMAGE, VIDEO, CAROUSEL = "TEXT", "IMAGE", "VIDEO", "CAROUSEL"
TYPES = {"TEXT_POST": TEXT, "IMAGE": IMAGE, "VIDEO": VIDEO, "CAROUSEL_ALBUM": CAROUSEL, "REPOST_FACADE": "REPOST"}


class State(Node):
    """`status_code` and a text `status` are Instagram's; on Threads `status` is the code and `error_message` the text."""

    code: str = Field(validation_alias=AliasChoices("status_code", "status"))
    detail: str | None = Field(default=None, validation_alias=AliasChoices("error_message", "status"))


class Live(Node):
    """A post, a reply or a comment."""

    text: str | None = Field(default=None, validation_alias=AliasChoices("caption", "text"))
    timestamp: AwareDatetime | None = None
    permalink: str | None = None
    media_type: str | None = None
    replied_to: Node | None = None

    @property
    def type(self) -> str | None:
        """None: none that is known."""
        return TYPES.get(self.media_type or "")

    @property
    def published(self) -> Published:
        return Published(self.id, self.permalink, self.timestamp)


class Deleted(BaseModel):
    success: bool = True


def is_missing(error: PlatformError) -> bool:
    return (isinstance(error, PlatformUnavailable) and error.rule == MISSING) or error.status == 404


def type_of(part: Part) -> str:
    if not part.media:
        return TEXT
    first = next(iter(part.media)).kind
    return CAROUSEL if len(part.media) > 1 else VIDEO if first == "video" else IMAGE


def no_replies(platform: str, name: str, missing: Sequence[str]) -> PermissionMissing:
    return PermissionMissing(
        f"This connection to {name} may not write comments and replies.",
        platform=platform,
        rule="notPermitted",
        remediation=f"Connect the account again and allow {', '.join(missing)}.",
    )


def undeleted(platform: str, name: str) -> ContentRejected:
    return ContentRejected(
        f"{name} did not delete the post: it is still live.",
        platform=platform,
        rule="deleteRefused",
        remediation="Delete it there.",
    )
