import json
from collections.abc import Callable, Sequence
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ocma_sandbox import books, faults, pages, people, settings, shape, statement
from ocma_sandbox.platform import Platform, Refused
from ocma_sandbox.world import World

Json = dict[str, Any]

_TEXT = {"type": "string", "minLength": 1}
_COUNT = {"type": "integer", "minimum": 0}
_FAULT = {
    "platform": _TEXT,
    "kind": {"type": "string", "enum": faults.KINDS},
    "count": {"type": "integer", "minimum": 1},
    "probability": {"type": "number", "minimum": 0, "maximum": 1},
    "path": _TEXT,
    "delayMs": {"type": "integer", "minimum": 0, "maximum": 600_000},
    "events": _COUNT,
}
_ACCOUNT = {"platform": _TEXT, "account": _TEXT, "name": _TEXT, "followers": _COUNT, "following": _COUNT}
_METRICS = {"platform": _TEXT, "id": _TEXT, "metrics": {"type": "object", "open": True}}
_SETTINGS = {"platform": _TEXT, "settings": {"type": "object", "open": True}}
_YEAR = 366 * 86400
_CLOCK = {"advanceSeconds": {"type": "number", "minimum": 0, "maximum": _YEAR}, "at": _TEXT, "running": {"type": "boolean"}}
_RESET = {"everything": {"type": "boolean"}}


def _body_of(properties: Json, *required: str) -> Json:
    return {"type": "object", "properties": properties, "required": required}


def _refused(message: str) -> Refused:
    return Refused(JSONResponse({"error": message}, 422))


def _instant(text: str) -> float:
    try:
        return statement.instant(text, "$.at")
    except statement.Unclear as error:
        raise _refused(str(error)) from None


async def _read(request: Request, schema: Json) -> Json:
    raw = await request.body()
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise _refused("the body must be JSON") from None
    issues = [issue.message for issue in shape.check(schema, body)]
    if issues:
        raise _refused("; ".join(issues))
    return body


