"""Listening over real sockets: what is said is heard once, in order, whatever happens to the connection."""

import asyncio
import json
from contextlib import aclosing, suppress
from dataclasses import replace

import pytest

from contract.mastodon.radio import INSTANCE, LIST, STREAM, chunk, event, on_air
from ocma.infra import outbound as out
from ocma.infra.outbound import Outbound
from ocma.platforms.connector import Access, Heard
from ocma.platforms.errors import ContentRejected, PermissionMissing, PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.mastodon import Mastodon
from ocma.platforms.mastodon import stream as streams

ME, TOKEN = "23634", "a-token-of-alice"


@pytest.fixture(params=["chosen by the operator", "named by a user"])
async def lines(request, monkeypatch):
    """Both ways out; on the guarded one this machine counts as public for once."""
    chosen = request.param == "chosen by the operator"
    monkeypatch.setattr(out, "is_public", lambda address: True)
    outbound = Outbound()
    yield lambda radio: Access(outbound.client(radio.url, chosen=chosen), profile_id=ME, host="home.example", token=TOKEN)
    await outbound.close()


class Ear:
    """Somebody who listens in the background; `pauses` are those between connections, which take no time here."""

    def __init__(self, access, since=None):
        self.pauses, self.heard, self.error = [], asyncio.Queue(), None
        self._listening = Mastodon(sleep=self._sleep, chance=lambda: 1.0).listen(access, since)
        self.task = asyncio.create_task(self._run())

    async def _sleep(self, seconds):
        self.pauses.append(seconds)
        await asyncio.sleep(0.01)

    async def _run(self):
        async with aclosing(self._listening) as found:
            async for each in found:
                self.heard.put_nowait(each)

    async def next(self, count=1):
        async with asyncio.timeout(10):
            return [int((await self._one()).id) for _ in range(count)]

    async def _one(self) -> Heard:
        getting = asyncio.create_task(self.heard.get())
        await asyncio.wait([getting, self.task], return_when=asyncio.FIRST_COMPLETED)
        if not getting.done():
            getting.cancel()
            await self.task
        return await getting

    async def stop(self):
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)
        assert self.heard.empty(), "given twice, or too much"

    async def refused(self):
        async with asyncio.timeout(10):
            return (await asyncio.gather(self.task, return_exceptions=True))[0]


async def test_what_was_missed_comes_first_in_order_over_pages_and_then_what_is_said_now(lines):
    async with on_air(page=2) as radio:
        for number in (9, 10, 11, 12, 13, 101):
            radio.put(number)
        ear = Ear(lines(radio), since="9")
        assert await ear.next(5) == [10, 11, 12, 13, 101]
        await radio.listened_to()
        for number in range(102, 130):
            await radio.say(number)
        assert await ear.next(28) == list(range(102, 130))
        await ear.stop()
        assert ear.pauses == []
        assert {headers["authorization"] for _, headers in radio.asked()} == {f"Bearer {TOKEN}"}


async def test_without_since_only_what_comes_from_now_on(lines):
    async with on_air() as radio:
        radio.put(1)
        ear = Ear(lines(radio))
        await radio.listened_to()
        await radio.say(2)
        assert await ear.next() == [2]
        await ear.stop()


async def test_the_first_ever_is_heard(lines):
    async with on_air() as radio:
        ear = Ear(lines(radio))
        await radio.listened_to()
        await radio.say(1)
        assert await ear.next() == [1]
        await ear.stop()


async def test_nothing_is_missed_or_doubled_over_resets(lines):
    async with on_air(page=3) as radio:
        ear = Ear(lines(radio), since="0")
        expected = 0
        for turn in range(1, 5):
            await radio.listened_to(turn)
            for _ in range(3):
                expected += 1
                await radio.say(expected)
            radio.put(expected + 1)  # said while nobody was connected, or the stream did not tell
            expected += 1
            radio.reset()
        assert await ear.next(expected) == list(range(1, expected + 1))
        await radio.listened_to(5)
        await ear.stop()
        assert ear.pauses[:4] == [1.0, 2.0, 4.0, 8.0]


async def test_what_falls_between_the_list_and_the_stream_comes_with_the_next_sign_of_life_before_what_follows(lines):
    async with on_air() as radio:
        ear = Ear(lines(radio), since="0")
        await radio.listened_to()
        await asyncio.sleep(0.2)  # the list was asked at the greeting
        radio.put(1)  # by a server that did not send yet
        await radio.say(2)
        assert await ear.next(2) == [1, 2]
        await ear.stop()


