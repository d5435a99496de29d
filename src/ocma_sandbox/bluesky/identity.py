"""Who is who: a person's DID (their id here) and handle, and the document that leads from the one to the other.

Person `alice` has the handle alice.bsky.test (setting bluesky.handle_domain); `_` is no letter of a host name and
becomes `-` in it.
"""

import hashlib
from base64 import b32encode
from typing import Any
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse

from ocma_sandbox import people
from ocma_sandbox.bluesky import settings
from ocma_sandbox.bluesky.syntax import is_did
from ocma_sandbox.people import Person
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, Any]

KEY = "bluesky"


def base(request: Request) -> str:
    """The PDS's own address, as the client reached it: also the authorization server's and the other services'."""
    return f"{request.url.scheme}://{request.url.netloc}/{KEY}"


def pds_did(request: Request) -> str:
    return "did:web:" + quote(request.url.netloc, safe="")


def make_person(world: World, handle: str, name: str | None) -> Person:
    if handle.startswith("_") or handle.endswith("_"):
        raise Refused(JSONResponse({"error": "a Bluesky handle neither begins nor ends with _"}, 422))
    if people.find(world.store, KEY, handle) is None:
        # people.ensure counts ids; here they are DIDs
        world.store.run(
            "INSERT INTO people (platform, id, handle, name, created_at) VALUES (?, ?, ?, ?, ?)",
            *(KEY, _new_did(world), handle, name or handle, world.clock()),
        )
    return people.ensure(world.store, KEY, handle, new_id=0, now=world.clock(), name=name)


def _new_did(world: World) -> str:
    seed = f"{KEY} {world.store.next_id('bluesky.did', int(world.clock() * 1000))}"
    return "did:plc:" + b32encode(hashlib.sha256(seed.encode()).digest()).decode().lower()[:24]


def handle_of(world: World, person: Person) -> str:
    return f"{person.handle.lower().replace('_', '-')}.{settings.of(world).handle_domain}"


def name_of(world: World, handle: str) -> str | None:
    """The person's name in this sandbox; None for a handle of another domain."""
    name, dot, domain = handle.lower().removeprefix("@").partition(".")
    is_ours = dot and domain == settings.of(world).handle_domain and people.is_handle(name.replace("-", "_"))
    return name.replace("-", "_") if is_ours else None


def find(world: World, actor: str) -> Person | None:
    """By DID or handle."""
    if is_did(actor):
        return people.find_by_id(world.store, KEY, actor)
    name = name_of(world, actor)
    return people.find(world.store, KEY, name) if name else None


def document(world: World, request: Request, person: Person) -> Json:
    return {
        "@context": ["https://www.w3.org/ns/did/v1"],
        "id": person.id,
        "alsoKnownAs": [f"at://{handle_of(world, person)}"],
        "verificationMethod": [],
        "service": [{"id": "#atproto_pds", "type": "AtprotoPersonalDataServer", "serviceEndpoint": base(request)}],
    }


def status(world: World, person: Person) -> str | None:
    """Why an account is closed; None when it is not."""
    chosen = settings.of(world)
    closed = {"takendown": chosen.taken_down.split(), "deactivated": chosen.deactivated.split()}
    return next((name for name, handles in closed.items() if person.handle in handles), None)
