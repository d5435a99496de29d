"""The JSON of what is written: the fields of a post that say nothing of when and where it goes."""

from typing import Annotated, Any
from uuid import UUID

from pydantic import Field, StringConstraints

from ocma.features.schema import Counted, Input, Schema

Text = Annotated[str, StringConstraints(max_length=100_000)]
Line = Annotated[str, StringConstraints(min_length=1, max_length=1000)]
Name = Annotated[str, StringConstraints(min_length=1, max_length=40)]
Url = Annotated[str, StringConstraints(min_length=1, max_length=2000)]
# No control character and no blank, each by its number: of what `\s` means, readers of the API's description differ.
WEB_URL = r"^https?://[^\x00-\x20\x7f-\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000\ufeff]+$"
WebUrl = Annotated[str, StringConstraints(pattern=WEB_URL, max_length=2000)]
Seconds = Annotated[int, Field(ge=1, le=366 * 86400), Counted]


class PollInput(Input):
    """`seconds`: how long it is open; `question` where a platform wants one beside the text."""

    options: list[Line] = Field(min_length=1, max_length=20)
    seconds: Seconds = 86400
    multiple: bool = False
    question: Line | None = None


class LinkInput(Input):
    """A link shown as a card; `title` and `description` for platforms that do not look at the page themselves."""

    url: WebUrl
    title: Line | None = None
    description: Text | None = None


class ThreadPart(Input):
    content: Text
    media_ids: list[UUID] = Field(default_factory=list[UUID], max_length=20)
    poll: PollInput | None = None
    link: LinkInput | None = None


class Variant(Input):
    """What differs on one platform; `options` are the platform's own (GET /api/social/platforms lists them).

    A poll, a link or a first comment of the post is taken away there by null, a thread by an empty list.
    """

    content: Text | None = None
    media_ids: list[UUID] | None = Field(default=None, max_length=20)
    options: dict[Name, Any] = Field(default_factory=dict[str, Any], max_length=50)
    thread: list[Text | ThreadPart] | None = Field(default=None, max_length=100)
    first_comment: Text | None = None
    poll: PollInput | None = None
    link: LinkInput | None = None


class Writing(Input):
    """`thread` are the parts after `content`; `options` are given to every platform, so each has to know them."""

    content: Text
    media_ids: list[UUID] = Field(default_factory=list[UUID], max_length=20)
    media_urls: list[Url] = Field(default_factory=list[str], max_length=20)
    variants: dict[Name, Variant] = Field(default_factory=dict[str, Variant], max_length=50)
    thread: list[Text | ThreadPart] = Field(default_factory=list[Text | ThreadPart], max_length=100)
    first_comment: Text | None = None
    poll: PollInput | None = None
    link: LinkInput | None = None
    options: dict[Name, Any] = Field(default_factory=dict[str, Any], max_length=50)


class Check(Writing):
    """A post to be held to the rules of these platforms, connected or not. Files named by `mediaUrls` are not fetched."""

    platforms: list[Name] = Field(min_length=1, max_length=50)


class TextLength(Schema):
    """How long a part's text is, as the platform counts; `left` is negative where it is too long. `role`: post or comment."""

    part: int
    role: str
    length: int
    limit: int
    left: int
    unit: str


class Finding(Schema):
    """A rule that is broken: where, which, and what to do."""

    path: str
    rule: str
    message: str
    remediation: str | None


class PlatformCheck(Schema):
    """`kind`: which kind of post it would be, where the platform has several."""

    platform: str
    name: str
    ok: bool
    kind: str | None
    texts: list[TextLength]
    issues: list[Finding]


class Checked(Schema):
    """`ok`: nothing of it is refused anywhere. `issues`: what concerns no platform, such as a file that does not exist."""

    success: bool = True
    ok: bool
    platforms: list[PlatformCheck]
    issues: list[Finding]
    warnings: list[str]
