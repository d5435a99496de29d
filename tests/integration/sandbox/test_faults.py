"""Every kind of fault, seen from outside: what was booked, and what came back over the wire."""

import json
import socket
import time
from contextlib import closing
from urllib.parse import urlsplit

import httpx2
import pytest


def raw_post(url, path, token, body, headers=()):
    """Sends one whole request on a socket of its own and leaves the socket open."""
    parts = urlsplit(url)
    content = json.dumps(body).encode()
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {parts.netloc}",
        f"Authorization: Bearer {token}",
        "Content-Type: application/json",
        f"Content-Length: {len(content)}",
        *headers,
    ]
    connection = socket.create_connection((parts.hostname, parts.port), timeout=30)
    connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
    return connection


@pytest.fixture(params=["x", "mastodon"])
def publisher(request, url):
    """(platform, raw publishing call, ordinary publishing call)"""
    if request.param == "x":
        user = request.getfixturevalue("alice")
        token, path = user.tokens["access_token"], "/x/2/tweets"
        return "x", lambda text: raw_post(url, path, token, {"text": text}), lambda text: user.post(text=text)
    user = request.getfixturevalue("ann")
    path = "/mastodon/api/v1/statuses"
    return "mastodon", lambda text: raw_post(url, path, user.access_token, {"status": text}), user.post


def test_accept_reset_is_booked_and_closes_without_a_byte(publisher, control):
    platform, raw, publish = publisher
    control.fault(platform, "accept_reset")
    with closing(raw("lost answer")) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert control.contents(platform) == ["lost answer"]
    assert control.faults() == []
    assert publish("second").is_success


def test_reset_closes_without_a_byte_and_books_nothing(publisher, control):
    platform, raw, publish = publisher
    control.fault(platform, "reset")
    with closing(raw("never handled")) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert control.contents(platform) == []
    assert publish("second").is_success


def test_accept_hang_is_booked_and_stays_silent(publisher, control):
    platform, raw, publish = publisher
    control.fault(platform, "accept_hang")
    with closing(raw("silence")) as connection:
        connection.settimeout(0.7)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert control.contents(platform) == ["silence"]
        assert publish("others go on").is_success


def test_accept_500_is_booked_and_answers_500(publisher, control):
    platform, _raw, publish = publisher
    control.fault(platform, "accept_500")
    response = publish("broken answer")
    assert response.status_code == 500
    assert response.json()
    assert control.contents(platform) == ["broken answer"]


@pytest.mark.parametrize("kind", ["accept_hang", "accept_reset", "accept_500"])
def test_a_refused_publish_does_not_use_up_an_accept_fault(alice, control, kind):
    control.fault("x", kind)
    assert alice.post(text="").status_code == 400
    assert alice.get("/2/users/me").status_code == 200
    assert [fault["remaining"] for fault in control.faults()] == [1]


def test_a_replay_is_no_acceptance(ann, control):
    first = ann.posted("once", key="k")
    control.fault("mastodon", "accept_reset")
    assert ann.posted("once", key="k")["id"] == first["id"]
    with pytest.raises(httpx2.HTTPError):
        ann.post("twice", key="k2")
    assert ann.post("twice", key="k2").json()["id"] == control.books()[1]["id"]
    assert control.contents("mastodon") == ["once", "twice"]


def test_on_a_path_of_its_own_accept_strikes_any_call_that_succeeds(ann, control):
    control.fault("mastodon", "accept_500", path="/api/v2/media")
    assert ann.post("no upload").status_code == 200
    assert ann.upload(b"not a medium").status_code == 422
    assert [fault["remaining"] for fault in control.faults()] == [1]
    pixel = b"GIF89a" + b"\x01\x00\x01\x00" + b"\x00" * 20
    assert ann.upload(pixel).status_code == 500
    assert control.faults() == []


def test_rate_limit_answers_429_with_its_end(publisher, control, clock):
    platform, _raw, publish = publisher
    control.fault(platform, "rate_limit", delayMs=2500)
    response = publish("too fast")
    assert response.status_code == 429
    expected = {
        "x": ("x-rate-limit-reset", str(int(clock.now) + 3)),
        "mastodon": ("x-ratelimit-reset", "2026-09-21T14:13:22.500Z"),
    }
    name, value = expected[platform]
    assert response.headers[name] == value
    assert control.contents(platform) == []


def test_server_error_answers_503_and_books_nothing(publisher, control):
    platform, _raw, publish = publisher
    control.fault(platform, "server_error", count=2)
    assert [publish("down").status_code for _ in range(3)] == [503, 503, 201 if platform == "x" else 200]
    assert control.contents(platform) == ["down"]


def test_delay_only_delays(publisher, control):
    platform, _raw, publish = publisher
    control.fault(platform, "delay", delayMs=400)
    begun = time.monotonic()
    assert publish("slow").is_success
    assert time.monotonic() - begun >= 0.4
    assert publish("quick").is_success


