"""Webhooks over real HTTP: signed, repeated until they arrive, never where they must not go."""

import asyncio
import json
import socket
import time
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import web
from sqlalchemy import text

from answers import good, problem
from integration.notifications.conftest import at_work
from integration.notifications.receiver import verify
from ocma.features.notifications import courier as couriers
from ocma.features.notifications import deliver
from ocma.features.notifications.deliver import DELAYS
from ocma.infra.outbound import Outbound
from stage import until


async def make_key(door, key):
    """Writes that become events: a key made and its id."""
    return good(await door.post("/api/keys", headers=key, json={"name": "made", "scopes": ["posts:read"]}), 201)["id"]


async def log(door, key, endpoint, **params):
    answer = await door.get(f"/api/webhook-endpoints/{endpoint['id']}/deliveries", headers=key, params=params)
    return good(answer)["data"]


async def arrived(receiver, path, count=1):
    async def enough():
        return receiver.got[path] if len(receiver.got[path]) >= count else None

    return await until(enough, 40)


async def settled(door, key, endpoint, *statuses, count=1):
    """The log, once it has so many entries and nothing in it is pending."""

    async def done():
        found = await log(door, key, endpoint)
        return found if len(found) >= count and all(each["status"] in statuses for each in found) else None

    return await until(done, 40)


async def push(courier, rounds=1):
    """One courier, one round, no loop: spread, claim, deliver. Returns how many were tried."""
    tried = 0
    for _ in range(rounds):
        await couriers.spread(courier)
        for each in await couriers.claim(courier, 50):
            await deliver.deliver(courier.post(), each)
            tried += 1
    return tried


async def test_an_event_arrives_signed_with_everything_that_is_promised(door, key, workspace, receiver, courier, endpoint, path):
    made = await endpoint(path, events=["key.created"])
    key_id = await make_key(door, key)
    async with at_work(courier):
        (received,) = await arrived(receiver, path)
        entry = (await settled(door, key, made, "delivered"))[0]
    assert verify(received, made["secret"])
    assert not verify(replace(received, body=received.body + b" "), made["secret"])
    assert not verify(replace(received, headers=received.headers | {"webhook-id": "msg_other"}), made["secret"])
    body = json.loads(received.body)
    assert body == {
        "id": received.id,
        "type": "key.created",
        "timestamp": body["timestamp"],
        "workspaceId": str(workspace),
        "data": {"keyId": key_id, "name": "made", "scopes": ["posts:read"], "actor": body["data"]["actor"]},
    }
    assert received.headers["content-type"] == "application/json"
    assert received.headers["user-agent"].startswith("OCMA/")
    assert (entry["messageId"], entry["type"], entry["attempts"], entry["responseStatus"], entry["error"], entry["nextAt"]) == (
        received.id, "key.created", 1, 204, None, None,
    )  # fmt: skip
    shown = good(await door.get(f"/api/webhook-endpoints/{made['id']}/deliveries/{entry['id']}", headers=key))
    assert shown["payload"] == body
    assert made["secret"] not in json.dumps(shown)


async def test_the_filter_holds(door, key, receiver, courier, endpoint, path):
    others = {name: receiver.fresh() for name in ("all", "family", "none")}
    for name, events in (("all", ["*"]), ("family", ["key.*"]), ("none", ["publication.*", "account.connected"])):
        await endpoint(others[name], events=events)
    await endpoint(path, events=["key.revoked"])
    key_id = await make_key(door, key)
    await door.delete(f"/api/keys/{key_id}", headers=key)
    await push(courier)
    kinds = {name: [json.loads(each.body)["type"] for each in receiver.got[other]] for name, other in others.items()}
    assert [json.loads(each.body)["type"] for each in receiver.got[path]] == ["key.revoked"]
    assert sorted(kinds["family"]) == ["key.created", "key.revoked"]
    assert {"key.created", "key.revoked", "webhook.created"} <= set(kinds["all"])
    assert kinds["none"] == []
    message = next(each.id for each in receiver.got[others["all"]] if json.loads(each.body)["type"] == "key.revoked")
    assert receiver.ids(path) == [message]  # one event, one id, wherever it goes


