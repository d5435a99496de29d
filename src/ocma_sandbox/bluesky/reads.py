"""Reading a repository. Nobody needs a token for it."""

from typing import Any

from starlette.responses import JSONResponse, Response

from ocma_sandbox.bluesky import errors, identity, repository
from ocma_sandbox.bluesky.calls import Asked, Visitor
from ocma_sandbox.bluesky.repository import Key
from ocma_sandbox.world import World

Json = dict[str, Any]


async def get(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.repo.getRecord; of its versions only the newest is kept."""
    params = asked.params
    person = identity.find(world, params["repo"])
    if person is None:
        raise errors.invalid("Could not locate record")
    key = Key(person.id, params["collection"], params["rkey"])
    record = repository.find(world.store, key)
    if record is None or params["cid"] not in {None, record.cid}:
        raise errors.invalid(f"Could not locate record: {key.uri}", "RecordNotFound")
    return JSONResponse(record.shown())


async def list_(world: World, _visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.repo.listRecords"""
    params = asked.params
    person = identity.find(world, params["repo"])
    if person is None:
        raise errors.invalid(f"Could not find repo: {params['repo']}")
    records = repository.list_records(
        world.store,
        person.id,
        params["collection"],
        cursor=params["cursor"],
        limit=params["limit"],
        oldest_first=bool(params["reverse"]),
    )
    page: Json = {"records": [record.shown() for record in records]}
    return JSONResponse({**page, "cursor": records[-1].key.rkey} if records else page)
