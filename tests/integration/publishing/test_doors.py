"""The main job through the HTTP door: connect, schedule, publish, see it."""

import asyncio
import io
import json
from contextlib import asynccontextmanager

import httpx2
import pytest
from PIL import Image

import stage
from ocma.entrypoints.api.app import create_app

PATIENT = {
    "OCMA_LEASE_SECONDS": "20",
    "OCMA_PUBLISH_TIMEOUT_SECONDS": "30",
}  # nothing here is to be taken for lost, however slow it is


@pytest.fixture(scope="module")
def at_work(environment, dispatcher):
    with stage.worker(environment | PATIENT) as running:
        yield running


@pytest.fixture(scope="module")
async def door(opened):
    app = create_app(opened)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://ocma.test", timeout=30) as client,
    ):
        yield client


@pytest.fixture
async def user(door):
    """Headers of a new user with a workspace of their own."""
    email = f"{stage.new_id()}@example.org"
    body = {"email": email, "password": "a long enough password"}
    answer = await door.post("/api/auth/register", json=body)
    assert answer.status_code == 201, answer.text
    opened = (await door.post("/api/auth/login", json=body)).raise_for_status().json()
    return {"Authorization": f"Bearer {opened['token']}"}


async def code_for(door, user, platform, name, **more):
    """The user's walk through the platform's authorize page."""
    begun = (
        (await door.post("/api/social/authorize", json={"platform": platform, **more}, headers=user)).raise_for_status().json()
    )
    async with httpx2.AsyncClient(timeout=30) as browser:
        answer = await browser.get(f"{begun['url']}&approve=1&account={name}")
    return httpx2.URL(answer.headers["location"]).params


async def connected(door, user, platform="twitter", name="alice"):
    back = await code_for(door, user, platform, name)
    answer = await door.post("/api/social/connect", json={"platform": platform, "authCode": back["code"]}, headers=user)
    return answer.raise_for_status().json()["account"]


async def finished(door, user, job_id):
    async def over():
        job = (await door.get(f"/api/queue/jobs/{job_id}", headers=user)).raise_for_status().json()
        return job if job["status"] in {"completed", "failed", "partial"} else None

    return await stage.until(over, 90)


async def test_the_missions_own_lines(door, user, sandbox, at_work):
    back = await code_for(door, user, "twitter", "mission")
    answer = await door.post("/api/social/connect", json={"platform": "twitter", "authCode": back["code"]}, headers=user)
    assert answer.status_code == 200
    body = answer.json()
    assert body["success"] is True
    assert (body["account"]["platform"], body["account"]["accountHandle"]) == ("twitter", "mission")
    assert body["account"]["metrics"]["followers"] is not None
    text = {"content": "Test post", "platforms": ["twitter"], "scheduledAt": "2024-01-01T12:00:00Z"}
    answer = await door.post("/api/queue/schedule", json=text, headers=user)
    assert answer.status_code == 202
    assert answer.json()["publications"][0]["platform"] == "twitter"
    job = await finished(door, user, answer.json()["jobId"])
    assert job["status"] == "completed"
    books = [each for each in await sandbox.books("x", "Test post") if each["account"] == "mission"]
    assert [each["id"] for each in books] == [job["publications"][0]["postId"]]


async def test_no_token_leaves(door, user):
    account = await connected(door, user)
    shown = [
        (await door.get(path, headers=user)).text
        for path in ("/api/social/accounts", f"/api/social/accounts/{account['id']}", "/api/audit", "/api/auth/me")
    ]
    assert not any("access_token" in text or "refreshToken" in text or "accessToken" in text for text in shown)


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({"platform": "twitter"}, 400, "missingField"),
        ({"authCode": "x"}, 400, "missingField"),
        ({"platform": "myspace", "authCode": "x"}, 422, "unknownPlatform"),
        ({"platform": "x", "authCode": "x"}, 400, "noPendingAuthorization"),
        ({"platform": "x", "authCode": "x", "state": "never-issued"}, 400, "stateRefused"),
    ],
)
async def test_connect_says_what_is_wrong(door, user, body, status, code):
    answer = await door.post("/api/social/connect", json=body, headers=user)
    problem = answer.json()
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
    assert code in {problem["code"], *(each["code"] for each in problem.get("errors") or [])}
    if status == 422:
        assert "mastodon" in problem["detail"]


