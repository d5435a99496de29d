from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urlencode, urlsplit

from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse, Response

from ocma_sandbox import pages, people
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

OWN_PARAMETERS = frozenset({"approve", "account", "new_account"})


@dataclass(frozen=True)
class Ask:
    """A checked authorization request, as the page shows it."""

    platform: str
    platform_name: str
    app_name: str
    scopes: Sequence[str]
    make_person: Callable[[str], Person]


def decide(world: World, ask: Ask, query: QueryParams) -> Person | Literal["denied"] | Response:
    """Who approves: by `approve=1&account=…` on the address, or by the page, which leads to the same address."""
    approve = query.get("approve")
    if approve is None:
        return _page(world, ask, query)
    if approve != "1":
        return "denied"
    handle = query.get("new_account") or query.get("account") or ""
    if not people.is_handle(handle):
        return pages.refusal(ask.platform_name, "account must be 1 to 30 letters, digits or _")
    return ask.make_person(handle)


def _page(world: World, ask: Ask, query: QueryParams) -> Response:
    handles = [person.handle for person in people.list_people(world.store, ask.platform)]
    hidden = {name: value for name, value in query.items() if name not in OWN_PARAMETERS}
    return pages.consent(ask.platform_name, ask.app_name, ask.scopes, handles, hidden)


def is_redirect_uri(uri: str) -> bool:
    """Absolute, with a host or a private scheme's path, and without a fragment (RFC 6749, section 3.1.2)."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    dangerous = parts.scheme in {"javascript", "data", "vbscript", "file"}
    return bool(parts.scheme and (parts.netloc or parts.path)) and not parts.fragment and not dangerous


def redirect(uri: str, **parameters: str | None) -> RedirectResponse:
    """Back to the app; parameters that are None are left out."""
    given = urlencode({name: value for name, value in parameters.items() if value is not None})
    return RedirectResponse(f"{uri}{'&' if '?' in uri else '?'}{given}", 302, headers={"Cache-Control": "no-store"})
