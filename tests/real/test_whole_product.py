"""The whole product against a server none of us wrote: API, dispatcher and worker as processes, OAuth on the server's own pages."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from io import BytesIO

import httpx2
import pytest
from PIL import Image

import stage
from real.snac import Snac, consent

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]


@dataclass
class User:
    """Somebody with a browser and our API's address."""

    api: httpx2.AsyncClient
    server: Snac

    async def post(self, path: str, **request) -> dict:
        answer = await self.api.post(path, **request)
        assert answer.is_success, answer.text
        return answer.json()

    async def connect(self, name: str) -> dict:
        """Authorize at the server's own page, come back through our callback."""
        begun = await self.post("/api/social/authorize", json={"platform": "mastodon"})
        back = await consent(begun["url"], name, self.server.users[name])
        answer = await self.api.get("/api/social/callback", params=dict(back.params))
        assert answer.is_success, answer.text
        return answer.json()["account"]

    async def publish(self, text: str, account: dict, **more) -> dict:
        body = {"content": text, "accountIds": [account["id"]], "scheduledAt": "now", **more}
        job = await self.post("/api/queue/schedule", json=body)

        async def over() -> dict | None:
            now = (await self.api.get(f"/api/queue/jobs/{job['jobId']}")).raise_for_status().json()
            return now if now["status"] in {"completed", "failed", "partial"} else None

        done = await stage.until(over, 60)
        assert done["status"] == "completed", done
        return done["publications"][0]

    async def live(self, account: dict, text: str) -> list[dict]:
        """What a stranger sees at the server, asked without OCMA."""
        async with httpx2.AsyncClient(base_url=self.server.url, trust_env=False, timeout=30) as stranger:
            answer = await stranger.get(f"/api/v1/accounts/{account['accountId']}/statuses")
        return [each for each in answer.raise_for_status().json() if each["text"] == text]


@pytest.fixture(scope="module")
def product(services, snac, tmp_path_factory) -> Iterator[str]:
    """URL of our API, with a worker and a dispatcher beside it."""
    env = {
        **stage.settings(services.postgres.app_url, services.valkey.url, tmp_path_factory.mktemp("media")),
        "OCMA_MASTODON_API_URL": snac.url,
        "OCMA_PUBLISH_TIMEOUT_SECONDS": "15",
    }
    with ExitStack() as running:
        url = running.enter_context(stage.served(env))
        running.enter_context(stage.process(["-m", "ocma", "dispatcher"], env))
        running.enter_context(stage.worker(env))
        yield url


@pytest.fixture(scope="module")
async def user(product, snac):
    body = {"email": f"{stage.new_id()}@example.org", "password": "a long enough password"}
    async with httpx2.AsyncClient(base_url=product, timeout=30, trust_env=False) as api:
        (await api.post("/api/auth/register", json=body)).raise_for_status()
        token = (await api.post("/api/auth/login", json=body)).raise_for_status().json()["token"]
        api.headers["Authorization"] = f"Bearer {token}"
        yield User(api, snac)


@pytest.fixture(scope="module")
async def alice(user):
    return await user.connect("alice")


async def test_a_text(user, alice):
    text = "Grüße & <viel> Erfolg: https://example.org/a?b=1&c=2 #offen"
    publication = await user.publish(text, alice)
    assert [each["id"] for each in await user.live(alice, text)] == [publication["postId"]]


async def test_a_picture_with_its_description(user, alice):
    file = BytesIO()
    Image.effect_noise((320, 200), 60).save(file, "PNG")
    files, data = {"file": ("noise.png", file.getvalue(), "image/png")}, {"altText": "Grey noise"}
    medium = await user.post("/api/media", files=files, data=data)
    publication = await user.publish("A picture from the whole product", alice, mediaIds=[medium["id"]])
    (status,) = await user.live(alice, "A picture from the whole product")
    assert status["id"] == publication["postId"]
    (attachment,) = status["media_attachments"]
    assert attachment["description"] == "Grey noise"
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as stranger:
        assert (await stranger.get(attachment["url"])).content == file.getvalue()


async def test_a_thread(user, alice):
    texts = [f"Whole product, part {number}" for number in (1, 2, 3)]
    publication = await user.publish(texts[0], alice, thread=texts[1:])
    statuses = [await user.live(alice, text) for text in texts]
    assert [len(each) for each in statuses] == [1, 1, 1]
    ids = [each[0]["id"] for each in statuses]
    assert [each["id"] for each in publication["parts"]] == ids
    assert [each[0]["in_reply_to_id"] for each in statuses] == [None, *ids[:2]]


async def test_disconnecting_ends_our_access(user):
    bob = await user.connect("bob")
    answer = await user.api.delete(f"/api/social/accounts/{bob['id']}")
    assert answer.json()["warning"] is None, answer.text
    assert (await user.api.get(f"/api/social/accounts/{bob['id']}")).status_code == 404
