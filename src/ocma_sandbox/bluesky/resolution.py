"""From handle to DID to document: XRPC, the handle's own host, and the directory of DIDs at /plc."""

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from ocma_sandbox import people
from ocma_sandbox.bluesky import errors, identity
from ocma_sandbox.bluesky.calls import Asked, Visitor
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.world import World


async def resolve_handle(world: World, _visitor: Visitor, asked: Asked) -> Response:
    person = identity.find(world, asked.params["handle"])
    if person is None:
        raise errors.invalid("Unable to resolve handle", "HandleNotFound")
    return JSONResponse({"did": person.id})


async def resolve_did(world: World, _visitor: Visitor, asked: Asked) -> Response:
    person = identity.find(world, asked.params["did"])
    if person is None:
        raise errors.invalid("DID not found", "DidNotFound")
    return JSONResponse({"didDoc": identity.document(world, asked.request, person)})


async def resolve_identity(world: World, _visitor: Visitor, asked: Asked) -> Response:
    identifier = asked.params["identifier"]
    person = identity.find(world, identifier)
    if person is None:
        raise errors.invalid("Identity not found", "DidNotFound" if identifier.startswith("did:") else "HandleNotFound")
    document = identity.document(world, asked.request, person)
    return JSONResponse({"did": person.id, "handle": identity.handle_of(world, person), "didDoc": document})


async def well_known(world: World, request: Request) -> Response:
    """/.well-known/atproto-did, of the handle that the client takes this host for."""
    person = identity.find(world, request.url.hostname or "")
    return PlainTextResponse(person.id) if person else PlainTextResponse("User not found", 404)


async def directory(world: World, request: Request) -> Response:
    """GET /plc/{did}"""
    did = request.path_params["did"]
    person = people.find_by_id(world.store, KEY, did)
    if person is None:
        return JSONResponse({"message": f"DID not registered: {did}"}, 404)
    return JSONResponse(identity.document(world, request, person), media_type="application/did+ld+json")