async def test_nothing_crosses_into_another_workspace(door, made, receiver, courier, key, endpoint, path):
    await endpoint(path)
    stranger = await made.key(await made.workspace())
    await make_key(door, stranger)
    await push(courier)
    assert all(json.loads(each.body)["type"] != "key.created" for each in receiver.got[path])


async def test_a_failure_is_tried_again_with_the_same_id_and_a_new_signature(door, key, receiver, courier, endpoint, path):
    receiver.answers[path] = lambda _, before: web.Response(status=[500, 302, 429, 200][min(before, 3)])
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    async with at_work(courier):
        entries = await settled(door, key, made, "delivered")
    assert len(set(receiver.ids(path))) == 1
    assert len(receiver.got[path]) == 4
    assert len({each.body for each in receiver.got[path]}) == 1
    assert all(verify(each, made["secret"]) for each in receiver.got[path])
    assert [(each["attempts"], each["responseStatus"]) for each in entries] == [(4, 200)]
    assert good(await door.get(f"/api/webhook-endpoints/{made['id']}", headers=key))["failingSince"] is None


async def test_waits_grow_and_retry_after_is_heeded(opened, door, key, workspace, receiver, courier, endpoint, path):
    asked = {1: "7200"}
    receiver.answers[path] = lambda _, before: web.Response(
        status=503, headers={"Retry-After": asked[before]} if before in asked else {}
    )
    await endpoint(path, events=["key.created"])
    await make_key(door, key)
    waits, took = [], []
    for _ in range(len(DELAYS)):
        began = time.monotonic()
        assert await push(replace(courier, patience=1.0)) == 1
        async with opened.database.transaction(workspace) as session:
            waits.append((await session.scalar(text("SELECT due_at - now() FROM webhook_deliveries"))).total_seconds())
            took.append(time.monotonic() - began)
            await session.execute(text("UPDATE webhook_deliveries SET due_at = now()"))
    assert waits[1] == pytest.approx(7200, abs=5 + took[1])
    for seconds, planned in zip(waits[2:], DELAYS[2:], strict=True):
        assert 0.75 * planned < seconds < 1.25 * planned
    assert await push(courier) == 1  # the last
    assert await push(courier) == 0
    async with opened.database.transaction(workspace) as session:
        row = (await session.execute(text("SELECT status, attempts, error FROM webhook_deliveries"))).one()
        assert tuple(row) == ("failed", len(DELAYS) + 1, "httpStatus")


async def test_gone_disables_at_once_and_tells_a_person(opened, door, key, receiver, courier, endpoint, path):
    receiver.answers[path] = lambda *_: web.Response(status=410)
    made, other = await endpoint(path, events=["key.created"]), receiver.fresh()
    await endpoint(other, events=["webhook.disabled"])
    for _ in range(3):
        await make_key(door, key)
    async with at_work(courier, per_endpoint=1):
        await settled(door, key, made, "failed", count=3)
        await arrived(receiver, other)
    assert len(receiver.got[path]) == 1
    shown = good(await door.get(f"/api/webhook-endpoints/{made['id']}", headers=key))
    assert (shown["enabled"], shown["disabledReason"]) == (False, "gone")
    assert json.loads(receiver.got[other][0].body)["data"] == {"endpointId": made["id"], "description": "", "reason": "gone"}
    assert sorted(each["error"] for each in await log(door, key, made)) == ["endpointDisabled", "endpointDisabled", "httpStatus"]
    (told,) = good(await door.get("/api/notifications", headers=key))["data"]
    assert (told["type"], told["endpointId"], told["detail"]) == (
        "webhook.disabled", made["id"], "Its server answered 410 Gone.",
    )  # fmt: skip
    await make_key(door, key)
    assert await push(courier) == 0  # nothing is kept for a disabled one
    enabled = good(await door.patch(f"/api/webhook-endpoints/{made['id']}", headers=key, json={"enabled": True}))
    assert (enabled["enabled"], enabled["disabledReason"], enabled["failingSince"]) == (True, None, None)