async def test_a_code_the_platform_refuses(door, user):
    await code_for(door, user, "x", "refused")
    answer = await door.post("/api/social/connect", json={"platform": "x", "authCode": "made-up"}, headers=user)
    assert (answer.status_code, answer.json()["code"]) == (400, "authCodeRefused")
    assert "authorize" in answer.json()["remediation"]


async def test_a_state_works_once_and_only_for_its_caller(door, user):
    back = await code_for(door, user, "x", "once")
    other = {"email": f"{stage.new_id()}@example.org", "password": "a long enough password"}
    await door.post("/api/auth/register", json=other)
    stranger = {"Authorization": f"Bearer {(await door.post('/api/auth/login', json=other)).json()['token']}"}
    body = {"platform": "x", "authCode": back["code"], "state": back["state"]}
    assert (await door.post("/api/social/connect", json=body, headers=stranger)).status_code == 400
    assert (await door.post("/api/social/connect", json=body, headers=user)).status_code == 200
    assert (await door.post("/api/social/connect", json=body, headers=user)).status_code == 400


async def test_the_browsers_way_back(door, user):
    back = await code_for(door, user, "mastodon", "browser")
    page = await door.get("/api/social/callback", params=dict(back), headers={"Accept": "text/html"})
    assert page.status_code == 200
    assert "browser" in page.text
    again = await door.get("/api/social/callback", params=dict(back), headers={"Accept": "text/html"})
    assert again.status_code == 400
    accounts = (await door.get("/api/social/accounts", headers=user)).json()["data"]
    assert [each["platform"] for each in accounts] == ["mastodon"]


async def test_connecting_again_is_the_same_account(door, user):
    first, second = await connected(door, user), await connected(door, user)
    assert first["id"] == second["id"]


async def test_refresh_and_disconnect(door, user):
    account = await connected(door, user)
    renewed = (await door.post(f"/api/social/accounts/{account['id']}/refresh", headers=user)).raise_for_status().json()
    assert renewed["tokenExpiry"] >= account["tokenExpiry"]
    gone = (await door.delete(f"/api/social/accounts/{account['id']}", headers=user)).raise_for_status().json()
    assert gone["warning"] is None
    assert (await door.get(f"/api/social/accounts/{account['id']}", headers=user)).status_code == 404
    answer = await door.post("/api/queue/schedule", json={"content": "x", "platforms": ["x"], "scheduledAt": "now"}, headers=user)
    assert (answer.status_code, answer.json()["code"]) == (422, "accountMissing")


async def test_all_that_is_wrong_with_a_post_at_once(door, user):
    await connected(door, user, "x", "picky")
    await connected(door, user, "mastodon", "picky")
    body = {"content": "a" * 600, "platforms": ["x", "mastodon"], "scheduledAt": "now"}
    problem = (await door.post("/api/queue/schedule", json=body, headers=user)).json()
    assert {each["code"] for each in problem["errors"]} == {"x.text.length", "mastodon.text.length"}


async def test_a_dry_run_writes_nothing(door, user):
    await connected(door, user)
    body = {"content": "dry", "platforms": ["twitter"], "scheduledAt": "now"}
    answer = (await door.post("/api/queue/schedule?dryRun=true", json=body, headers=user)).raise_for_status().json()
    assert (answer["dryRun"], answer["jobId"]) == (True, None)
    assert (await door.get("/api/queue/jobs", headers=user)).json()["data"] == []


async def test_a_repeated_request_is_one_post(door, user):
    await connected(door, user)
    body = {"content": "once", "platforms": ["twitter"], "scheduledAt": "2099-01-01T00:00:00Z"}
    headers = {**user, "Idempotency-Key": "same"}
    answers = await asyncio.gather(*(door.post("/api/queue/schedule", json=body, headers=headers) for _ in range(5)))
    assert {each.status_code for each in answers} <= {202, 409}
    again = await door.post("/api/queue/schedule", json=body, headers=headers)
    assert again.headers["idempotency-replayed"] == "true"
    assert len((await door.get("/api/queue/jobs", headers=user)).json()["data"]) == 1
    other = await door.post("/api/queue/schedule", json={**body, "content": "other"}, headers=headers)
    assert other.status_code == 422


