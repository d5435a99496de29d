"""What a server that a user named may answer: nothing that unfolds to more than it weighs."""

import gzip

import httpx2
import pytest

from ocma.infra.outbound import Guard, Outbound

BOMB = gzip.compress(b"0" * 1_000_000)
HOST = "http://93.184.215.14/"


def answering(**headers):
    return httpx2.MockTransport(lambda _: httpx2.Response(200, headers=headers, content=BOMB))


async def test_compression_is_asked_for_only_where_the_operator_chose():
    outbound = Outbound()
    assert outbound.client(HOST, chosen=False).headers["accept-encoding"] == "identity"
    assert "gzip" in outbound.client(HOST, chosen=True).headers["accept-encoding"]
    await outbound.close()


async def test_an_answer_that_is_compressed_all_the_same_is_refused():
    guard = Guard(answering(**{"content-encoding": "gzip"}), answering(), ())
    with pytest.raises(httpx2.RemoteProtocolError):
        await guard.handle_async_request(httpx2.Request("GET", HOST))
    plain = Guard(answering(), answering(), ())
    assert (await plain.handle_async_request(httpx2.Request("GET", HOST))).status_code == 200
