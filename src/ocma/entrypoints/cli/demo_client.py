"""OCMA's API and the sandbox's pages as a user meets them: over HTTP, with an API key and a browser."""

import json
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx2

from ocma.entrypoints.cli.demo_media import File
from ocma.entrypoints.cli.demo_platform import Platform, read
from ocma.entrypoints.cli.demo_stack import Ready
from ocma.entrypoints.cli.demo_story import Draft
from ocma.errors import Unavailable

Json = dict[str, Any]
Note = Callable[[Json], None]
TIMEOUT = 30.0  # seconds
CALLBACK = "/api/social/callback"


@dataclass(frozen=True, slots=True)
class Account:
    id: str
    platform: str
    handle: str


@dataclass(frozen=True, slots=True)
class Walk:
    """The way of a browser from the authorize page to our callback: one address without its query per step."""

    stops: Sequence[str]
    account: Account


class StreamBroken(Exception):
    """The event stream ended before its time: open it again."""


class Client:
    """`api` carries the key; `browser` is somebody without one, who follows where pages send them."""

    def __init__(self, ready: Ready, api: httpx2.AsyncClient, browser: httpx2.AsyncClient, note: Note) -> None:
        self._ready, self._api, self._browser, self._note = ready, api, browser, note

    async def list_platforms(self) -> list[Platform]:
        """Those that OCMA can publish on and that the sandbox plays."""
        found = await self._ask("GET", "/api/social/platforms")
        played = await self._look("health")
        usable = [each for each in found["data"] if each["configured"] and "publish" in each["abilities"]]
        return [read(each) for each in usable if each["platform"] in played["platforms"]]

    async def list_accounts(self) -> list[Account]:
        """Those that can be used, oldest first."""
        found = await self._ask("GET", "/api/social/accounts", params={"limit": 100})
        return [_account(each) for each in found["data"] if each["isActive"]]

    async def connect(self, platform: Platform, name: str) -> Walk:
        """By OAuth: our authorize, the platform's page (where `name` says yes), back to our callback."""
        begun = await self._ask("POST", "/api/social/authorize", json={"platform": platform.key})
        answer = await self._browser.get(f"{begun['url']}&approve=1&account={name}", headers={"Accept": "application/json"})
        found = _checked(answer, f"the way back from {platform.name}")
        if answer.url.path != CALLBACK:
            raise Unavailable(f"{platform.name} did not send the browser back to {CALLBACK}, but to {_bare(answer.url)}.")
        stops = [_bare(each.url) for each in (*answer.history, answer)]
        return Walk(stops, _account(found["account"]))

    async def upload(self, file: File, content: bytes) -> str:
        """The medium's id."""
        files = {"file": (file.name, content, file.mime_type)}
        return (await self._ask("POST", "/api/media", files=files, data={"altText": file.alt_text}))["id"]

    async def schedule(
        self, draft: Draft, accounts: Sequence[Account], at: datetime | None, media: Mapping[File, str], key: str
    ) -> Json:
        """`media`: the ids of what was uploaded. `key` makes a repeated request the same request."""
        first, *rest = draft.parts
        body: Json = {
            "content": first,
            "accountIds": [each.id for each in accounts],
            "scheduledAt": at.isoformat() if at else "now",
            "thread": rest,
            "mediaIds": [media[each] for each in draft.files],
            "variants": {each.key: _variant(draft, each, media) for each in draft.platforms},
        }
        return await self._ask("POST", "/api/queue/schedule", json=body, headers={"Idempotency-Key": key})

    async def get_job(self, job_id: str) -> Json:
        return await self._ask("GET", f"/api/queue/jobs/{job_id}")

    @asynccontextmanager
    async def events(self, after: str | None) -> AsyncGenerator[AsyncGenerator[tuple[str, Json]]]:
        """Open once entered: (id, event) pairs until the connection ends. `after`: the last id seen. Raises StreamBroken."""
        headers = {"Last-Event-ID": after} if after else {}
        try:
            # The usual time-out is enough: the API says something every 15 seconds.
            async with self._api.sse("/api/queue/events", headers=headers) as source:
                if source.response.status_code != 200:
                    raise StreamBroken(f"answered {source.response.status_code}")
                yield self._told(source)
        except httpx2.HTTPError as error:
            raise StreamBroken(type(error).__name__) from error

    async def _told(self, source: httpx2.EventSource) -> AsyncGenerator[tuple[str, Json]]:
        async for each in source:
            if each.data:
                event: Json = json.loads(each.data)
                self._note({"method": "GET", "path": "/api/queue/events", "status": 200, "body": event})
                yield each.id, event

    async def read_books(self) -> list[Json]:
        """The platforms' own record: one entry per publish they accepted, oldest first."""
        return (await self._look("books"))["data"]

    async def _look(self, what: str) -> Json:
        answer = await self._browser.get(f"{self._ready.sandbox_url}/_control/{what}")
        return _checked(answer, f"the sandbox's {what}")

    async def _ask(self, method: str, path: str, **request: Any) -> Json:
        try:
            answer = await self._api.request(method, path, **request)
        except httpx2.HTTPError as error:
            raise Unavailable(f"The API did not answer to {method} {path} ({type(error).__name__}).") from error
        return _checked(answer, f"{method} {path}")