async def test_a_picture_with_its_description(door, user, sandbox, at_work):
    await connected(door, user, "x", "painter")
    picture = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(picture, "PNG")
    files = {"file": ("evil/../../name.svg", picture.getvalue(), "image/svg+xml")}
    medium = (await door.post("/api/media", files=files, data={"altText": "teal"}, headers=user)).raise_for_status().json()
    assert (medium["mimeType"], medium["width"], medium["height"]) == ("image/png", 64, 48)
    body = {"content": "a picture", "platforms": ["x"], "scheduledAt": "now", "mediaIds": [medium["id"]]}
    job = (await door.post("/api/queue/schedule", json=body, headers=user)).raise_for_status().json()
    assert (await finished(door, user, job["jobId"]))["status"] == "completed"
    books = await sandbox.books("x", "a picture")
    assert [each["altText"] for each in books[0]["media"]] == ["teal"]


async def test_what_is_no_picture_is_refused(door, user):
    answer = await door.post("/api/media", files={"file": ("a.png", b"<svg onload=alert(1)>", "image/png")}, headers=user)
    assert (answer.status_code, answer.json()["code"]) == (422, "mediaUnreadable")


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:1/x.png", "http://[::ffff:10.0.0.1]/x.png", "file:///etc/passwd", "http://2130706433/"]
)
async def test_media_urls_cannot_reach_inside(door, user, url):
    await connected(door, user)
    body = {"content": "x", "platforms": ["x"], "scheduledAt": "now", "mediaUrls": [url]}
    answer = await door.post("/api/queue/schedule", json=body, headers=user)
    assert (answer.status_code, answer.json()["code"]) == (422, "mediaUnreachable")


async def test_cancel_and_timeline(door, user):
    await connected(door, user)
    body = {"content": "later", "platforms": ["x"], "scheduledAt": "2099-06-01T09:00:00", "timezone": "Europe/Berlin"}
    job = (await door.post("/api/queue/schedule", json=body, headers=user)).raise_for_status().json()
    assert job["scheduledAt"].startswith("2099-06-01T07:00:00")
    cancelled = (await door.post(f"/api/queue/jobs/{job['jobId']}/cancel", headers=user)).raise_for_status().json()
    assert cancelled["status"] == "cancelled"
    assert (await door.post(f"/api/queue/jobs/{job['jobId']}/cancel", headers=user)).status_code == 409
    entries = (await door.get(f"/api/queue/jobs/{job['jobId']}/timeline", headers=user)).json()["data"]
    assert [each["what"] for each in entries] == ["publication.scheduled", "publication.cancelled"]
    listed = (await door.get("/api/queue/jobs", params={"status": "cancelled"}, headers=user)).json()["data"]
    assert [each["jobId"] for each in listed] == [job["jobId"]]


async def test_a_failed_post_is_kept_and_can_be_tried_again(door, user, sandbox, at_work):
    await connected(door, user, "x", "tryagain")
    for _ in range(2):
        body = {"content": "said twice", "platforms": ["x"], "scheduledAt": "now"}
        job = (await door.post("/api/queue/schedule", json=body, headers=user)).raise_for_status().json()
        over = await finished(door, user, job["jobId"])
    assert over["status"] == "failed"
    dead = (await door.get("/api/queue/dead", headers=user)).json()["data"]
    assert dead[0]["error"]["kind"] == "duplicateContent"
    again = await door.post(f"/api/queue/dead/{dead[0]['id']}/requeue", headers=user)
    assert again.status_code == 200
    assert (await finished(door, user, job["jobId"]))["status"] == "failed"
    assert len(await sandbox.books("x", "said twice")) == 1


