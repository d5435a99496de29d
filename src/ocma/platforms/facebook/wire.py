"""What Facebook tells of posts, videos, stories and comments. Read tolerantly: what is not there is unknown."""

from typing import Any, Literal
from urllib.parse import parse_qsl, urlsplit

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from ocma.platforms.meta.wire import Node

POST = "id,message,created_time,permalink_url,attachments{target{id,url},unshimmed_url,subattachments{target{id}}}"
COMMENT = "id,message,created_time,permalink_url,from{id}"
STORY = "post_id,media_id,creation_time,url"
VIDEO = "id,status,published,post_id,permalink_url,created_time"
SITE = "https://www.facebook.com"


class Author(Node):
    pass


class Post(Node):
    """A post or a comment."""

    message: str = ""
    created_time: AwareDatetime | None = None
    permalink_url: str | None = None
    attachments: dict[str, Any] = Field(default_factory=dict[str, Any])
    author: Author | None = Field(default=None, validation_alias="from")

    @property
    def targets(self) -> frozenset[str]:
        """Ids of what is attached."""
        return frozenset(str(each["id"]) for each in _all(self.attachments, "target") if isinstance(each, dict) and "id" in each)

    @property
    def links(self) -> frozenset[str]:
        """Where it leads, also through Facebook's own page for leaving (`l.php?u=…`)."""
        told = [str(each) for name in ("unshimmed_url", "url") for each in _all(self.attachments, name)]
        left = [value for each in told for name, value in parse_qsl(urlsplit(each).query) if name == "u"]
        return frozenset(each.rstrip("/") for each in (*told, *left))


class Loose(BaseModel):
    """Ids may come as numbers."""

    model_config = ConfigDict(coerce_numbers_to_str=True)


class Story(Loose):
    post_id: str | None = None
    media_id: str | None = None
    creation_time: AwareDatetime | None = None
    url: str | None = None


class Phase(BaseModel):
    status: str = ""


class Progress(BaseModel):
    video_status: str = ""
    uploading_phase: Phase = Phase()
    processing_phase: Phase = Phase()
    publishing_phase: Phase = Phase()


class Video(Node):
    status: Progress = Progress()
    published: bool | None = None
    post_id: str | None = None
    permalink_url: str | None = None
    created_time: AwareDatetime | None = None

    @property
    def state(self) -> Literal["live", "failed", "idle", "working"]:
        """`publishing_phase` is the proof; old videos have none. Idle: nobody has asked to publish it yet."""
        told = self.status
        phases = [told.uploading_phase.status, told.processing_phase.status, told.publishing_phase.status]
        if told.publishing_phase.status in {"complete", "published"}:
            return "live"
        if "error" in {told.video_status, *phases}:
            return "failed"
        if not told.publishing_phase.status and told.video_status == "ready" and self.published:
            return "live"
        begun = {"in_progress", "complete"} & set(phases[1:]) or told.video_status in {"processing", "ready"}
        return "working" if begun else "idle"


class Made(Loose):
    """The answer to a call that publishes: a post's has an `id`, a story's a `post_id`."""

    id: str | None = None
    post_id: str | None = None
    success: bool = True

    @property
    def post(self) -> str | None:
        return (self.post_id or self.id) if self.success else None


class Deleted(BaseModel):
    success: bool = True


def _all(tree: object, name: str) -> list[Any]:
    """Everything under this name, however deep."""
    if isinstance(tree, dict):
        here = [tree[name]] if tree.get(name) else []
        return [*here, *(found for each in tree.values() for found in _all(each, name))]
    return [found for each in tree for found in _all(each, name)] if isinstance(tree, list) else []
