"""What every connector's calls have in common: who signs them, what is repeated, where a token goes."""

import asyncio
from contextlib import asynccontextmanager

import httpx2
import pytest

from ocma.infra.outbound import Outbound
from ocma.platforms.connector import Access, Connector
from ocma.platforms.errors import ContentRejected, OutcomeUnknown, PlatformUnavailable
from ocma.platforms.gateway import Gateway
from ocma.platforms.grant import App, Grant
from unit.platforms.manifests import manifest

API = "https://api.plain.example"
NONCE = {"DPoP-Nonce": "n2"}


class Plain(Connector):
    manifest = manifest(urls={"upload": "https://up.plain.example"})

    async def identify(self, access):
        return []

    def explain(self, response):
        return ContentRejected(platform="plain", status=response.status_code)


class Proving(Plain):
    """Each request carries a proof of its own, made with a nonce that the server hands out."""

    def __init__(self):
        self.nonce, self.proofs = "n1", 0

    def sign(self, access, method, url, request):
        self.proofs += 1
        proof = f"{method} {access.whole(url)} {self.nonce} {self.proofs} {access.secrets['key']}"
        return super().sign(access, method, url, {**request, "headers": {"DPoP": proof}})

    def signs_again(self, access, response):
        self.nonce = response.headers.get("DPoP-Nonce", self.nonce)
        return response.status_code == 401 and "use_dpop_nonce" in response.headers.get("WWW-Authenticate", "")


class Host:
    def __init__(self, *answers):
        self.asked, self.bodies, self._answers = [], [], list(answers)

    async def __call__(self, request):
        self.asked.append(request)
        self.bodies.append(await request.aread())
        return self._answers.pop(0) if self._answers else httpx2.Response(200)

    def access(self, **more):
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url=API)
        urls = {"upload": "https://up.plain.example"}
        return Access(client, **({"token": "t0ken", "urls": urls, "secrets": {"key": "k"}} | more))


@pytest.mark.parametrize("how", ["call", "send"])
@pytest.mark.parametrize(
    ("url", "signed"),
    [
        ("/me", True),
        (f"{API}/me", True),
        ("https://up.plain.example/file?part=1", True),
        ("https://up.plain.example:8443/file", False),
        ("http://api.plain.example/me", False),
        ("https://api.plain.example.evil.example/me", False),
        ("https://me@api.plain.example/me", False),
        ("https://cdn.example/upload?of=https://api.plain.example", False),
    ],
)
async def test_a_token_goes_to_the_platforms_own_addresses_only(how, url, signed):
    host = Host()
    await getattr(Plain(), how)(host.access(), "PUT", url, content=b"x")
    (request,) = host.asked
    assert (request.headers.get("Authorization") == "Bearer t0ken") is signed
    assert "t0ken" not in str(request.url)


async def test_headers_a_connector_sets_itself_win():
    host = Host()
    await Plain().call(host.access(), "GET", "/me", headers={"Authorization": "OAuth other"})
    await Plain().call(host.access(token=""), "GET", "/me")
    assert [each.headers.get("Authorization") for each in host.asked] == ["OAuth other", None]


@pytest.mark.parametrize("how", ["call", "send"])
async def test_a_proof_with_an_old_nonce_is_made_anew_once(how):
    async def body():
        yield b"the whole "
        yield b"body"

    old = httpx2.Response(401, headers=NONCE | {"WWW-Authenticate": 'DPoP error="use_dpop_nonce"'})
    host, connector = Host(old, httpx2.Response(200)), Proving()
    assert (await getattr(connector, how)(host.access(), "POST", "/posts", content=body)).status_code == 200
    assert [each.headers["DPoP"] for each in host.asked] == [f"POST {API}/posts n1 1 k", f"POST {API}/posts n2 2 k"]
    assert host.bodies == [b"the whole body"] * 2


@pytest.mark.parametrize("how", ["call", "send"])
async def test_a_second_refusal_is_one(how):
    host = Host(*(httpx2.Response(401, headers=NONCE | {"WWW-Authenticate": "DPoP use_dpop_nonce"}) for _ in range(3)))
    with pytest.raises(ContentRejected):
        await getattr(Proving(), how)(host.access(), "POST", "/posts")
    assert len(host.asked) == 2


async def test_an_unclear_answer_is_never_followed_by_another_sending():
    lost = httpx2.Response(500, headers=NONCE | {"WWW-Authenticate": "DPoP use_dpop_nonce"})
    host = Host(lost)
    with pytest.raises(OutcomeUnknown):
        await Proving().send(host.access(), "POST", "/posts")
    assert len(host.asked) == 1


async def test_some_platforms_say_no_with_200():
    class Polite(Plain):
        def refuses(self, response):
            return not response.is_success or "error" in response.json()

    with pytest.raises(ContentRejected):
        await Polite().call(Host(httpx2.Response(200, json={"error": "no"})).access(), "GET", "/me")


@asynccontextmanager
async def listening():
    """Servers that say yes; yields the URL and the heads of what was asked."""
    heads = []

    async def serve(reader, writer):
        heads.append((await reader.readuntil(b"\r\n\r\n")).decode().lower())
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", heads
    finally:
        server.close()


@pytest.mark.parametrize("how", ["call", "send"])
async def test_an_address_that_the_platform_gives_us_is_guarded(how):
    """The API stands where the operator has put it, on a private address; it may not send us to another one."""
    outbound = Outbound()
    try:
        async with listening() as (url, heads), listening() as (other, others):
            environment = {"OCMA_PLAIN_API_URL": url, "PLAIN_ID": "the-id", "PLAIN_SECRET": "s"}
            gateway = Gateway(outbound, environment)
            access = gateway.access(Plain(), Grant("t0ken", scopes=("read",), extra={"key": "k"}))
            assert (access.app, access.secrets, access.scopes) == (App("the-id", "s"), {"key": "k"}, ("read",))
            await getattr(Plain(), how)(access, "PUT", f"{url}/upload/1", content=b"x")
            assert "authorization: bearer t0ken" in heads[0]
            for strange in (f"{other}/upload/1", "ftp://127.0.0.1/x", "http://[::ffff:127.0.0.1]/x", "https://x y/"):
                with pytest.raises(PlatformUnavailable):
                    await getattr(Plain(), how)(access, "PUT", strange, content=b"x")
            assert others == []
    finally:
        await outbound.close()


async def test_a_flow_is_guarded_alike():
    outbound = Outbound()
    try:
        async with listening() as (url, heads), listening() as (other, others):
            connector = Plain()
            flow = Gateway(outbound, {"OCMA_PLAIN_API_URL": url}).flow(connector, App("id", "s"), "")
            assert await flow._ask("GET", "/x", flow._refused_code) == {}
            with pytest.raises(PlatformUnavailable):
                await flow._ask("GET", f"{other}/x", flow._refused_code)
            assert (len(heads), others) == (1, [])
    finally:
        await outbound.close()


def test_nothing_secret_is_shown():
    access = Access(httpx2.AsyncClient(timeout=30), token="t0ken", secrets={"key": "s3cret"}, app=App("id", "s3cret"))
    grant = Grant("t0ken", "t0ken", extra={"key": "s3cret"})
    assert not {word for word in ("t0ken", "s3cret") if word in repr(access) + repr(grant)}
