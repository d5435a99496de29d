"""Nothing secret is in the logs of a whole run at their most talkative: sign up, connect, publish, be refused, be told."""

import json
from uuid import UUID

import httpx2
import pytest

import stage
from factories import PASSWORD
from ocma.features.accounts import tokens
from ocma.features.accounts.accounts import get_account

HOOK = "a-path-that-is-a-secret"


class User:
    """Somebody who uses the HTTP door, and all that only they should know."""

    def __init__(self, url: str) -> None:
        self.url, self.headers, self.secrets = url, {}, {"password": PASSWORD}
        self.client = httpx2.AsyncClient(base_url=url, timeout=30)

    async def ask(self, method, path, status=200, **body):
        answer = await self.client.request(method, path, headers=self.headers, **({"json": body} if body else {}))
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    async def sign_up(self):
        who = {"email": f"{stage.new_id()}@example.org", "password": PASSWORD}
        await self.ask("POST", "/api/auth/register", 201, **who)
        await self.client.post("/api/auth/login", json={**who, "password": "wrong but told"})
        self.secrets["wrong password"] = "wrong but told"
        session = await self.ask("POST", "/api/auth/login", **who)
        self.workspace_id = UUID(session["workspaceId"])
        self.use("session", session["token"])
        self.use("API key", (await self.ask("POST", "/api/keys", 201, name="mine"))["key"])

    def use(self, kind, token):
        self.secrets[kind], self.headers = token, {"Authorization": f"Bearer {token}"}

    async def connect(self, platform):
        """As a browser does, which comes back to the callback with the code and the state in the address."""
        begun = await self.ask("POST", "/api/social/authorize", platform=platform)
        async with httpx2.AsyncClient(timeout=30) as browser:
            back = httpx2.URL((await browser.get(f"{begun['url']}&approve=1&account=secretive")).headers["location"])
        self.secrets |= {f"{platform}'s code": back.params["code"], f"{platform}'s state": begun["state"]}
        answer = await self.client.get(f"/api/social/callback?{back.query.decode()}", headers={"Accept": "application/json"})
        assert answer.status_code == 200, answer.text
        return answer.json()["accounts"][-1]["id"]

    async def publish(self, account, *, refused=False):
        """Until it is live; `refused`: or is known not to be."""
        body = {"content": f"told {stage.new_id()}", "accountIds": [account], "scheduledAt": "2024-01-01T00:00:00Z"}
        job = (await self.ask("POST", "/api/queue/schedule", 202, **body))["jobId"]

        async def over():
            found = await self.ask("GET", f"/api/queue/jobs/{job}")
            ended = found["status"] in {"completed", "failed", "partial"}
            return found if ended or (refused and found["publications"][0]["error"]) else None

        return await stage.until(over, 60)


@pytest.fixture(scope="module")
async def run(doors, environment, opened, sandbox, told):
    user = User(doors["api"])
    await user.sign_up()
    hook = {"url": f"https://hooks.example.invalid/{HOOK}?key={HOOK}", "events": ["*"]}
    user.secrets["webhook secret"] = (await user.ask("POST", "/api/webhook-endpoints", 201, **hook))["secret"]
    accounts = [await user.connect(platform) for platform in ("x", "mastodon", "instagram", "linkedin")]
    for account in (accounts[0], accounts[1], accounts[3]):
        assert (await user.publish(account))["status"] == "completed"
    await sandbox.fault("x", "server_error", 1)  # what a worker says of an answer that leaves all open
    assert (await user.publish(accounts[0]))["status"] == "completed"
    for account in accounts:
        user.secrets |= await tokens_of(opened, user, account)
    await user.ask("POST", f"/api/social/accounts/{accounts[0]}/refresh")
    user.secrets |= {f"new {kind}": each for kind, each in (await tokens_of(opened, user, accounts[0])).items()}
    await sandbox.fault("mastodon", "revoked_token", 1)
    assert (await user.publish(accounts[1], refused=True))["status"] != "completed"
    await user.ask("DELETE", f"/api/social/accounts/{accounts[3]}")
    await user.client.aclose()
    return user.secrets | {
        "app secret": environment["TWITTER_CLIENT_SECRET"],
        "vault key": environment["OCMA_VAULT_KEYS"].partition(":")[2],
        "metrics token": environment["OCMA_METRICS_TOKEN"],
        "webhook path": HOOK,
    }


async def tokens_of(opened, user, account_id):
    """As the vault gives them to a connector."""
    async with opened.database.transaction(user.workspace_id) as session:
        account = await get_account(session, UUID(account_id))
        grant = tokens.unseal(opened.vault, await tokens.find_row(session, account.id), account)
    found = {"access token": grant.access_token, "refresh token": grant.refresh_token, **grant.extra}
    return {f"{name} of {account.platform}": value for name, value in found.items() if value and len(value) > 8}


def test_nothing_secret_is_in_them(run, log):
    lines = log.read_text(encoding="utf-8").splitlines()
    assert len(run) > 15, sorted(run)
    assert [(name, line) for name, secret in run.items() for line in lines if secret in line][:5] == []


def test_and_yet_they_say_what_happened(run, log):
    lines = [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]
    events = {line["event"] for line in lines}
    assert {"process.started", "request", "outbound", "token.refreshed", "metrics.served"} <= events
    asked = {(line["method"], line["path"]) for line in lines if line["event"] == "outbound"}
    assert ("POST", "/x/2/tweets") in asked
    assert any(line["path"] == "/api/social/callback" for line in lines if line["event"] == "request")
