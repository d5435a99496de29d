"""/api/webhook-endpoints: who may, what is refused, and that secrets stay secret."""

from dataclasses import replace
from uuid import UUID

import pytest

from answers import good, problem, refused
from factories import bearer
from integration.notifications.receiver import verify
from integration.notifications.test_deliveries import make_key, push
from ocma.features.accounts import rotation
from ocma.features.notifications import courier as couriers
from ocma.features.notifications.catalogue import EVENTS, SUBSCRIBABLE
from ocma.features.notifications.endpoints import MOST
from ocma.infra.vault import Keyring, Vault

ENDPOINTS = "/api/webhook-endpoints"
NOBODY = "01890a5d-ac96-774b-bcce-b302099a8057"


async def test_one_is_made_shown_changed_and_removed(door, key, receiver, endpoint, path):
    made = await endpoint(path, description="mine")
    assert made["secret"].startswith("whsec_")
    assert (made["events"], made["enabled"], made["description"]) == (["*"], True, "mine")
    shown = good(await door.get(f"{ENDPOINTS}/{made['id']}", headers=key))
    assert shown == {name: value for name, value in made.items() if name != "secret"}
    changes = {"events": ["publication.*", "key.created", "key.created"], "description": "ours"}
    changed = good(await door.patch(f"{ENDPOINTS}/{made['id']}", headers=key, json=changes))
    assert (changed["events"], changed["description"], changed["url"]) == (["publication.*", "key.created"], "ours", made["url"])
    assert [each["id"] for each in good(await door.get(ENDPOINTS, headers=key))["data"]] == [made["id"]]
    assert (await door.delete(f"{ENDPOINTS}/{made['id']}", headers=key)).status_code == 204
    problem(await door.get(f"{ENDPOINTS}/{made['id']}", headers=key), 404)
    actions = [each["action"] for each in good(await door.get("/api/audit", headers=key))["data"]]
    assert actions[:3] == ["webhook.deleted", "webhook.updated", "webhook.created"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/hook", "https://user:pass@example.org/", "https://127.0.0.1/", "https://[::1]/", "https://10.0.0.8/",
        "https://169.254.169.254/latest/", "https://[::ffff:192.168.0.1]/", "https://localhost/", "ftp://example.org/",
        "https:///path", "https://example.org/#part", "https://example.org:0/", "https://exa mple.org/", "javascript:alert(1)",
        "https://[::1", "https://example.org:99999/", "//example.org/", "https://müller.example/",
    ],
)  # fmt: skip
async def test_urls_that_cannot_be(door, key, url):
    assert refused(await door.post(ENDPOINTS, headers=key, json={"url": url}), "urlInvalid") == ["url"]


async def test_changing_is_no_way_around(door, key, endpoint, path):
    made = await endpoint(path)
    address = f"{ENDPOINTS}/{made['id']}"
    assert refused(await door.patch(address, headers=key, json={"url": "https://127.0.0.1/"}), "urlInvalid") == ["url"]
    assert refused(await door.patch(address, headers=key, json={"events": ["nope"]}), "unknownEventType") == ["events.0"]
    for name in ("url", "events", "description", "enabled"):
        assert refused(await door.patch(address, headers=key, json={name: None})) == [name]


async def test_event_types_are_known_and_told(door, key):
    body = {"url": "https://example.org/", "events": ["publication.published", "publication.publishd", "webhook.tested"]}
    answer = await door.post(ENDPOINTS, headers=key, json=body)
    assert refused(answer, "unknownEventType") == ["events.1", "events.2"]
    assert "publication.published" in answer.json()["remediation"]
    listed = good(await door.get("/api/webhook-event-types", headers=key))["data"]
    assert [each["name"] for each in listed] == list(EVENTS)
    for name in SUBSCRIBABLE:
        assert "." in name or name == "*"