def test_what_is_delayed_is_booked_although_the_client_has_gone(publisher, control):
    platform, raw, _publish = publisher
    control.fault(platform, "delay", delayMs=300)
    raw("impatient").close()
    deadline = time.monotonic() + 20
    while control.contents(platform) != ["impatient"]:
        assert time.monotonic() < deadline, "the request was not handled after the client had gone"
        time.sleep(0.05)


def test_a_client_that_leaves_in_the_middle_of_its_body_is_not_booked(ann, url, control, caplog):
    for kind in (None, "delay"):
        if kind:
            control.fault("mastodon", kind, delayMs=1)
        connection = raw_post(url, "/mastodon/api/v1/statuses", ann.access_token, {"status": "whole"})
        connection.close()
        parts = urlsplit(url)
        half = socket.create_connection((parts.hostname, parts.port), timeout=30)
        head = f"POST /mastodon/api/v1/statuses HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {ann.access_token}\r\n"
        half.sendall(f'{head}Content-Type: application/json\r\nContent-Length: 500\r\n\r\n{{"status": "ha'.encode())
        half.close()
    time.sleep(0.3)
    assert set(control.contents("mastodon")) <= {"whole"}
    assert "Exception in ASGI" not in caplog.text


def test_expired_token_ends_the_access_token_only(alice, x, control):
    control.fault("x", "expired_token")
    assert alice.post(text="a").status_code == 401
    assert alice.post(text="a").status_code == 401
    alice.tokens = x.refresh(alice.tokens["refresh_token"]).json()
    assert alice.post(text="a").status_code == 201
    assert control.contents("x") == ["a"]


def test_revoked_token_ends_the_grant(alice, x, control):
    other = x.connect("bob")
    control.fault("x", "revoked_token")
    assert alice.get("/2/users/me").status_code == 401
    assert x.refresh(alice.tokens["refresh_token"]).status_code == 400
    assert other.get("/2/users/me").status_code == 200


def test_a_token_fault_waits_for_a_good_token(alice, x, control):
    control.fault("x", "revoked_token")
    x.http.get(f"{x.url}/x/2/users/me", headers={"Authorization": "Bearer wrong"})
    assert len(control.faults()) == 1


def test_mastodon_says_which_end_its_token_came_to(ann, mastodon, control):
    control.fault("mastodon", "expired_token")
    assert ann.post("a").json() == {"error": "The access token expired"}
    control.fault("mastodon", "revoked_token")
    assert mastodon.connect("ann").post("a").json() == {"error": "The access token was revoked"}


def test_token_endpoint_down_spares_the_rest(alice, x, control):
    control.fault("x", "token_endpoint_down")
    assert alice.get("/2/users/me").status_code == 200
    assert x.refresh(alice.tokens["refresh_token"]).status_code == 503
    assert x.refresh(alice.tokens["refresh_token"]).status_code == 200, "nothing was rotated while it was down"


def test_api_faults_spare_the_authorize_page_and_the_token_endpoint(x, control):
    control.fault("x", "server_error", count=100)
    user = x.connect("alice")
    assert user.get("/2/users/me").status_code == 503


def test_a_path_narrows_a_fault(alice, control):
    control.fault("x", "server_error", path="/2/users/me", count=5)
    assert alice.post(text="a").status_code == 201
    assert alice.get("/2/users/me").status_code == 503


def test_a_fault_is_for_its_platform_only(alice, ann, control):
    control.fault("mastodon", "server_error")
    assert alice.post(text="a").status_code == 201
    assert ann.post("a").status_code == 503


def test_probability_strikes_about_so_often(alice, control):
    control.settle("x", rate_factor=0)
    control.fault("x", "server_error", probability=0.3)
    failed = sum(alice.get("/2/users/me").status_code == 503 for _ in range(200))
    assert 35 <= failed <= 85
    (fault,) = control.faults()
    assert (fault["used"], fault["remaining"]) == (failed, None)
    assert control.call("DELETE", "faults").status_code == 204
    assert {alice.get("/2/users/me").status_code for _ in range(20)} == {200}


@pytest.mark.parametrize(
    "wish",
    [
        {},
        {"platform": "x"},
        {"platform": "x", "kind": "earthquake"},
        {"platform": "myspace", "kind": "delay"},
        {"platform": "x", "kind": "delay", "count": 0},
        {"platform": "x", "kind": "delay", "count": "1"},
        {"platform": "x", "kind": "delay", "probability": 1.5},
        {"platform": "x", "kind": "delay", "delayMs": -1},
        {"platform": "x", "kind": "delay", "path": ""},
        {"platform": "x", "kind": "delay", "often": True},
        [],
    ],
)
def test_a_wrong_wish_is_explained(control, wish):
    response = control.call("POST", "faults", json=wish)
    assert response.status_code == 422
    assert response.json()["error"]
    assert control.faults() == []
