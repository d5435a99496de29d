"""Logins that bring several accounts, fewer permissions than asked for, or secrets of their own: X, with what others add to it.

In the publishing folder for its sandbox.
"""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from sqlalchemy import text

from answers import good, problem
from factories import Factory
from ocma.entrypoints.api.app import create_app
from ocma.errors import Invalid
from ocma.features.accounts import authorizations, connections, tokens, upkeep
from ocma.features.accounts.accounts import expiries, get_account
from ocma.features.accounts.connections import Code, InHand
from ocma.features.accounts.tokens import TokenDoubted
from ocma.platforms import registry
from ocma.platforms.connector import Announces, Connector
from ocma.platforms.errors import PermissionMissing, ReauthorizationRequired
from ocma.platforms.grant import App, Grant
from ocma.platforms.oauth import OAuthFlow
from ocma.platforms.registry import get_connector
from ocma.platforms.x import X
from unit.platforms.manifests import manifest, oauth

READ_ONLY = "tweet.read users.read offline.access"


@pytest.fixture
async def door(opened, company):
    app, headers = create_app(opened), await Factory(opened).key(company.caller.workspace_id)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://ocma.test", headers=headers) as client,
    ):
        yield client


@pytest.fixture
def several(monkeypatch):
    """Whoever logs in has a second account: the same person's page."""
    identify = X.identify

    async def two(self, access):
        (profile,) = await identify(self, access)
        return [profile, replace(profile, id=f"page-{profile.id}", handle=f"{profile.handle}-page")]

    monkeypatch.setattr(X, "identify", two)


async def walk(url, name, scope=None):
    """To the platform's page and back; `scope`: the owner grants no more than that."""
    url = httpx2.URL(url)
    url = url.copy_set_param("scope", scope) if scope else url
    async with httpx2.AsyncClient(timeout=30) as browser:
        answer = await browser.get(url.copy_set_param("approve", "1").copy_set_param("account", name))
    return httpx2.URL(answer.headers["location"]).params


async def connect(company, name, scope=None):
    begun = await authorizations.begin(company.resources.desk, company.caller, "x", None, None)
    back = await walk(begun.url, name, scope)
    return await connections.connect(company.resources.desk, company.caller, Code("x", back["code"], back["state"]))


async def stored(company, account):
    """The grant and its version, as they are in the database."""
    resources = company.resources
    async with resources.database.transaction(account.workspace_id) as session:
        row = await tokens.find_row(session, account.id)
        account = await get_account(session, account.id)
    return tokens.unseal(resources.vault, row, account), row.version


async def test_what_the_owner_did_not_allow_is_told_at_once_and_refused_before_anything_is_sent(company, door):
    begun = good(await door.post("/api/social/authorize", json={"platform": "x"}))
    back = await walk(begun["url"], "reader", READ_ONLY)
    body = good(await door.post("/api/social/connect", json={"platform": "x", "authCode": back["code"], "state": back["state"]}))
    account = body["account"]
    assert (account["permissions"], account["missing"]) == (["read", "measure"], ["tweet.write"])
    assert len(body["warnings"]) == 1
    assert "tweet.write" in body["warnings"][0]
    post = {"content": "may not", "scheduledAt": "now"}
    refused = problem(await door.post("/api/queue/schedule", json=post | {"platforms": ["x"]}), 422, "accountMissing")
    assert "tweet.write" in refused["errors"][0]["message"]
    refused = problem(await door.post("/api/queue/schedule", json=post | {"accountIds": [account["id"]]}), 422, "accountMissing")
    assert [(each["path"], each["code"]) for each in refused["errors"]] == [("accountIds.0", "permissionMissing")]

    again = await company.connect("x", "reader")
    assert (str(again.id), again.missing) == (account["id"], [])
    shown = good(await door.get(f"/api/social/accounts/{again.id}"))
    assert (shown["permissions"], shown["missing"]) == (["publish", "read", "measure"], [])


async def test_one_that_may_not_is_left_out_where_another_may(company, door):
    await connect(company, "mayread", READ_ONLY)
    await company.connect("x", "maywrite")
    body = good(await door.post("/api/queue/schedule", json={"content": "c", "platforms": ["x"], "scheduledAt": "now"}), 202)
    assert len(body["publications"]) == 1
    assert any("mayread" in each and "tweet.write" in each for each in body["warnings"])


@pytest.mark.usefixtures("several")
async def test_accounts_of_one_login_share_a_token_that_is_renewed_once_for_all(company):
    """The sandbox ends a grant whose refresh token is used twice."""
    one, two = await connect(company, "shared")
    desk = company.resources.desk
    assert (await stored(company, one))[0] == (await stored(company, two))[0]
    _, seen = await stored(company, two)
    renewed, _ = await tokens.refresh(desk, one, (await stored(company, one))[1])
    assert await stored(company, two) == (renewed, seen + 1)
    assert await tokens.refresh(desk, two, seen) == (renewed, seen + 1)  # somebody has done it already
    last, _ = await tokens.refresh(desk, two, seen + 1)  # the grant lives
    assert (await stored(company, one))[0] == last != renewed