async def test_a_stream_that_leaves_something_out_is_found_out(lines):
    async with on_air() as radio:
        ear = Ear(lines(radio), since="0")
        await radio.listened_to()
        for _ in range(3):
            await radio.send(b":thump\n")
            await asyncio.sleep(0.05)
        radio.put(1)
        for _ in range(25):
            await radio.send(b":thump\n")
            await asyncio.sleep(0.02)
        assert await ear.next() == [1]
        await ear.stop()


async def test_a_connection_without_signs_of_life_is_dead(lines, monkeypatch):
    monkeypatch.setattr(streams.Stream, "__init__", _impatient(streams.Stream.__init__, 0.2))
    async with on_air() as radio:
        ear = Ear(lines(radio), since="0")
        await radio.listened_to(1)
        radio.put(1)
        assert await ear.next() == [1]
        await radio.listened_to(2)
        assert len(ear.pauses) >= 1
        await ear.stop()


def _impatient(made, seconds):
    return lambda self, call, explain, access: made(self, call, explain, access, seconds)


@pytest.mark.parametrize("endless", [b"x" * 65536, b"data: " + b"x" * 65529 + b"\n", b"data:\n" * 10000])
async def test_a_line_or_an_event_without_end_fills_no_memory(lines, endless):
    async with on_air() as radio:
        ear = Ear(lines(radio), since="0")
        await radio.listened_to()
        (sending,) = radio.streams
        sent = 0
        with suppress(ConnectionError):  # the other side has gone
            while not ear.pauses and sent < 16_000_000:
                sending.write(chunk(endless))
                await sending.drain()
                sent += len(endless)
        async with asyncio.timeout(10):
            while not ear.pauses:
                await asyncio.sleep(0.01)
        assert sent < 16_000_000
        radio.put(1)
        assert await ear.next() == [1]
        await ear.stop()


@pytest.mark.parametrize(("path", "code"), [(LIST, 401), (STREAM, 401)])
async def test_a_refused_token_ends_it(lines, path, code):
    async with on_air() as radio:
        radio.answers[path] = code, {}, b'{"error": "The access token was revoked"}'
        error = await Ear(lines(radio), since="0").refused()
        assert isinstance(error, ReauthorizationRequired)
        assert TOKEN not in f"{error!r}{error.detail}{error.remediation}"


async def test_a_token_that_is_refused_later_ends_it(lines):
    async with on_air() as radio:
        ear = Ear(lines(radio), since="0")
        await radio.listened_to()
        radio.answers[LIST] = 401, {}, b"{}"
        radio.reset()
        assert isinstance(await ear.refused(), ReauthorizationRequired)


async def test_a_scope_that_is_missing_ends_it_and_is_named_where_it_can_be(lines):
    async with on_air() as radio:
        error = await Ear(replace(lines(radio), scopes=("profile", "write:statuses"))).refused()
        assert isinstance(error, PermissionMissing)
        assert "read:notifications" in (error.remediation or "")
        assert radio.requests == []
        radio.answers[LIST] = 403, {}, b'{"error": "This action is outside the authorized scopes"}'
        assert isinstance(await Ear(lines(radio)).refused(), PermissionMissing)


@pytest.mark.parametrize("granted", ["read", "read:notifications"])
async def test_either_scope_is_enough(lines, granted):
    async with on_air() as radio:
        ear = Ear(replace(lines(radio), scopes=(granted,)), since="0")
        radio.put(1)
        assert await ear.next() == [1]
        await ear.stop()


async def test_a_server_that_was_never_reached_is_told_of(lines):
    async with on_air() as radio:
        radio.answers[LIST] = 500, {}, b"{}"
        assert isinstance(await Ear(lines(radio), since="3").refused(), PlatformUnavailable)
        radio.answers[LIST] = 404, {}, b"{}"
        assert isinstance(await Ear(lines(radio), since="3").refused(), ContentRejected)


@pytest.mark.parametrize("code", [404, 500, 200])
async def test_a_server_without_such_a_stream_is_asked_now_and_then(lines, code):
    async with on_air() as radio:
        radio.answers[STREAM] = code, {"Content-Type": "text/html"}, b"<h1>no stream</h1>"
        ear = Ear(lines(radio), since="0")
        for number in range(1, 5):
            radio.put(number)
            assert await ear.next() == [number]
        async with asyncio.timeout(20):
            while len(ear.pauses) < 8:
                await asyncio.sleep(0.01)
        assert ear.pauses[:8] == [1, 2, 4, 8, 16, 32, 60, 60]
        await ear.stop()


