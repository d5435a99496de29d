"""How often whoever calls may go on: which budget a request is charged to, and what its answer says of it."""

import math
from collections import OrderedDict
from collections.abc import Collection, Mapping
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request
from fastapi.dependencies.models import Dependant

from ocma.entrypoints.api.dependencies import get_caller, get_identity, resolve_caller, resolve_identity
from ocma.errors import Forbidden, Invalid, QuotaExceeded, Unauthenticated
from ocma.features.workspaces.credentials import digest
from ocma.infra.limiter import Limiter
from ocma.infra.limits import Policy, Standing

# By operation; all others by their method. None: whoever watches over us is never sent away.
KINDS: Mapping[str, str | None] = {
    "healthz": None,
    "readyz": None,
    "metrics": None,
    "login": "auth",
    "register": "auth",
    "fetch_file": "download",
    "fetch_file_head": "download",
    "upload_medium": "upload",
    "begin_upload": "upload",
    "send_piece": "upload",
    "analyze_content": "ai",
    "optimize_content": "ai",
    "generate_content": "ai",
}
STRANGERS = "auth"  # the policy for bad tokens
REGULARS = 10_000  # tokens that were good the last time, remembered
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


def kind_of(operation: str, methods: Collection[str]) -> str | None:
    """The name of the policy under which an operation is counted; None: it is not."""
    return KINDS[operation] if operation in KINDS else "read" if _SAFE.issuperset(methods) else "write"


def asks_who(dependant: Dependant) -> bool:
    """Whether a route needs a bearer token."""
    return dependant.call in (get_identity, get_caller) or any(asks_who(each) for each in dependant.dependencies)


class Turnstile:
    """One per process, at `app.state.turnstile`. Callers are counted each for themselves, everybody else by address.

    An address that sends bad tokens too often has its tokens refused unseen, but for those that were good the last time: so
    nobody behind the same proxy is locked out for another's sake.
    """

    def __init__(self, policies: Mapping[str, Policy], limiter: Limiter) -> None:
        self._policies, self._limiter = policies, limiter
        self._regulars: OrderedDict[bytes, None] = OrderedDict()

    async def admit(self, request: Request, kind: str, *, guarded: bool) -> None:
        """Raises QuotaExceeded; Unauthenticated where the route is `guarded`. Reads nothing of the body."""
        whose = await self._caller(request, kind) if guarded else _address(request)
        await self._charge(request, kind, whose)

    async def _caller(self, request: Request, kind: str) -> str:
        token = digest(request.headers.get("authorization", ""))
        address = _address(request)
        if token not in self._regulars:
            self._turn_away(request, address)
        try:
            name = await _name(request)
        except Unauthenticated:
            self._regulars.pop(token, None)
            await self._charge(request, STRANGERS, _bad_tokens(address))
            raise
        except Exception:  # who it is cannot be found out just now
            await self._charge(request, kind, address)
            raise
        self._regulars[token] = None
        self._regulars.move_to_end(token)
        if len(self._regulars) > REGULARS:
            self._regulars.popitem(last=False)
        return name

    def _turn_away(self, request: Request, address: str) -> None:
        """Before anything is looked up."""
        policy = self._policies.get(STRANGERS)
        if policy and (over := self._limiter.find_over(policy, _bad_tokens(address))):
            _settle(request, over)

    async def _charge(self, request: Request, kind: str, whose: str) -> None:
        if policy := self._policies.get(kind):
            _settle(request, await self._limiter.take(policy, whose))


def _settle(request: Request, standing: Standing) -> None:
    """The middleware adds `rate_limit` to the answer, whatever it will be."""
    request.state.rate_limit = headers(standing)
    if standing.is_over:
        policy, seconds = standing.policy, max(1, math.ceil(standing.seconds))
        raise QuotaExceeded(
            f"Too many requests of the kind `{policy.name}`: {policy.quota} in {policy.window} seconds are allowed.",
            code="rateLimited",
            retry_after=seconds,
            remediation=f"Wait {seconds} seconds; RateLimit, in every answer, says how many requests are left.",
        )


def headers(standing: Standing) -> dict[str, str]:
    """As draft-ietf-httpapi-ratelimit-headers (10, 11) has them."""
    policy = standing.policy
    return {
        "RateLimit-Policy": f'"{policy.name}";q={policy.quota};w={policy.window}',
        "RateLimit": f'"{policy.name}";r={standing.remaining};t={max(1, math.ceil(standing.seconds))}',
    }


async def _name(request: Request) -> str:
    """Callers within their workspace; somebody in none, or none of theirs, by themselves."""
    identity = await resolve_identity(request)
    try:
        caller = await resolve_caller(request)
    except (Forbidden, Invalid):  # the route says so, if it asks for a workspace
        return identity.name
    return f"{caller.workspace_id}:{caller.name}"


def _address(request: Request) -> str:
    """As the server tells it: behind a proxy, what FORWARDED_ALLOW_IPS lets through."""
    return f"address:{network(request.client.host)}" if request.client else "address:"


def _bad_tokens(address: str) -> str:
    return f"bad tokens:{address}"


@lru_cache(maxsize=4096)
def network(host: str) -> str:
    """One household's IPv6 addresses are one: it has 2^64 of them."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        return str(address.ipv4_mapped or ip_network((address, 64), strict=False).network_address)
    return str(address)
