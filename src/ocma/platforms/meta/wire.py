"""What all Graph APIs say alike, and how an answer is read."""

from datetime import datetime
from typing import TypeVar
from urllib.parse import quote

import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from ocma.platforms.connector import Access
from ocma.platforms.errors import OutcomeUnknown, PlatformUnavailable

Shape = TypeVar("Shape", bound=BaseModel)
UNREADABLE = "answerUnreadable"


class Node(BaseModel):
    """Anything with an id. Some come as JSON numbers beyond 2^53: always text here."""

    model_config = ConfigDict(coerce_numbers_to_str=True)

    id: str


class Picture(BaseModel):
    """`picture{url}` as it comes: `{data: {url}}`, or plain."""

    url: str | None = None
    data: "Picture | None" = None

    @property
    def address(self) -> str | None:
        return self.url or (self.data.address if self.data else None)


def at(access: Access, *segments: str) -> str:
    """The path of a node or an edge, below the version that the operator has set (none where that is empty)."""
    version = access.settings.get("version", "")
    return "/" + "/".join(quote(each, safe="") for each in (version, *segments) if each)


def read(response: httpx2.Response, shape: type[Shape], platform: str) -> Shape:
    """The body as `shape`. Raises PlatformUnavailable for a 2xx that is not what is documented."""
    try:
        return shape.model_validate_json(response.content)
    except ValidationError as error:
        message = "The platform's answer is not in the documented form."
        raise PlatformUnavailable(message, platform=platform, rule=UNREADABLE) from error


def accepted(response: httpx2.Response, shape: type[Shape], platform: str) -> Shape:
    """The same for the answer to a publishing call: accepted, it says, but not as what."""
    try:
        return shape.model_validate_json(response.content)
    except ValidationError as error:
        raise OutcomeUnknown(platform=platform, status=response.status_code) from error


def unix(moment: datetime) -> str:
    """For `since` and `until`."""
    return str(int(moment.timestamp()))