async def test_a_wait_that_the_server_asks_for_is_kept(lines):
    async with on_air() as radio:
        radio.answers[STREAM] = 429, {"Retry-After": "77"}, b"{}"
        ear = Ear(lines(radio), since="0")
        async with asyncio.timeout(10):
            while not ear.pauses:
                await asyncio.sleep(0.01)
        assert ear.pauses[0] == 77
        await ear.stop()


async def test_the_stream_is_where_the_server_says_and_the_token_goes_there(lines):
    async with on_air() as radio, on_air() as other:
        named = {"configuration": {"urls": {"streaming": other.url.replace("http", "ws")}}}
        radio.answers[INSTANCE] = 200, {}, json.dumps(named).encode()
        ear = Ear(lines(radio), since="0")
        await other.listened_to()
        assert [(path, headers["authorization"]) for path, headers in other.asked()] == [(STREAM, f"Bearer {TOKEN}")]
        assert STREAM not in dict(radio.asked())
        await ear.stop()


async def test_an_address_that_nobody_named_gets_no_token(lines):
    """Where the stream's own answer sends us is a stranger."""
    async with on_air() as radio, on_air() as stranger:
        radio.answers[STREAM] = 302, {"Location": f"{stranger.url}{STREAM}"}, b""
        ear = Ear(lines(radio), since="0")
        async with asyncio.timeout(10):
            while len(ear.pauses) < 3:
                await asyncio.sleep(0.01)
        await ear.stop()
        assert stranger.requests == []


async def test_a_named_address_inside_our_network_is_not_reached(monkeypatch):
    """Unless it is the operator's own server: then it names what it likes, but a private address stays out of reach."""
    outbound = Outbound()
    async with on_air() as radio, on_air() as inside:
        radio.put(1)
        named = {"configuration": {"urls": {"streaming": inside.url}}}
        radio.answers[INSTANCE] = 200, {}, json.dumps(named).encode()
        from ocma.platforms.gateway import Gateway
        from ocma.platforms.grant import Grant

        gateway = Gateway(outbound, {"OCMA_MASTODON_API_URL": radio.url})
        ear = Ear(gateway.access(Mastodon(), Grant(TOKEN), profile_id=ME), since="0")
        assert await ear.next() == [1]
        async with asyncio.timeout(10):
            while len(ear.pauses) < 2:
                await asyncio.sleep(0.01)
        await ear.stop()
        assert inside.requests == []
    await outbound.close()


async def test_who_stops_closes_the_connection_at_once(lines):
    async with on_air() as radio:
        ear = Ear(lines(radio), since="0")
        await radio.listened_to()
        await radio.say(1)
        assert await ear.next() == [1]
        assert not radio.ended.is_set()
        await ear.stop()
        async with asyncio.timeout(10):
            await radio.ended.wait()


async def test_who_closes_closes_the_connection_at_once(lines):
    async with on_air() as radio:
        listening = Mastodon().listen(lines(radio), "0")
        first = asyncio.create_task(anext(listening))
        await radio.listened_to()
        await radio.say(1)
        assert (await first).id == "1"
        await listening.aclose()
        async with asyncio.timeout(10):
            await radio.ended.wait()


async def test_what_is_said_is_told_whole(lines):
    async with on_air() as radio:
        quoted = {"state": "accepted", "quoted_status": {"id": "556"}}
        radio.put(1, content="<p>Hi <b>you</b> &amp; me</p><p>two</p>", spoiler_text="Careful")
        radio.put(2, in_reply_to_id="555", in_reply_to_account_id=ME)
        radio.put(3, in_reply_to_id="999", in_reply_to_account_id="8")
        radio.put(4, "quote", quote=quoted)
        radio.put(5, "follow")
        ear = Ear(lines(radio), since="0")
        first, reply, other, quote = [await ear.heard.get() for _ in range(4)]
        assert (first.kind, first.handle, first.name, first.text) == (
            "mention",
            "bob@far.example",
            "Bob",
            "Careful\n\nHi you & me\n\ntwo",
        )
        assert first.url == "https://social.example/@alice/115800000000000001"
        assert (reply.kind, reply.in_reply_to) == ("reply", "555")
        assert (other.kind, other.in_reply_to) == ("mention", "999")
        assert (quote.kind, quote.in_reply_to) == ("quote", "556")
        await radio.listened_to()
        await radio.send(event({"id": "6", "type": "favourite", "status": None}))
        await radio.send(event({"id": "7"}, "update") + b"event: notification\ndata: not json\n\nevent: delete\ndata: 12\n\n")
        await radio.say(8)
        assert await ear.next() == [8]
        await ear.stop()