async def test_there_are_not_too_many(door, key):
    for number in range(MOST):
        good(await door.post(ENDPOINTS, headers=key, json={"url": f"https://example.org/{number}"}), 201)
    problem(await door.post(ENDPOINTS, headers=key, json={"url": "https://example.org/more"}), 409, "tooManyEndpoints")
    first = good(await door.get(ENDPOINTS, headers=key, params={"limit": 15}))
    rest = good(await door.get(ENDPOINTS, headers=key, params={"limit": 15, "cursor": first["nextCursor"]}))
    assert len({each["id"] for each in first["data"] + rest["data"]}) == MOST
    assert rest["nextCursor"] is None


async def test_it_takes_the_scope(door, made, workspace, endpoint, path):
    own = await endpoint(path)
    reader, nobody = await made.key(workspace, "webhooks:read"), await made.key(workspace, "posts:read", "posts:write")
    good(await door.get(ENDPOINTS, headers=reader))
    writes = [("POST", ""), ("PATCH", f"/{own['id']}"), ("DELETE", f"/{own['id']}"), ("POST", f"/{own['id']}/rotate-secret")]
    for method, tail in [*writes, ("POST", f"/{own['id']}/test"), ("POST", f"/{own['id']}/deliveries/{NOBODY}/replay")]:
        body = {"url": "https://example.org/"} if (method, tail) == ("POST", "") else {} if method == "PATCH" else None
        problem(await door.request(method, f"{ENDPOINTS}{tail}", headers=reader, json=body), 403, "scopeMissing")
    for tail in ("", f"/{own['id']}", f"/{own['id']}/deliveries"):
        problem(await door.get(f"{ENDPOINTS}{tail}", headers=nobody), 403, "scopeMissing")
    problem(await door.get(ENDPOINTS, headers=bearer("ocma_k_x")), 401)
    editor = await made.member(workspace, "editor")
    problem(await door.get(ENDPOINTS, headers=editor.headers), 403)
    admin = await made.member(workspace, "admin")
    good(await door.get(ENDPOINTS, headers=admin.headers))


async def test_others_cannot_reach_it(door, made, courier, endpoint, path, key):
    own = await endpoint(path)
    await make_key(door, key)
    await push(courier)
    delivery = good(await door.get(f"{ENDPOINTS}/{own['id']}/deliveries", headers=key))["data"][0]
    stranger = await made.key(await made.workspace())
    for method, tail in (
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "/rotate-secret"), ("POST", "/test"), ("GET", "/deliveries"),
        ("GET", f"/deliveries/{delivery['id']}"), ("POST", f"/deliveries/{delivery['id']}/replay"),
    ):  # fmt: skip
        body = {} if method == "PATCH" else None
        problem(await door.request(method, f"{ENDPOINTS}/{own['id']}{tail}", headers=stranger, json=body), 404)


async def test_a_delivery_belongs_to_its_endpoint(door, key, courier, receiver, endpoint, path):
    own, other = await endpoint(path, events=["key.created"]), await endpoint(receiver.fresh(), events=["key.revoked"])
    await make_key(door, key)
    await push(courier)
    delivery = good(await door.get(f"{ENDPOINTS}/{own['id']}/deliveries", headers=key))["data"][0]
    problem(await door.get(f"{ENDPOINTS}/{other['id']}/deliveries/{delivery['id']}", headers=key), 404)
    problem(await door.post(f"{ENDPOINTS}/{other['id']}/deliveries/{delivery['id']}/replay", headers=key), 404)


async def test_the_log_has_pages_and_a_filter(door, key, receiver, courier, endpoint, path):
    made = await endpoint(path, events=["key.created"])
    for _ in range(5):
        await make_key(door, key)
    await push(courier)
    address, seen, cursor = f"{ENDPOINTS}/{made['id']}/deliveries", [], None
    while True:
        page = good(await door.get(address, headers=key, params={"limit": 2, **({"cursor": cursor} if cursor else {})}))
        seen += [each["id"] for each in page["data"]]
        if (cursor := page["nextCursor"]) is None:
            break
    assert len(seen) == len(set(seen)) == 5
    assert len(good(await door.get(address, headers=key, params={"status": "delivered"}))["data"]) == 5
    assert good(await door.get(address, headers=key, params={"status": "failed"}))["data"] == []


