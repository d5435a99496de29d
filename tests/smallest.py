"""The smallest post that each platform takes, with a mark in its text, and how it is known to be live."""

import secrets
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import films
from ocma.features.publishing.jobs import Job
from stage import Company, Sandbox

Entry = Mapping[str, Any]
POLL = {"options": ["Yes & no", "Neither"], "seconds": 86_400}


def _always(_: Entry) -> bool:
    return True


def _is_seen(entry: Entry) -> bool:
    """A video is on YouTube's books from its upload on; nobody sees it before it is public."""
    return entry["replyTo"] is not None or entry["details"]["status"]["privacyStatus"] == "public"


@cache
def _image() -> bytes:
    return films.picture("JPEG", (400, 400))


@cache
def _video() -> bytes:
    """Noise does not compress: some platforms take nothing below 75 KB."""
    with tempfile.TemporaryDirectory() as folder:
        return films.film(Path(folder) / "small.mp4", size=(360, 360), rate=24, noise=True).read_bytes()


@dataclass(frozen=True)
class Smallest:
    """`name`: the platform's, with what else it is. `call`: where the call goes that makes it live, if an upload is on the books.

    `poll`: as the API takes it.

    `follows`: what can be under it, `thread` or `firstComment`.
    """

    name: str
    file: Callable[[], bytes] | None = None
    options: Mapping[str, Any] = field(default_factory=dict[str, Any])
    call: str | None = None
    is_live: Callable[[Entry], bool] = _always
    follows: str | None = None
    poll: Mapping[str, Any] | None = None

    @property
    def platform(self) -> str:
        return self.name.partition("-")[0]

    def text(self, mark: str) -> str:
        """None is a part of another."""
        return f"{self.name}: {mark}."

    def chain(self, mark: str) -> list[str]:
        """Texts for a post and what follows it."""
        return [self.text(f"{mark}, part {number}") for number in range(3 if self.follows == "thread" else 2)]

    async def schedule(self, company: Company, text: str, *others: str) -> Job:
        """By somebody new at the platform, now."""
        account = await company.connect(self.platform, f"u{secrets.token_hex(5)}")
        media = [await company.keep(self.file())] if self.file else []
        more = {"thread": {"thread": list(others)}, "firstComment": {"firstComment": others[0] if others else None}}
        under = more[self.follows] if self.follows and others else {}
        asked = {"poll": dict(self.poll)} if self.poll else {}
        return await company.schedule(text, account, mediaIds=media, options=dict(self.options), **under, **asked)

    async def live(self, sandbox: Sandbox, text: str) -> list[dict[str, Any]]:
        return [each for each in await sandbox.marked(self.platform, text) if self.is_live(each) and not each["deleted"]]

    async def fault(self, sandbox: Sandbox, kind: str) -> None:
        """At the call that makes it live."""
        await sandbox.fault(self.platform, kind, **({"path": self.call} if self.call else {}))


SMALLEST = {
    each.name: each
    for each in (
        Smallest("bluesky", follows="thread"),
        Smallest("facebook", follows="firstComment"),
        Smallest("facebook-video", _video),  # accepted first, live later
        Smallest("instagram", _image, follows="firstComment"),
        Smallest("linkedin", follows="firstComment"),
        Smallest("mastodon", follows="thread"),
        Smallest("mastodon-video", _video),  # the server works on it after it has it
        Smallest("mastodon-poll", poll=POLL),
        Smallest("threads", follows="thread"),
        Smallest("tiktok", _video, {"privacy_level": "PUBLIC_TO_EVERYONE"}),
        Smallest("x", follows="thread"),
        Smallest("x-video", _video),
        Smallest("x-poll", poll=POLL),
        Smallest(
            "youtube",
            _video,
            {"title": "Small"},
            call="/youtube/youtube/v3/videos",
            is_live=_is_seen,
            follows="firstComment",
        ),
    )
}
