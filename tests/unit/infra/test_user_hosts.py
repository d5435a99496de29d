"""What a server that a user named may answer: nothing that unfolds to more than it weighs."""

import gzip

import httpx2
import pytest
import structlog
from structlog.testing import LogCapture

from ocma.errors import Invalid
from ocma.features.notifications.destination import check_url
from ocma.infra import outbound
from ocma.infra.outbound import Guard, Outbound, Refused, Traced

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


async def test_the_path_of_a_users_url_is_not_logged(monkeypatch):
    """That of a webhook is often its only secret."""
    failing = httpx2.MockTransport(lambda _: httpx2.Response(500))
    capture = LogCapture()
    monkeypatch.setattr(outbound, "log", structlog.wrap_logger(None, [capture], structlog.make_filtering_bound_logger("info")))
    await Traced(failing, paths=False).handle_async_request(httpx2.Request("POST", HOST + "hooks/5ecret?key=5ecret"))
    await Traced(failing).handle_async_request(httpx2.Request("POST", HOST + "2/posts?key=5ecret"))
    assert [each["path"] for each in capture.entries] == ["/", "/2/posts"]
    assert "5ecret" not in str(capture.entries)


TRUSTED = ("127.0.0.1", "10.0.0.1:8080", "::1", "[fd00::1]:8080", "10.0.0.2:443")


@pytest.mark.parametrize(
    ("url", "is_open"),
    [
        ("http://127.0.0.1/a", True),
        ("https://127.0.0.1/a", True),
        ("https://127.0.0.1:443/a", True),
        ("http://127.0.0.1:6379/a", False),
        ("http://10.0.0.1:8080/a", True),
        ("http://10.0.0.1/a", False),
        ("http://10.0.0.1:8090/a", False),
        ("http://[::1]/a", True),
        ("http://[::1]:6379/a", False),
        ("http://[fd00::1]:8080/a", True),
        ("https://10.0.0.2/a", True),
        ("http://10.0.0.2/a", False),
    ],
)
async def test_a_trusted_host_opens_its_own_port_alone(url, is_open):
    """Both where a webhook is saved and where anything is dialled."""
    open_way = httpx2.MockTransport(lambda _: httpx2.Response(204))
    guard = Guard(httpx2.MockTransport(lambda _: httpx2.Response(500)), open_way, TRUSTED)
    if is_open:
        assert (await guard.handle_async_request(httpx2.Request("GET", url))).status_code == 204
        check_url(url, TRUSTED)
        return
    with pytest.raises(Refused):
        await guard.handle_async_request(httpx2.Request("GET", url))
    with pytest.raises(Invalid):
        check_url(url, TRUSTED)