async def test_days_of_failure_disable(opened, door, key, workspace, receiver, courier, endpoint, path):
    receiver.answers[path] = lambda *_: web.Response(status=500)
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    async with at_work(courier):
        await settled(door, key, made, "failed")
    first = good(await door.get(f"/api/webhook-endpoints/{made['id']}", headers=key))
    assert first["enabled"]
    assert first["failingSince"]
    async with opened.database.transaction(workspace) as session:
        await session.execute(text("UPDATE webhook_endpoints SET failing_since = failing_since - interval '4 days'"))
    await make_key(door, key)
    async with at_work(courier):
        await settled(door, key, made, "failed", count=2)
    second = good(await door.get(f"/api/webhook-endpoints/{made['id']}", headers=key))
    assert (second["enabled"], second["disabledReason"]) == (False, "failing")


async def test_a_redirect_is_not_followed(door, key, receiver, courier, endpoint, path):
    target = receiver.fresh()
    receiver.answers[path] = lambda *_: web.Response(status=307, headers={"Location": receiver.url(target)})
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    assert await push(courier) == 1
    assert receiver.got[target] == []
    assert [(each["responseStatus"], each["error"]) for each in await log(door, key, made)] == [(307, "httpStatus")]


@pytest.mark.parametrize("url", ["https://127.0.0.1:{port}/x", "https://localhost:{port}/x", "https://2130706433:{port}/x"])
async def test_a_private_address_is_never_dialled(opened, door, key, workspace, courier, endpoint, path, url):
    """Even when it stands in the database: the way out refuses, whatever let it in."""
    made = await endpoint(path, events=["key.created"])
    dialled = []
    server = await asyncio.start_server(lambda *_: dialled.append(1), "127.0.0.1", 0)
    async with server:
        planted = url.format(port=server.sockets[0].getsockname()[1])
        async with opened.database.transaction(workspace) as session:
            await session.execute(text("UPDATE webhook_endpoints SET url = :url"), {"url": planted})
        await make_key(door, key)
        assert await push(courier) == 1
    assert dialled == []
    (entry,) = await log(door, key, made)
    assert entry["error"] in {"destinationRefused", "connectFailed"}
    assert entry["responseStatus"] is None


async def test_what_is_no_longer_trusted_is_no_longer_sent_to(door, key, receiver, courier, endpoint, path):
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    assert await push(replace(courier, trusted_hosts=())) == 1
    assert receiver.got[path] == []
    assert [each["error"] for each in await log(door, key, made)] == ["destinationRefused"]


async def test_a_slow_answer_is_cut_off(door, key, receiver, courier, endpoint, path):
    async def never(*_):
        await asyncio.sleep(60)

    receiver.answers[path] = never
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    assert await push(replace(courier, timeout=0.3)) == 1
    (entry,) = await log(door, key, made)
    assert (entry["error"], entry["status"]) == ("timeout", "pending")
    assert 250 < entry["durationMs"] < 30_000


async def test_an_answer_without_end_is_read_to_its_first_kilobyte(door, key, receiver, courier, endpoint, path):
    receiver.answers[path] = lambda *_: web.Response(status=200, body=b"ab\0" * 1_000_000)
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    assert await push(courier) == 1
    (entry,) = await log(door, key, made)
    assert entry["status"] == "delivered"
    assert len(entry["responseBody"]) == 1024
    assert entry["responseBody"].startswith("ab�ab")


async def test_nobody_answers(opened, door, key, workspace, courier, endpoint, path):
    gone = socket.socket()
    gone.bind(("127.0.0.1", 0))  # bound, not listening: refused
    host = f"127.0.0.1:{gone.getsockname()[1]}"
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    async with opened.database.transaction(workspace) as session:
        await session.execute(text("UPDATE webhook_endpoints SET url = :url"), {"url": f"http://{host}/"})
    outbound = Outbound(trusted_hosts=(host,))
    assert await push(replace(courier, trusted_hosts=(host,), outbound=outbound)) == 1
    await outbound.close()
    gone.close()
    assert [each["error"] for each in await log(door, key, made)] == ["connectFailed"]


