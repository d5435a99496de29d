"""Writing to a repository: what makes a post live, changes it and takes it away.

As the reference PDS does, and worth knowing: createRecord on a record key that is taken answers 500 and changes nothing,
while putRecord with the same content answers as the first time. An unchanged putRecord is no commit and no publish.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from starlette.responses import JSONResponse, Response

from ocma_sandbox.bluesky import blobs, cids, errors, identity, posts, repository, tids, validation
from ocma_sandbox.bluesky.calls import Asked, Visitor
from ocma_sandbox.bluesky.quotas import POINTS, WRITES, Charge
from ocma_sandbox.bluesky.repository import Key, Record
from ocma_sandbox.platform import Refused
from ocma_sandbox.world import World

Json = dict[str, Any]

APPLY = "com.atproto.repo.applyWrites"
MOST_WRITES = 200


@dataclass(frozen=True)
class Write:
    """One checked change. `record` is None for a deletion; `status` says how it was checked, None when it was not."""

    action: str
    key: Key
    record: Record | None = None
    status: str | None = None

    def shown(self) -> Json:
        if self.record is None:
            return {}
        return {
            "uri": self.key.uri,
            "cid": self.record.cid,
            **({"validationStatus": self.status} if self.status else {}),
        }


def _charge(visitor: Visitor, cost: int) -> list[Charge]:
    return [Charge("writes", WRITES, visitor.me.id, cost)]


def create_charges(visitor: Visitor, _asked: Asked) -> Sequence[Charge]:
    return _charge(visitor, POINTS["create"])


def put_charges(visitor: Visitor, _asked: Asked) -> Sequence[Charge]:
    return _charge(visitor, POINTS["update"])


def delete_charges(visitor: Visitor, _asked: Asked) -> Sequence[Charge]:
    return _charge(visitor, POINTS["delete"])


def apply_charges(visitor: Visitor, asked: Asked) -> Sequence[Charge]:
    return _charge(visitor, sum(POINTS[_action(write)] for write in asked.body["writes"]))


async def create(world: World, visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.repo.createRecord"""
    body, did = asked.body, _own(world, visitor, asked.body)
    key = Key(did, body["collection"], body.get("rkey") or tids.next_tid(world))
    visitor.scopes.need_repo(key.collection, "create")
    write = _checked(key, "create", body["record"], body.get("validate"), "$.record")
    with world.store.transaction():
        _check_swap(repository.head(world.store, did), body, "swapCommit", "Commit")
        return JSONResponse({**write.shown(), "commit": _apply(world, did, [write])})