@pytest.mark.usefixtures("several")
async def test_access_is_revoked_with_the_last_account_of_a_login(company):
    one, two = await connect(company, "lastone")
    desk, x = company.resources.desk, get_connector("x")
    warning = await connections.disconnect(desk, company.caller, one.id)
    assert "other accounts" in warning
    grant, _ = await tokens.refresh(desk, two, (await stored(company, two))[1])
    assert await connections.disconnect(desk, company.caller, two.id) is None
    with pytest.raises(ReauthorizationRequired):
        await desk.gateway.flow(x, desk.gateway.configured_app(x.manifest), "").refresh(grant)


@pytest.mark.parametrize(("platform", "told"), [("threads", False), ("instagram", False), ("tiktok", True)])
async def test_where_a_platform_cannot_be_told_whoever_disconnects_is(company, platform, told):
    """Threads and Instagram have no way to end a grant but their own settings."""
    account = await company.connect(platform, "goes")
    warning = await connections.disconnect(company.resources.desk, company.caller, account.id)
    assert (warning is None) == told
    assert told or "remove OCMA's access" in warning


async def test_accounts_with_tokens_of_their_own_keep_them(company, monkeypatch):
    identify = X.identify

    async def pages(self, access):
        (profile,) = await identify(self, access)
        own = [Grant(f"page token {each}", f"renewal {each}", scopes=("tweet.read",)) for each in range(2)]
        return [profile, *(replace(profile, id=f"{each}-{profile.id}", grant=grant) for each, grant in enumerate(own))]

    monkeypatch.setattr(X, "identify", pages)
    person, first, second = await connect(company, "owner")
    await tokens.refresh(company.resources.desk, person, (await stored(company, person))[1])
    assert [(await stored(company, each))[0].access_token for each in (first, second)] == ["page token 0", "page token 1"]
    assert (person.missing, first.missing) == ([], ["tweet.write", "users.read"])


async def test_what_an_account_lacks_besides_scopes_is_missing_too(company, monkeypatch):
    identify = X.identify

    async def without_role(self, access):
        return [replace(each, missing=("CREATE_CONTENT",)) for each in await identify(self, access)]

    monkeypatch.setattr(X, "identify", without_role)
    (account,) = await connect(company, "norole")
    with pytest.raises(Invalid) as refused:
        await company.schedule("may not", account)
    assert "CREATE_CONTENT" in refused.value.issues[0].message


async def test_secrets_of_a_grant_are_sealed_and_reach_the_connector(company, monkeypatch):
    seen = []

    async def identify(_self, access):
        seen.append((access.secrets, access.app))
        return [replace(profile, host="pds.example")]

    account = await company.connect("x", "secrets")
    desk, x = company.resources.desk, get_connector("x")
    (profile,) = await x.identify(desk.gateway.access(x, (await stored(company, account))[0]))
    monkeypatch.setattr(X, "identify", identify)
    grant = Grant("t", "r", None, x.manifest.oauth.scopes, extra={"key": "s3cret of the grant"})
    (moved,) = await connections.adopt(desk, company.caller, x, "", grant)
    assert seen == [({"key": "s3cret of the grant"}, desk.gateway.configured_app(x.manifest))]
    assert (moved.id, moved.host) == (account.id, "pds.example")  # known by its id, wherever it lives now
    assert (await stored(company, moved))[0] == grant
    async with company.resources.database.transaction(account.workspace_id) as session:
        row = str((await session.execute(text("SELECT t::text FROM account_tokens t"))).all())
    assert "s3cret" not in row


def quirks(monkeypatch, **more):
    monkeypatch.setattr(X, "manifest", replace(X.manifest, oauth=replace(X.manifest.oauth, **more)))


async def test_a_token_is_renewed_as_early_as_its_platform_wants(company, monkeypatch):
    quirks(monkeypatch, renew_before=timedelta(hours=3))
    account = await company.connect("x", "early")  # good for two hours
    found = [each for each in await upkeep.find_expiring(company.resources.database) if each[1] == str(account.id)]
    assert len(found) == 1
    _, seen = await stored(company, account)
    await upkeep.refresh_all(company.resources.desk, found)
    assert (await stored(company, account))[1] == seen + 1


async def test_a_token_that_is_too_young_to_be_renewed_is_used_as_it_is(company, monkeypatch):
    quirks(monkeypatch, renew_after=timedelta(hours=24))
    account, desk = await company.connect("x", "young"), company.resources.desk
    before = await stored(company, account)
    assert (await connections.refresh(desk, company.caller, account.id)).status == "active"
    assert await stored(company, account) == before
    with pytest.raises(TokenDoubted):  # it was refused, and nothing can be done about it yet
        await tokens.refresh(desk, account, before[1])
    async with company.resources.database.transaction(account.workspace_id) as session:
        await session.execute(text("UPDATE account_tokens SET updated_at = updated_at - interval '25 h'"))
    assert (await tokens.refresh(desk, account, before[1]))[1] == before[1] + 1