@asynccontextmanager
async def opened(ready: Ready, note: Note) -> AsyncGenerator[Client]:
    """`note` gets every answer of the API."""
    recorder = _recorder(ready.api_url, note)
    # Whatever proxy the machine is set up with: everything here is on 127.0.0.1.
    common: Json = {"timeout": TIMEOUT, "trust_env": False, "event_hooks": {"response": [recorder]}}
    headers = {"Authorization": f"Bearer {ready.api_key}"}
    async with (
        httpx2.AsyncClient(base_url=ready.api_url, headers=headers, **common) as api,
        httpx2.AsyncClient(follow_redirects=True, **common) as browser,
    ):
        yield Client(ready, api, browser, note)


def _recorder(api_url: str, note: Note) -> Callable[[httpx2.Response], Any]:
    async def record(response: httpx2.Response) -> None:
        """Event streams are noted as they come."""
        url, kind = response.request.url, response.headers.get("content-type", "")
        if str(url).startswith(api_url) and not kind.startswith("text/event-stream"):
            await response.aread()
            headers = dict(response.headers)
            told: Json = {"method": response.request.method, "path": url.path, "status": response.status_code}
            note({**told, "headers": headers, "body": response.text})

    return record


def transcript(path: Path | None) -> Note:
    """Appends each answer to the file, a line of JSON each; to none, nothing."""
    if path is None:
        return lambda _: None
    path.touch(mode=0o600)

    def note(answer: Json) -> None:
        with path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(answer, ensure_ascii=False) + "\n")

    return note


def _checked(answer: httpx2.Response, what: str) -> Any:
    """The JSON of an answer. Raises Unavailable with the problem the API names."""
    try:
        body = answer.json()
    except ValueError:
        body = {}
    if answer.is_success and body:
        return body
    details = [body.get("detail") or body.get("error") or answer.reason_phrase]
    details += [each["message"] for each in body.get("errors") or ()]
    raise Unavailable(f"{what} answered {answer.status_code}: {' '.join(details)}", remediation=body.get("remediation"))


def _variant(draft: Draft, platform: Platform, media: Mapping[File, str]) -> Json:
    """Only what differs there."""
    instead = draft.instead.get(platform.key)
    files = {} if instead is None else {"mediaIds": [media[each] for each in instead]}
    return {"options": platform.options(draft.title), **files}


def _account(view: Json) -> Account:
    return Account(view["id"], view["platform"], view["accountHandle"])


def _bare(url: httpx2.URL) -> str:
    return str(url.copy_with(query=None, fragment=None))