async def put(world: World, visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.repo.putRecord. It may create or change, so it needs the scopes for both."""
    body, did = asked.body, _own(world, visitor, asked.body)
    key = Key(did, body["collection"], body["rkey"])
    for action in ("create", "update"):
        visitor.scopes.need_repo(key.collection, action)
    write = _checked(key, "create", body["record"], body.get("validate"), "$.record")
    with world.store.transaction():
        old = repository.find(world.store, key)
        _check_swap(repository.head(world.store, did), body, "swapCommit", "Commit")
        _check_swap(old.cid if old else None, body, "swapRecord", "Record")
        if old and write.record and old.cid == write.record.cid:
            return JSONResponse(write.shown())
        commit = _apply(world, did, [replace(write, action="update" if old else "create")])
        return JSONResponse({**write.shown(), "commit": commit})


async def delete(world: World, visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.repo.deleteRecord; nothing there is fine, too."""
    body, did = asked.body, _own(world, visitor, asked.body)
    key = Key(did, body["collection"], body["rkey"])
    visitor.scopes.need_repo(key.collection, "delete")
    with world.store.transaction():
        old = repository.find(world.store, key)
        if old is None:
            return JSONResponse({})
        _check_swap(old.cid, body, "swapRecord", "Record")
        _check_swap(repository.head(world.store, did), body, "swapCommit", "Commit")
        return JSONResponse({"commit": _apply(world, did, [Write("delete", key)])})


async def apply(world: World, visitor: Visitor, asked: Asked) -> Response:
    """com.atproto.repo.applyWrites: all or nothing, in one commit."""
    body, did = asked.body, _own(world, visitor, asked.body)
    if len(body["writes"]) > MOST_WRITES:
        raise errors.invalid(f"Too many writes. Max: {MOST_WRITES}")
    writes = [_write(world, visitor, did, body, index) for index in range(len(body["writes"]))]
    with world.store.transaction():
        _check_swap(repository.head(world.store, did), body, "swapCommit", "Commit")
        commit = _apply(world, did, writes)
    results = [{"$type": f"{APPLY}#{write.action}Result", **write.shown()} for write in writes]
    return JSONResponse({"commit": commit, "results": results})


def _action(write: Json) -> str:
    return write["$type"].removeprefix(f"{APPLY}#")


def _write(world: World, visitor: Visitor, did: str, body: Json, index: int) -> Write:
    given = body["writes"][index]
    action = _action(given)
    key = Key(did, given["collection"], given.get("rkey") or tids.next_tid(world))
    visitor.scopes.need_repo(key.collection, action)
    if action == "delete":
        return Write(action, key)
    return _checked(key, action, given["value"], body.get("validate"), f"$.writes[{index}].record")


def _own(world: World, visitor: Visitor, body: Json) -> str:
    person = identity.find(world, body["repo"])
    if person is None or person.id != visitor.me.id:
        raise errors.refused(403, "AccountNotFound", "Account not found")
    return person.id


def _checked(key: Key, action: str, value: Json, validate: bool | None, path: str) -> Write:
    """`validate` None: what is known is checked; True: it must be known; False: nothing is checked."""
    value = {"$type": key.collection, **value}
    known = None
    if validate is not False:
        known = _is_known(key, value, path)
        if validate and not known:
            raise errors.invalid(f"Unknown lexicon type: {key.collection}")
    status = {None: None, True: "valid", False: "unknown"}[known]
    return Write(action, key, Record(key, cids.of_record(value), value), status)


def _is_known(key: Key, value: Json, path: str) -> bool:
    try:
        validation.check_record_key(key.collection, key.rkey)
        return validation.check_record(key.collection, value, path)
    except validation.Invalid as error:
        raise errors.invalid(str(error)) from None


def _check_swap(actual: str | None, body: Mapping[str, Any], name: str, what: str) -> None:
    """Compare and swap: refused when something else is there. A null asks for nothing to be there."""
    if name in body and body[name] != actual:
        raise errors.invalid(f"{what} was at {actual}", "InvalidSwap")


def _apply(world: World, did: str, writes: Sequence[Write]) -> Json:
    """The books come last: what is refused must not have been in them for a moment."""
    changes = [(write, _change(world, write)) for write in writes]
    for write, old in changes:
        if write.key.collection == posts.COLLECTION:
            _book(world, write, old)
    changed = [
        {"action": write.action, "uri": write.key.uri, "cid": write.record.cid if write.record else None} for write in writes
    ]
    return repository.commit(world, did, changed)


def _change(world: World, write: Write) -> Record | None:
    """What was there before."""
    old = repository.find(world.store, write.key)
    if (old is None) != (write.action == "create"):
        raise Refused(errors.broken(500))
    if write.record is None:
        repository.remove(world.store, write.key)
    else:
        _use_blobs(world, write.record)
        repository.save(world.store, write.record)
    return old


def _book(world: World, write: Write, old: Record | None) -> None:
    if write.record is None:
        posts.unbook(world, write.key.uri)
    elif old is None:
        posts.book(world, write.record)
    else:
        posts.rebook(world, write.record)


def _use_blobs(world: World, record: Record) -> None:
    """What the record refers to must be here, and be what the record says."""
    for _category, reference, _described in posts.references(record.value):
        cid = reference["ref"]["$link"]
        blob = blobs.find(world, record.key.did, cid)
        if blob is None:
            raise errors.invalid(f"Could not find blob: {cid}", "BlobNotFound")
        _compare("Mimetype", "InvalidMimeType", blob.mime_type, reference["mimeType"])
        _compare("Size", "InvalidSize", blob.size, reference["size"])
        blobs.use(world, blob)


def _compare(what: str, name: str, stored: object, said: object) -> None:
    if stored != said:
        raise errors.invalid(f"Referenced {what} does not match stored blob. Expected: {stored}, Got: {said}", name)