async def test_when_a_connection_ends_is_known_ahead(company, door):
    account, resources = await company.connect("x", "ends"), company.resources
    shown = good(await door.get(f"/api/social/accounts/{account.id}"))
    assert (shown["reconnectBefore"], shown["tokenExpiry"] is None) == (None, False)
    x, ends = get_connector("x"), datetime(2027, 1, 2, tzinfo=UTC)
    grant, _ = await stored(company, account)

    async def store(changed):
        async with resources.database.transaction(account.workspace_id) as session:
            await tokens.store(session, resources.vault, account, changed, resources.desk, account.id)
        return good(await door.get(f"/api/social/accounts/{account.id}"))["reconnectBefore"]

    assert await store(replace(grant, ends_at=ends)) == "2027-01-02T00:00:00Z"
    assert await store(replace(grant, refresh_token=None, expires_at=ends)) == "2027-01-02T00:00:00Z"
    assert x.manifest.oauth.refreshes
    async with resources.database.transaction(account.workspace_id) as session:
        assert (await expiries(session, [account.id]))[account.id].token == ends


class Keeping(OAuthFlow):
    """Needs to know whose account it will be, keeps a secret until the code is here, and wants to know who sent that."""

    async def authorize(self, redirect_uri, state, handle=None):
        found = await super().authorize(redirect_uri, state)
        return replace(found, kept={"key": "s3cret kept", "handle": str(handle)})

    async def exchange(self, code, redirect_uri, verifier, kept=None, issuer=None):
        grant = await super().exchange(code, redirect_uri, verifier)
        return replace(grant, extra={**kept, "issuer": str(issuer)})


@pytest.mark.parametrize("way", ["connect", "callback"])
async def test_a_flow_finds_what_it_kept(company, door, monkeypatch, way):
    monkeypatch.setattr(X, "flow", Keeping)
    begun = good(await door.post("/api/social/authorize", json={"platform": "x", "handle": "keeper.example"}))
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        row = str((await session.execute(text("SELECT s::text FROM oauth_states s"))).all())
    assert "s3cret" not in row
    back = await walk(begun["url"], "keeper")
    if way == "connect":
        body = {"platform": "x", "authCode": back["code"], "state": back["state"], "issuer": "https://as.example"}
        account = good(await door.post("/api/social/connect", json=body))["account"]
    else:
        query = {"code": back["code"], "state": back["state"], "iss": "https://as.example"}
        account = good(await door.get("/api/social/callback", params=query))["account"]
    assert account == good(await door.get(f"/api/social/accounts/{account['id']}"))
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        found = await get_account(session, account["id"])
    grant, _ = await stored(company, found)
    assert grant.extra == {"key": "s3cret kept", "handle": "keeper.example", "issuer": "https://as.example"}


async def test_what_an_operator_has_in_hand_need_not_be_a_token(company, monkeypatch):
    class Session(OAuthFlow):
        async def in_hand(self, token, refresh_token, scopes):
            name, _, password = token.partition(":")
            return Grant(f"session of {name}", refresh_token, None, scopes, extra={"password": password})

    asked = []

    async def identify(_self, access):
        asked.append(access.token)
        raise PermissionMissing(platform="x")

    monkeypatch.setattr(X, "flow", Session)
    monkeypatch.setattr(X, "identify", identify)
    with pytest.raises(PermissionMissing):
        await connections.take(company.resources.desk, company.caller, get_connector("x"), "", InHand("ann:1234"))
    assert asked == ["session of ann"]


class Documented(Connector, Announces):
    manifest = manifest(oauth=oauth(per_host=True, host="usual.example"))

    async def identify(self, access):
        return []

    def explain(self, response):
        return PermissionMissing()

    def app(self, at, redirect_uri, secret):
        return App(at, secret)

    def document(self, app, redirect_uris):
        return {"client_id": app.client_id, "redirect_uris": list(redirect_uris), "has_key": bool(app.client_secret)}


async def test_who_we_are_can_be_read_by_anybody(company, door, opened, monkeypatch):
    known = {**registry.connectors(), "plain": Documented()}
    monkeypatch.setattr(registry, "connectors", lambda: known)
    del door.headers["Authorization"]
    body = good(await door.get("/api/social/clients/plain.json"))
    public = opened.settings.public_url.rstrip("/")
    assert body == {
        "client_id": f"{public}/api/social/clients/plain.json",
        "redirect_uris": [f"{public}/api/social/callback"],
        "has_key": False,
    }
    problem(await door.get("/api/social/clients/x.json"), 404)
    problem(await door.get("/api/social/clients/nobody.json"), 404)