async def test_a_new_secret_is_good_at_once_and_the_old_one_for_a_day(
    opened, owner, door, key, receiver, courier, endpoint, path
):
    made = await endpoint(path, events=["key.created"])
    rotated = good(await door.post(f"{ENDPOINTS}/{made['id']}/rotate-secret", headers=key))
    assert rotated["secret"] != made["secret"]
    await make_key(door, key)
    await push(courier)
    (both,) = receiver.got[path]
    assert verify(both, made["secret"])
    assert verify(both, rotated["secret"])
    assert not verify(both, "whsec_" + "A" * 44)
    await owner.execute("UPDATE webhook_endpoints SET previous_until = now()")
    await make_key(door, key)
    await push(courier)
    late = receiver.got[path][1]
    assert verify(late, rotated["secret"])
    assert not verify(late, made["secret"])


async def test_secrets_are_stored_sealed_and_follow_the_vaults_keys(opened, owner, door, key, courier, receiver, endpoint, path):
    made = await endpoint(path, events=["key.created"])
    rotated = good(await door.post(f"{ENDPOINTS}/{made['id']}/rotate-secret", headers=key))
    dump = str(await owner.fetch("SELECT e::text FROM webhook_endpoints e"))
    for secret in (made["secret"], rotated["secret"]):
        assert secret not in dump
        assert secret.removeprefix("whsec_") not in dump
    before = opened.vault._keyring
    renewed = Vault(Keyring("k2", {"k2": b"2" * 32, **before.keys}))
    done = await rotation.rotate(opened.database, renewed)
    assert done.rows >= 1
    assert not any(made["id"] in each for each in done.unreadable)  # other tests' rows may hold no secret at all
    row = await owner.fetchrow("SELECT key_id, secret, previous_secret FROM webhook_endpoints WHERE id = $1", UUID(made["id"]))
    assert row["key_id"] == "k2"
    assert row["secret"].startswith("v1.k2.")
    assert row["previous_secret"].startswith("v1.k2.")
    await make_key(door, key)
    await push(courier)  # with the old keys alone: cannot be opened, so it waits
    assert receiver.got[path] == []
    await owner.execute("UPDATE webhook_deliveries SET due_at = now()")
    opened_by = Vault(Keyring("k2", {"k2": b"2" * 32}))
    await push(replace(courier, vault=opened_by))
    assert verify(receiver.got[path][0], rotated["secret"])
    assert verify(receiver.got[path][0], made["secret"])


async def test_a_repeated_request_makes_one_endpoint(door, key):
    headers, body = {**key, "Idempotency-Key": "once"}, {"url": "https://example.org/once"}
    first = good(await door.post(ENDPOINTS, headers=headers, json=body), 201)
    again = good(await door.post(ENDPOINTS, headers=headers, json=body), 201)
    assert first == again
    assert len(good(await door.get(ENDPOINTS, headers=key))["data"]) == 1


async def test_disabling_ends_what_is_pending(door, key, receiver, courier, endpoint, path):
    made = await endpoint(path, events=["key.created"])
    await make_key(door, key)
    await couriers.spread(courier)
    shown = good(await door.patch(f"{ENDPOINTS}/{made['id']}", headers=key, json={"enabled": False}))
    assert (shown["enabled"], shown["disabledReason"]) == (False, None)
    assert await push(courier) == 0
    (entry,) = good(await door.get(f"{ENDPOINTS}/{made['id']}/deliveries", headers=key))["data"]
    assert (entry["status"], entry["error"], entry["nextAt"]) == ("failed", "endpointDisabled", None)
    problem(await door.post(f"{ENDPOINTS}/{made['id']}/test", headers=key), 409, "endpointDisabled")
    assert good(await door.get("/api/notifications", headers=key))["data"] == []  # they did it themselves