async def test_a_slow_endpoint_holds_up_nobody(door, key, receiver, courier, endpoint, path):
    go = asyncio.Event()

    async def slow(*_):
        await go.wait()
        return web.Response(status=204)

    quick = receiver.fresh()
    receiver.answers[path] = slow
    slow_one = await endpoint(path, events=["key.created"])
    for _ in range(12):
        await make_key(door, key)
    await push(replace(courier, concurrency=1), rounds=0)
    await couriers.spread(courier)
    await endpoint(quick, events=["key.revoked"])
    ids = [await make_key(door, key) for _ in range(6)]
    for each in ids:
        await door.delete(f"/api/keys/{each}", headers=key)
    async with at_work(courier, concurrency=8, per_endpoint=3):
        await arrived(receiver, quick, 6)
        behind = 18 - len(receiver.got[path])
        go.set()
        await settled(door, key, slow_one, "delivered", count=18)
    assert behind > 6
    assert receiver.most[path] == 3


async def test_two_couriers_share_the_work(door, key, receiver, courier, endpoint, path):
    made = await endpoint(path, events=["key.created"])
    for _ in range(20):
        await make_key(door, key)
    async with at_work(courier), at_work(courier), at_work(courier):
        await settled(door, key, made, "delivered", count=20)
        await asyncio.sleep(0.3)
    assert len(receiver.got[path]) == 20
    assert len(set(receiver.ids(path))) == 20


async def test_a_result_that_cannot_be_written_down_is_sent_again(
    opened, door, key, workspace, receiver, courier, endpoint, path
):
    """The lease ran out meanwhile and somebody else sent it: our late result changes nothing."""
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    hasty = replace(courier, lease=timedelta(0))
    await couriers.spread(hasty)
    (first,) = await couriers.claim(hasty, 10)
    (second,) = await couriers.claim(hasty, 10)
    assert (first.id, first.attempt, second.attempt) == (second.id, 1, 2)
    await deliver.deliver(courier.post(), second)
    await deliver.deliver(courier.post(), first)
    assert len(receiver.got[path]) == 1
    assert [(each["status"], each["attempts"]) for each in await log(door, key, made)] == [("delivered", 2)]


async def test_replay_is_the_same_message(door, key, receiver, courier, endpoint, path):
    receiver.answers[path] = lambda _, before: web.Response(status=410 if before == 0 else 200)
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    await push(courier)
    (entry,) = await log(door, key, made)
    again = f"/api/webhook-endpoints/{made['id']}/deliveries/{entry['id']}/replay"
    problem(await door.post(again, headers=key), 409, "endpointDisabled")
    await door.patch(f"/api/webhook-endpoints/{made['id']}", headers=key, json={"enabled": True})
    replayed = good(await door.post(again, headers=key), 202)
    assert (replayed["status"], replayed["replayOf"], replayed["messageId"]) == ("pending", entry["id"], entry["messageId"])
    again = f"/api/webhook-endpoints/{made['id']}/deliveries/{replayed['id']}/replay"
    problem(await door.post(again, headers=key), 409, "stillPending")
    await push(courier)
    assert [(each["id"], each["status"]) for each in await log(door, key, made)] == [
        (replayed["id"], "delivered"),
        (entry["id"], "failed"),
    ]
    first, second = receiver.got[path]
    assert (first.id, first.body) == (second.id, second.body)
    assert verify(second, made["secret"])


async def test_a_test_is_sent_once_whatever_is_subscribed(door, key, receiver, courier, endpoint, path):
    receiver.answers[path] = lambda *_: web.Response(status=500, text="no")
    made = await endpoint(path, events=["account.restricted"])
    sent = good(await door.post(f"/api/webhook-endpoints/{made['id']}/test", headers=key), 202)
    assert sent["type"] == "webhook.tested"
    async with at_work(courier):
        (entry,) = await settled(door, key, made, "failed")
    assert (entry["id"], entry["attempts"], entry["responseBody"]) == (sent["id"], 1, "no")
    (received,) = receiver.got[path]
    assert verify(received, made["secret"])
    body = json.loads(received.body)
    assert (body["type"], body["data"]) == ("webhook.tested", {"endpointId": made["id"]})
    assert good(await door.get(f"/api/webhook-endpoints/{made['id']}", headers=key))["failingSince"] is None
