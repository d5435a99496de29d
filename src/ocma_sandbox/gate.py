import asyncio
from http import HTTPStatus
from urllib.parse import parse_qs

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ocma_sandbox import grants, wire
from ocma_sandbox.books import BOOKED
from ocma_sandbox.faults import AFTER, BEFORE, Call, Fault
from ocma_sandbox.platform import Platform
from ocma_sandbox.world import World

HANG_SECONDS = 120
DEFAULT_DELAY_MS = 1000


class Captured:
    """An answer held back until it is known whether it may leave."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    async def take(self, message: Message) -> None:
        self.messages.append(message)

    @property
    def is_success(self) -> bool:
        return bool(self.messages) and 200 <= self.messages[0]["status"] < 300


class Gate:
    """Stands before a platform and lets each request through, or through the faults that were asked for."""

    def __init__(self, app: ASGIApp, platform: Platform, world: World) -> None:
        self._app = app
        self._platform = platform
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        self._platform.settle(self._world)
        call = self._call(scope)
        delayed = await self._before(call, scope, receive, send)
        if delayed is not None:
            await self._through(call, scope, delayed, send)

    def _call(self, scope: Scope) -> Call:
        key = self._platform.key
        full: str = scope["path"]
        path = full.removeprefix(f"/{key}")
        return Call(
            platform=key,
            method=scope["method"],
            path=full,
            is_api=self._platform.is_api(path),
            is_token=path == self._platform.token_path,
            is_publish=self._platform.publishes(scope["method"], path),
        )

    async def _before(self, call: Call, scope: Scope, receive: Receive, send: Send) -> Receive | None:
        """None when a fault ended the request here, and nothing was handled; else where to read the request from."""
        for fault in self._world.faults.matching(call, BEFORE):
            if fault.kind in {"expired_token", "revoked_token"}:
                self._spoil_token(fault, scope)
            elif self._world.faults.strikes(fault):
                if fault.kind != "delay":
                    await self._end(fault, scope, receive, send)
                    return None
                whole = await wire.arrived(receive)
                if whole is None:
                    return None
                receive = whole
                await asyncio.sleep(_delay_seconds(fault))
        return receive

    def _spoil_token(self, fault: Fault, scope: Scope) -> None:
        """Makes the presented token really expired or revoked; the platform then refuses it in its own words."""
        store, now = self._world.store, self._world.clock()
        token = grants.find_token(store, self._platform.key, "access", _bearer(scope), now)
        if token is None or not token.is_live or not self._world.faults.strikes(fault):
            return
        if fault.kind == "expired_token":
            grants.expire(store, token, now)
        else:
            grants.revoke_grant(store, token.grant_id, now)

    async def _end(self, fault: Fault, scope: Scope, receive: Receive, send: Send) -> None:
        if fault.kind == "reset":
            await wire.abort(scope, receive)
            return
        if fault.kind == "rate_limit":
            response = self._platform.throttled(self._world.clock() + _delay_seconds(fault))
        else:
            response = self._platform.broken(HTTPStatus.SERVICE_UNAVAILABLE)
        await wire.drain(receive)
        await response(scope, receive, send)

    async def _through(self, call: Call, scope: Scope, receive: Receive, send: Send) -> None:
        if not self._world.faults.matching(call, AFTER):
            await self._app(scope, receive, send)
            return
        captured, booked = Captured(), list[str]()
        token = BOOKED.set(booked)
        try:
            await self._app(scope, receive, captured.take)
        finally:
            BOOKED.reset(token)
        accepted = bool(booked) if call.is_publish else captured.is_success
        await self._after(self._struck(call) if accepted else None, captured, scope, receive, send)

    def _struck(self, call: Call) -> Fault | None:
        faults = self._world.faults
        return next((fault for fault in faults.matching(call, AFTER) if faults.strikes(fault)), None)

    async def _after(self, fault: Fault | None, captured: Captured, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is None:
            for message in captured.messages:
                await send(message)
        elif fault.kind == "accept_hang":
            await wire.hang(scope, receive, HANG_SECONDS)
        elif fault.kind == "accept_reset":
            await wire.abort(scope, receive)
        else:
            await self._platform.broken(HTTPStatus.INTERNAL_SERVER_ERROR)(scope, receive, send)


def _delay_seconds(fault: Fault) -> float:
    return (DEFAULT_DELAY_MS if fault.delay_ms is None else fault.delay_ms) / 1000


def _bearer(scope: Scope) -> str:
    """The access token of the request: in the header, or in the query as some platforms take it."""
    kind, _, token = Headers(scope=scope).get("authorization", "").partition(" ")
    if kind.lower() in {"bearer", "dpop"}:
        return token.strip()
    return parse_qs(scope["query_string"].decode("latin-1")).get("access_token", [""])[0]