async def test_a_person_resolves_what_is_held(door, user, sandbox, at_work):
    await connected(door, user, "x", "resolver")
    await sandbox.fault("x", "accept_500")
    body = {"content": "hold me", "platforms": ["x"], "scheduledAt": "now", "onUnknown": "hold"}
    job = (await door.post("/api/queue/schedule", json=body, headers=user)).raise_for_status().json()

    async def held():
        shown = (await door.get(f"/api/queue/jobs/{job['jobId']}", headers=user)).json()
        return shown if shown["publications"][0]["status"] == "unknown" else None

    publication = (await stage.until(held, 20))["publications"][0]
    assert publication["nextAt"] is None
    path = f"/api/queue/jobs/{job['jobId']}/publications/{publication['id']}/resolve"
    live = {"outcome": "published", "url": "https://x.com/resolver/status/1"}
    assert (await door.post(path, json=live, headers=user)).json()["status"] == "completed"
    assert (await door.post(path, json=live, headers=user)).status_code == 409
    assert len(await sandbox.books("x", "hold me")) == 1


async def test_events_are_live_and_resumable(opened, environment, user, door, at_work, sandbox):
    """Over a real socket: the in-process transport does not stream."""
    await connected(door, user, "x", "listener")
    with stage.served(environment) as url:
        async with httpx2.AsyncClient(base_url=url, headers=user, timeout=60) as client:
            async with client.stream("GET", "/api/queue/events") as answer:
                assert answer.headers["content-type"].startswith("text/event-stream")
                body = {"content": "listen", "platforms": ["x"], "scheduledAt": "now"}
                job = (await door.post("/api/queue/schedule", json=body, headers=user)).raise_for_status().json()
                seen = [each async for each in events(answer, until="publication.published")]
            kinds = [each["type"] for _, each in seen]
            assert kinds == ["publication.scheduled", "publication.publishing", "publication.published"]
            assert {each["jobId"] for _, each in seen} == {job["jobId"]}
            async with client.stream("GET", "/api/queue/events", headers={"Last-Event-ID": seen[0][0]}) as answer:
                again = [each async for each in events(answer, until="publication.published")]
            assert [each["type"] for _, each in again] == kinds[1:]


async def test_streams_end_soon_after_what_they_were_opened_with(environment, user, door):
    """A revoked key, a closed session, a membership that is over; its owner listens on."""
    made = await door.post("/api/keys", json={"name": "listens", "scopes": ["posts:read"]}, headers=user)
    key, (logged_in, removed, member) = made.raise_for_status().json(), await colleague(door, user)
    with stage.served(environment) as url:
        async with (
            listening(url, {"Authorization": f"Bearer {key['key']}"}) as by_key,
            listening(url, logged_in) as by_session,
            listening(url, removed) as by_membership,
            listening(url, user) as owner,
        ):
            (await door.delete(f"/api/keys/{key['id']}", headers=user)).raise_for_status()
            (await door.post("/api/auth/logout", headers=logged_in)).raise_for_status()
            await asyncio.wait_for(asyncio.gather(by_key, by_session), 30)
            assert not by_membership.done()
            (await door.delete(member, headers=user)).raise_for_status()
            await asyncio.wait_for(by_membership, 30)
            assert not owner.done()


async def colleague(door, user):
    """Somebody else with a workspace of their own: the headers of two sessions here, and the address of their membership."""
    person = {"email": f"{stage.new_id()}@example.org", "password": "a long enough password"}
    first = (await door.post("/api/auth/register", json=person)).raise_for_status().json()
    second = (await door.post("/api/auth/login", json=person)).raise_for_status().json()
    workspace = (await door.get("/api/auth/me", headers=user)).raise_for_status().json()["workspaceId"]
    members = f"/api/workspaces/{workspace}/members"
    await door.post(members, json={"email": person["email"], "role": "viewer"}, headers=user)
    here = [{"Authorization": f"Bearer {each['token']}", "X-Workspace-Id": workspace} for each in (first, second)]
    return *here, f"{members}/{first['userId']}"


@asynccontextmanager
async def listening(url, headers):
    """A task that lasts as long as the stream."""
    async with (
        httpx2.AsyncClient(base_url=url, headers=headers, timeout=60) as client,
        client.stream("GET", "/api/queue/events") as answer,
    ):
        assert answer.status_code == 200
        listener = asyncio.create_task(answer.aread())
        yield listener
        listener.cancel()
        await asyncio.gather(listener, return_exceptions=True)


async def events(answer, until):
    number = ""
    async for line in answer.aiter_lines():
        name, _, value = line.partition(": ")
        number = value if name == "id" else number
        if name == "data":
            event = json.loads(value)
            yield number, event
            if event["type"] == until:
                return