class Control:
    """The sandbox's own door: books, faults, accounts, settings. It is no part of any platform."""

    def __init__(self, world: World, platforms: Sequence[Platform], restart: Callable[[], None]) -> None:
        self._world = world
        self._platforms = {platform.key: platform for platform in platforms}
        self._restart = restart

    def routes(self) -> list[Route]:
        return [
            Route("/", self.front),
            Route("/_control/health", self.health),
            Route("/_control/books", self.books),
            Route("/_control/faults", self.list_faults),
            Route("/_control/faults", self.add_fault, methods=["POST"]),
            Route("/_control/faults", self.clear_faults, methods=["DELETE"]),
            Route("/_control/accounts", self.list_accounts),
            Route("/_control/accounts", self.save_account, methods=["POST"]),
            Route("/_control/metrics", self.set_metrics, methods=["POST"]),
            Route("/_control/settings", self.list_settings),
            Route("/_control/settings", self.set_settings, methods=["POST"]),
            Route("/_control/figures", self.figures),
            Route("/_control/clock", self.show_clock),
            Route("/_control/clock", self.put_clock, methods=["POST"]),
            Route("/_control/reset", self.reset, methods=["POST"]),
        ]

    async def front(self, _request: Request) -> Response:
        self._settle()
        shown = books.entries(self._world.store, limit=200)
        names = [(platform.key, platform.name) for platform in self._platforms.values()]
        return pages.front(names, shown, books.count(self._world.store, "1"))

    async def health(self, _request: Request) -> Response:
        return JSONResponse({"status": "ok", "platforms": list(self._platforms)})

    async def books(self, request: Request) -> Response:
        self._settle()
        platform, account = self._asked_platform(request), request.query_params.get("account")
        return JSONResponse({"data": books.entries(self._world.store, platform, account)})

    async def list_faults(self, _request: Request) -> Response:
        return JSONResponse({"data": self._world.faults.shown()})

    async def add_fault(self, request: Request) -> Response:
        body = await _read(request, _body_of(_FAULT, "platform", "kind"))
        self._platform(body["platform"])
        if "events" in body and body["kind"] not in faults.DURING:
            raise _refused(f"$.events: only {', '.join(faults.DURING)} counts events")
        added = self._world.faults.add(body).shown()
        self._world.streams.look()
        return JSONResponse(added, 201)

    async def clear_faults(self, _request: Request) -> Response:
        self._world.faults.clear()
        return Response(status_code=204)

    async def list_accounts(self, request: Request) -> Response:
        found = people.list_people(self._world.store, self._asked_platform(request))
        return JSONResponse({"data": [_shown(person) for person in found]})

    async def save_account(self, request: Request) -> Response:
        body = await _read(request, _body_of(_ACCOUNT, "platform", "account"))
        platform = self._platform(body["platform"])
        if not people.is_handle(body["account"]):
            raise _refused("$.account: must be 1 to 30 letters, digits or _")
        person = platform.make_person(self._world, body["account"], body.get("name"))
        people.set_audience(self._world.store, person, followers=body.get("followers"), following=body.get("following"))
        return JSONResponse(_shown(people.get(self._world.store, person.platform, person.id)), 201)

    async def set_metrics(self, request: Request) -> Response:
        body = await _read(request, _body_of(_METRICS, "platform", "id", "metrics"))
        post = books.find(self._world.store, self._platform(body["platform"]).key, body["id"])
        if post is None:
            raise Refused(JSONResponse({"error": f"no post {body['id']} on {body['platform']}"}, 404))
        bad = [name for name, value in body["metrics"].items() if type(value) is not int or value < 0]
        if bad:
            raise _refused(f"$.metrics: {', '.join(bad)} must be whole numbers, 0 or more")
        books.set_metrics(self._world.store, post, body["metrics"])
        return JSONResponse({"id": post.id, "metrics": {**post.metrics, **body["metrics"]}})

    async def figures(self, request: Request) -> Response:
        self._settle()
        platform = self._platform(request.query_params.get("platform", ""))
        if platform.counts is None:
            raise _refused(f"no figures are kept of {platform.key}")
        try:
            return JSONResponse(statement.answer(self._world, platform.counts, request.query_params))
        except statement.Unclear as error:
            raise _refused(str(error)) from None

    async def show_clock(self, _request: Request) -> Response:
        clock = self._world.clock
        return JSONResponse({"at": books.iso(clock()), "aheadSeconds": round(clock.ahead, 3), "running": clock.runs})

    async def put_clock(self, request: Request) -> Response:
        """Forward, and what became due meanwhile is done; or it is stopped, or runs again."""
        body = await _read(request, _body_of(_CLOCK))
        if len(body) != 1:
            raise _refused("one of advanceSeconds, at and running")
        if "running" in body:
            change = self._world.clock.run if body["running"] else self._world.clock.stop
            change()
            return await self.show_clock(request)
        now = self._world.clock()
        at = now + body["advanceSeconds"] if "advanceSeconds" in body else _instant(body["at"])
        if not now <= at <= now + _YEAR:
            raise _refused(f"$.at: the clock stands at {books.iso(now)}; it goes forward only, by a year at most")
        self._world.clock.put(at)
        self._settle()
        return await self.show_clock(request)

    async def list_settings(self, _request: Request) -> Response:
        return JSONResponse({"data": {key: settings.shown(value) for key, value in self._world.settings.items()}})

    async def set_settings(self, request: Request) -> Response:
        body = await _read(request, _body_of(_SETTINGS, "platform", "settings"))
        key = self._platform(body["platform"]).key
        try:
            for name, value in body["settings"].items():
                settings.apply(self._world.settings[key], name, value)
        except settings.SettingError as error:
            raise _refused(str(error)) from None
        return JSONResponse({"data": settings.shown(self._world.settings[key])})

    async def reset(self, request: Request) -> Response:
        """Forgets posts, media, faults, rate windows, settings and the clock's lead; with everything=true people and tokens."""
        body = await _read(request, _body_of(_RESET))
        tables = ["posts", "media", *(table for platform in self._platforms.values() for table in platform.tables)]
        if body.get("everything"):
            tables += ["codes", "tokens", "grants", "apps", "people"]
        with self._world.store.transaction():
            for table in tables:
                self._world.store.run(f"DELETE FROM {table}")  # noqa: S608 - names of our own tables
        self._world.blobs.clear()
        self._world.faults.clear()
        self._world.windows.clear()
        self._world.clock.reset()
        self._restart()
        return Response(status_code=204)

    def _settle(self) -> None:
        for platform in self._platforms.values():
            platform.settle(self._world)

    def _asked_platform(self, request: Request) -> str | None:
        key = request.query_params.get("platform")
        return self._platform(key).key if key else None

    def _platform(self, key: str) -> Platform:
        if key not in self._platforms:
            raise _refused(f"no platform {key!r} here; there are {', '.join(self._platforms)}")
        return self._platforms[key]


def _shown(person: people.Person) -> Json:
    return {
        "platform": person.platform,
        "id": person.id,
        "account": person.handle,
        "name": person.name,
        "followers": person.followers,
        "following": person.following,
    }
