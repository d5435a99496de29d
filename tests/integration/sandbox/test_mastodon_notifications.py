"""Mentions, asked for and streamed; what becomes of an open stream when something goes wrong."""

import json
import signal
import socket
import threading
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx2
import pytest

from integration.sandbox.test_command import started
from integration.sandbox.walks import MastodonApp
from ocma_sandbox.config import Config
from ocma_sandbox.server import build_server

NOTIFICATIONS = "/api/v1/notifications"
STREAM = "/api/v1/streaming/user/notification"
USER_STREAM = "/api/v1/streaming/user"
LONG = "@ann " + "&" * 250_000
"""A megabyte and a quarter when it is written as HTML."""


class Reader:
    """An open stream, line by line."""

    def __init__(self, response):
        self.response = response
        self._lines = response.iter_lines()

    def line(self):
        return next(self._lines)

    def event(self):
        """The next event's kind and data; heartbeats are passed over."""
        while (line := self.line()).startswith(":") or not line:
            pass
        kind, data = line, self.line()
        assert kind.startswith("event: "), kind
        assert data.startswith("data: "), data
        return kind.removeprefix("event: "), data.removeprefix("data: ")

    def notification(self):
        kind, data = self.event()
        assert kind == "notification"
        return json.loads(data)

    def text(self):
        return self.notification()["status"]["content"]


@contextmanager
def stream(user, path=STREAM):
    headers = {"Authorization": f"Bearer {user.access_token}"}
    with httpx2.Client(timeout=30) as client, client.stream("GET", f"{user.app.url}/mastodon{path}", headers=headers) as response:
        assert response.status_code == 200, response.read()
        reader = Reader(response)
        assert reader.line() == ":)"
        yield reader


@pytest.fixture
def bea(mastodon):
    return mastodon.connect("bea")


def ids(response):
    assert response.status_code == 200, response.text
    return [item["id"] for item in response.json()]


def test_a_notification_is_told_with_its_status_and_has_an_id_of_its_own(ann, bea):
    status = bea.posted("hello @ann", visibility="unlisted")
    (item,) = ann.get(NOTIFICATIONS).json()
    assert (item["type"], item["account"]["acct"], item["created_at"]) == ("mention", "bea", status["created_at"])
    assert item["status"]["id"] == status["id"]
    assert item["status"]["mentions"][0]["acct"] == "ann"
    assert item["id"] != status["id"]
    assert ann.get(f"{NOTIFICATIONS}/{item['id']}").json() == item


def test_everybody_mentioned_is_notified_once_and_nobody_else(ann, bea, mastodon, url):
    cid, host = mastodon.connect("cid"), url.removeprefix("http://")
    bea.posted(f"@ann @ANN @ann@{host} @cid@{host} @cid@elsewhere.example @nobody and @bea")
    assert [len(user.get(NOTIFICATIONS).json()) for user in (ann, bea, cid)] == [1, 0, 1]
    assert ids(ann.get(NOTIFICATIONS)) != ids(cid.get(NOTIFICATIONS)), "each has a notification of their own"
    bea.posted("about @ann@elsewhere.example")
    assert len(ann.get(NOTIFICATIONS).json()) == 1


def test_a_reply_notifies_by_its_mention_only(ann, bea):
    root = ann.posted("what do you say?")
    bea.posted("to nobody", in_reply_to_id=root["id"])
    assert ann.get(NOTIFICATIONS).json() == []
    bea.posted("@ann to you", in_reply_to_id=root["id"], visibility="direct")
    (item,) = ann.get(NOTIFICATIONS).json()
    assert (item["status"]["in_reply_to_id"], item["status"]["visibility"]) == (root["id"], "direct")


def test_who_comes_later_is_not_notified_of_what_was_said_before(bea, mastodon):
    bea.posted("is there a @dan?")
    assert mastodon.connect("dan").get(NOTIFICATIONS).json() == []


def test_a_deleted_status_takes_its_notification_along(ann, bea):
    status = bea.posted("@ann forget it")
    (item,) = ann.get(NOTIFICATIONS).json()
    bea.call("DELETE", f"/api/v1/statuses/{status['id']}")
    assert ann.get(NOTIFICATIONS).json() == []
    assert ann.get(f"{NOTIFICATIONS}/{item['id']}").status_code == 404


def test_the_same_key_notifies_once(ann, bea):
    for _ in range(2):
        bea.posted("@ann once", key="k")
    assert len(ann.get(NOTIFICATIONS).json()) == 1


def test_a_status_for_later_notifies_when_its_time_has_come(ann, bea, clock, url):
    at = datetime.fromtimestamp(clock.now + 600, UTC).isoformat()
    bea.posted(f"@ann@{url.removeprefix('http://')} later", scheduled_at=at)
    assert ann.get(NOTIFICATIONS).json() == []
    clock.now += 600
    assert [item["status"]["content"].endswith("later</p>") for item in ann.get(NOTIFICATIONS).json()] == [True]


def test_a_notification_is_its_persons_only(ann, bea):
    bea.posted("@ann")
    (own,) = ids(ann.get(NOTIFICATIONS))
    refused = bea.get(f"{NOTIFICATIONS}/{own}")
    assert (refused.status_code, refused.json()) == (404, {"error": "Record not found"})
    for wrong in ("0", "x", own + "9"):
        assert ann.get(f"{NOTIFICATIONS}/{wrong}").status_code == 404


def test_types_and_authors_narrow_the_list(ann, bea, mastodon):
    bea.posted("@ann from bea")
    mastodon.connect("cid").posted("@ann from cid")
    assert len(ann.get(NOTIFICATIONS, **{"types[]": ["mention", "quote"]}).json()) == 2
    assert ann.get(NOTIFICATIONS, **{"types[]": "follow"}).json() == []
    assert ann.get(NOTIFICATIONS, **{"types[]": "mention", "exclude_types[]": "mention"}).json() == []
    assert len(ann.get(NOTIFICATIONS, **{"exclude_types[]": ["follow", "poll"]}).json()) == 2
    (item,) = ann.get(NOTIFICATIONS, account_id=bea.me()["id"]).json()
    assert item["account"]["acct"] == "bea"


def test_notifications_are_paged_in_both_directions(ann, bea):
    for number in range(12):
        bea.posted(f"@ann {number}")
    everything = ids(ann.get(NOTIFICATIONS))
    assert everything == sorted(everything, key=int, reverse=True)
    assert len(everything) == 12
    oldest = everything[::-1]

    def found(**params):
        return ids(ann.get(NOTIFICATIONS, **params))

    assert found(limit=3) == everything[:3]
    assert found(limit=3, max_id=everything[2]) == everything[3:6]
    assert found(limit=3, since_id=oldest[0]) == everything[:3], "the newest above it"
    assert found(limit=3, min_id=oldest[0]) == oldest[1:4][::-1], "those directly above it"
    assert found(limit=3, min_id=0) == oldest[:3][::-1], "from the very first one"
    assert found(min_id=oldest[8], max_id=oldest[11]) == [oldest[10], oldest[9]]
    assert found(min_id=everything[0]) == []


def test_links_lead_through_all_pages_and_forward_again(ann, bea):
    bodies = [bea.posted(f"@ann {number}")["content"] for number in range(5)]
    page, seen = ann.get(NOTIFICATIONS, limit=2, **{"types[]": "mention"}), []
    newest = page.links["prev"]["url"]
    while page.json():
        seen += [item["status"]["content"] for item in page.json()]
        assert "types" in page.links["next"]["url"]
        page = follow(ann, page.links["next"]["url"])
    assert "link" not in page.headers
    assert seen == bodies[::-1]
    assert follow(ann, newest).json() == []
    late = bea.posted("@ann late")
    assert [item["status"]["id"] for item in follow(ann, newest).json()] == [late["id"]]


def follow(user, address):
    return user.app.http.get(address, headers={"Authorization": f"Bearer {user.access_token}"})


def test_a_page_holds_forty_and_at_most_eighty(ann, bea, control):
    control.settle("mastodon", rate_factor=0)
    for number in range(83):
        bea.posted(f"@ann {number}")
    sizes = [len(ann.get(NOTIFICATIONS, **params).json()) for params in ({}, {"limit": 80}, {"limit": 500}, {"limit": 0})]
    assert sizes == [40, 80, 80, 40]


@pytest.mark.parametrize("path", [NOTIFICATIONS, f"{NOTIFICATIONS}/1"])
def test_the_scope_is_needed(url, path):
    narrow = MastodonApp(url, scopes="read:statuses read:notifications").connect("ann", scope="read:statuses")
    refused = narrow.get(path)
    assert (refused.status_code, refused.json()) == (403, {"error": "This action is outside the authorized scopes"})
    fitting = MastodonApp(url, scopes="read:notifications").connect("ann")
    assert fitting.get(path).status_code == (200 if path == NOTIFICATIONS else 404)
    nobody = httpx2.get(f"{url}/mastodon{path}", timeout=30)
    assert (nobody.status_code, nobody.json()) == (401, {"error": "The access token is invalid"})


def test_the_instance_says_where_it_streams(ann, url):
    expected = url.replace("http://", "ws://") + "/mastodon"
    assert ann.get("/api/v2/instance").json()["configuration"]["urls"]["streaming"] == expected
    assert ann.get("/api/v1/instance").json()["urls"]["streaming_api"] == expected
    health = httpx2.get(f"{url}/mastodon/api/v1/streaming/health", timeout=30)
    assert (health.status_code, health.text) == (200, "OK")


def test_a_mention_is_streamed_as_it_is_listed(ann, bea):
    with stream(ann) as reader:
        assert reader.response.headers["content-type"] == "text/event-stream"
        assert reader.response.headers["cache-control"] == "no-store"
        bea.posted("about nobody")
        ann.posted("of my own")
        status = bea.posted("hello @ann\nline two")
        told = reader.notification()
    assert told["status"]["id"] == status["id"]
    assert [told] == ann.get(NOTIFICATIONS).json()


def test_every_stream_of_an_account_is_told_and_no_other(ann, bea):
    with stream(ann) as one, stream(ann, USER_STREAM) as two, stream(bea) as other:
        bea.posted("@ann first")
        ann.posted("@bea second")
        assert one.text().endswith("first</p>")
        assert two.text().endswith("first</p>")
        assert other.text().endswith("second</p>")


def test_the_users_stream_tells_of_own_statuses_and_deletions(ann, bea):
    with stream(ann, USER_STREAM) as reader:
        status = ann.posted("mine")
        kind, data = reader.event()
        assert (kind, json.loads(data)) == ("update", ann.get(f"/api/v1/statuses/{status['id']}").json())
        ann.call("DELETE", f"/api/v1/statuses/{status['id']}")
        assert reader.event() == ("delete", status["id"])
        mention = bea.posted("@ann")
        assert reader.notification()["status"]["id"] == mention["id"]
        bea.call("DELETE", f"/api/v1/statuses/{mention['id']}")
        assert reader.event() == ("delete", mention["id"])


def test_heartbeats_come_at_the_interval_that_is_set(ann, control):
    control.settle("mastodon", heartbeat_seconds=0.05)
    begun = time.monotonic()  # the server counts from its first byte on
    with stream(ann) as reader:
        assert [reader.line() for _ in range(4)] == [":thump"] * 4
        assert 0.2 < time.monotonic() - begun < 15  # as it comes without the setting


def test_an_open_stream_sees_a_scheduled_status_come_due(ann, bea, clock, control):
    control.settle("mastodon", heartbeat_seconds=0.05)
    bea.posted("@ann later", scheduled_at=datetime.fromtimestamp(clock.now + 600, UTC).isoformat())
    with stream(ann) as reader:
        clock.now += 600
        assert reader.text().endswith("later</p>")


@pytest.mark.parametrize("path", [STREAM, USER_STREAM])
def test_a_stream_needs_a_persons_token(mastodon, url, path):
    app_token = mastodon.token(grant_type="client_credentials", scope="read").json()["access_token"]
    cases = {
        None: "Missing access token",
        "Bearer wrong": "Invalid access token",
        "Basic YTpi": "Invalid access token",
        f"Bearer {app_token}": "Invalid access token",
    }
    for header, message in cases.items():
        refused = httpx2.get(f"{url}/mastodon{path}", headers={"Authorization": header} if header else {}, timeout=30)
        assert (refused.status_code, refused.json()) == (401, {"error": message})


def test_a_stream_needs_its_scope(url):
    app = MastodonApp(url, scopes="read:statuses read:notifications")
    only = {name: app.connect("ann", scope=f"read:{name}") for name in ("statuses", "notifications")}
    for user, path in ((only["statuses"], STREAM), (only["notifications"], USER_STREAM)):
        refused = user.get(path)
        assert (refused.status_code, refused.json()["error"]) == (401, "Access token does not have the required scopes")
    with stream(only["notifications"]):
        pass


def test_the_users_stream_keeps_notifications_from_who_may_not_read_them(url, mastodon):
    narrow = MastodonApp(url, scopes="read:statuses").connect("ann")
    author = mastodon.connect("ann")
    with stream(narrow, USER_STREAM) as reader:
        mastodon.connect("bea").posted("@ann")
        author.posted("own")
        assert reader.event()[0] == "update"


def test_the_token_may_be_in_the_query(ann, bea, url):
    address = f"{url}/mastodon{STREAM}"
    with httpx2.stream("GET", address, params={"access_token": ann.access_token}, timeout=30) as response:
        reader = Reader(response)
        assert reader.line() == ":)"
        bea.posted("@ann")
        assert reader.notification()["type"] == "mention"


def test_revoking_the_token_ends_its_stream_in_order(ann, mastodon, control):
    control.settle("mastodon", heartbeat_seconds=0.05)
    other = mastodon.connect("ann")
    with stream(ann) as reader, stream(other) as going_on:
        own = {name: mastodon.registered[name] for name in ("client_id", "client_secret")}
        mastodon.http.post(f"{mastodon.url}/mastodon/oauth/revoke", data={**own, "token": ann.access_token})
        with pytest.raises(StopIteration):
            reader.event()
        assert going_on.line() == ":thump"


@pytest.mark.parametrize(
    ("kind", "status", "message"),
    [
        ("server_error", 503, None),
        ("rate_limit", 429, None),
        ("expired_token", 401, "Invalid access token"),
        ("revoked_token", 401, "Invalid access token"),
    ],
)
def test_faults_strike_the_opening_of_a_stream(ann, control, kind, status, message):
    control.fault("mastodon", kind, path=STREAM)
    assert ann.get(NOTIFICATIONS).status_code == 200
    refused = ann.get(STREAM)
    assert refused.status_code == status
    assert message in {None, refused.json()["error"]}
    assert control.faults() == []


def test_a_token_in_the_query_is_spoilt_as_well(ann, url, control):
    control.fault("mastodon", "revoked_token", path=STREAM)
    refused = httpx2.get(f"{url}/mastodon{STREAM}", params={"access_token": ann.access_token}, timeout=30)
    assert refused.status_code == 401
    assert ann.get(NOTIFICATIONS).status_code == 401


def test_reset_and_delay_strike_the_opening_of_a_stream(ann, bea, control):
    control.fault("mastodon", "reset", path=STREAM)
    with pytest.raises(httpx2.HTTPError), stream(ann):
        pass
    control.fault("mastodon", "delay", path=STREAM, delayMs=300)
    begun = time.monotonic()
    with stream(ann) as reader:
        assert time.monotonic() - begun >= 0.3
        bea.posted("@ann")
        assert reader.notification()["type"] == "mention"


@pytest.mark.parametrize("kind", ["server_error", "expired_token"])
def test_faults_strike_the_list(ann, control, kind):
    control.fault("mastodon", kind, path=NOTIFICATIONS)
    assert ann.get(NOTIFICATIONS).status_code == {"server_error": 503, "expired_token": 401}[kind]


def test_a_cut_loses_the_event_after_so_many_and_the_list_has_it(ann, bea, control):
    fault = control.fault("mastodon", "stream_cut", path=STREAM, events=2)
    assert fault["events"] == 2
    with stream(ann) as reader:
        bodies = [bea.posted(f"@ann {number}")["content"] for number in range(2)]
        assert [reader.text(), reader.text()] == bodies
        last = ann.get(NOTIFICATIONS).json()[0]["id"]
        lost = bea.posted("@ann lost")
        with pytest.raises(httpx2.HTTPError):
            reader.event()
    assert control.faults() == []
    assert [item["status"]["id"] for item in ann.get(NOTIFICATIONS, min_id=last).json()] == [lost["id"]]
    with stream(ann) as again:
        bea.posted("@ann after it")
        assert again.text().endswith("after it</p>")


def test_a_cut_counts_from_when_it_was_asked_for(ann, bea, control):
    with stream(ann) as reader:
        bea.posted("@ann before")
        assert reader.text().endswith("before</p>")
        control.fault("mastodon", "stream_cut", events=1)
        bea.posted("@ann passes")
        assert reader.text().endswith("passes</p>")
        bea.posted("@ann is lost")
        with pytest.raises(httpx2.HTTPError):
            reader.text()


def test_a_cut_without_a_number_comes_at_once_to_one_open_stream(ann, bea, control):
    with stream(ann) as one, stream(bea) as other:
        control.fault("mastodon", "stream_cut")
        ended = [fate(reader) for reader in (one, other)]
        assert sorted(ended) == ["cut", "open"]


def test_a_cut_strikes_as_often_as_its_count(ann, control):
    control.fault("mastodon", "stream_cut", path=USER_STREAM, count=2)
    assert [fault["remaining"] for fault in control.faults()] == [2]
    for _ in range(2):
        with pytest.raises(httpx2.HTTPError), stream(ann, USER_STREAM) as reader:
            reader.line()
    with stream(ann, USER_STREAM):
        assert control.faults() == []


def fate(reader):
    """Looks at the socket, not longer than it takes."""
    sock = reader.response.extensions["network_stream"].get_extra_info("socket")
    sock.settimeout(0.5)
    try:
        return "ended" if sock.recv(1) == b"" else "data"
    except TimeoutError:
        return "open"
    except ConnectionResetError:
        return "cut"


def test_only_a_cut_counts_events(control):
    for body in ({"kind": "reset", "events": 1}, {"kind": "stream_cut", "events": -1}):
        refused = control.call("POST", "faults", json={"platform": "mastodon", **body})
        assert refused.status_code == 422
        assert "$.events" in refused.json()["error"]
    assert control.faults() == []


def test_a_cut_does_not_touch_what_is_no_stream(ann, control):
    control.fault("mastodon", "stream_cut", events=0)
    ann.posted("as ever")
    assert ann.get(NOTIFICATIONS).status_code == 200
    assert [fault["used"] for fault in control.faults()] == [0]


def test_a_slow_reader_is_cut_and_others_go_on():
    with served("stream_backlog=3", "max_characters=1000000") as (url, streams):
        app = MastodonApp(url)
        ann, bea = app.connect("ann"), app.connect("bea")
        with raw_stream(url, ann.access_token) as connection, stream(ann) as quick:
            for _ in range(60):  # 75 MB at most: more than a kernel holds for somebody who reads nothing
                bea.posted(LONG)
                quick.notification()
                if len(streams) == 1:
                    break
            with pytest.raises(ConnectionResetError):
                drained(connection)
            bea.posted("@ann still there?")
            assert quick.text().endswith("still there?</p>")


def raw_stream(url, token):
    parts = urlsplit(url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.settimeout(60)
    connection.connect((parts.hostname, parts.port))
    head = f"GET /mastodon{STREAM} HTTP/1.1\r\nHost: {parts.netloc}\r\nAuthorization: Bearer {token}\r\n\r\n"
    connection.sendall(head.encode())
    assert connection.recv(12) == b"HTTP/1.1 200"
    return connection


def drained(connection):
    while connection.recv(65536):
        pass


@contextmanager
def served(*settings):
    """A sandbox in this process whose inside can be looked at: its address and its open streams."""
    urls, ready = [], threading.Event()

    def announce(url):
        urls.append(url)
        ready.set()

    chosen = dict(text.split("=") for text in settings)
    server = build_server(Config(settings={"mastodon": chosen}), announce)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        assert ready.wait(60)
        yield urls[0], server.config.app.state.world.streams
    finally:
        server.should_exit = True
        thread.join(60)
    assert not thread.is_alive()


def test_a_client_that_goes_leaves_nothing_behind():
    with served() as (url, streams):
        user = MastodonApp(url).connect("ann")
        with stream(user), stream(user):
            assert len(streams) == 2
        left, said = raw_stream(url, user.access_token), b""
        while b":)" not in said:  # from here on it is a stream
            said += left.recv(100)
        assert len(streams) >= 1
        left.close()
        deadline = time.monotonic() + 20
        while len(streams):
            assert time.monotonic() < deadline, "a stream outlives its client"
            time.sleep(0.02)


def test_a_head_request_opens_no_stream(ann):
    answer = ann.call("HEAD", STREAM)
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream")


def test_open_streams_end_in_order_when_the_sandbox_stops():
    with started() as (process, url):
        user = MastodonApp(url).connect("ann")
        with stream(user) as one, stream(user, USER_STREAM) as two:
            process.send_signal(signal.SIGTERM)
            for reader in (one, two):
                with pytest.raises(StopIteration):
                    reader.line()
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_a_reader_who_does_not_read_does_not_hold_the_sandbox_up():
    with started("--set", "mastodon.max_characters=1000000") as (process, url):
        app = MastodonApp(url)
        ann, bea = app.connect("ann"), app.connect("bea")
        with raw_stream(url, ann.access_token):
            for _ in range(8):
                bea.posted(LONG)
            process.send_signal(signal.SIGTERM)
            out, err = process.communicate(timeout=60)
        assert (process.returncode, out, err) == (0, "", "")


def test_notifications_survive_kill_9(tmp_path):
    with started("--state", tmp_path / "state") as (process, url):
        app = MastodonApp(url)
        ann, bea = app.connect("ann"), app.connect("bea")
        bea.posted("@ann first")
        (first,) = ids(ann.get(NOTIFICATIONS))
        process.kill()
        process.wait()
    with started("--state", tmp_path / "state") as (_process, fresh):
        app.url = fresh
        assert ids(ann.get(NOTIFICATIONS)) == [first]
        with stream(ann) as reader:
            bea.posted("@ann second")
            assert int(reader.notification()["id"]) > int(first)


def test_a_reset_forgets_notifications_and_their_ids_are_not_given_again(ann, bea, control):
    bea.posted("@ann before")
    (before,) = ids(ann.get(NOTIFICATIONS))
    assert control.call("POST", "reset").status_code == 204
    assert ann.get(NOTIFICATIONS).json() == []
    bea.posted("@ann after")
    (after,) = ids(ann.get(NOTIFICATIONS))
    assert int(after) > int(before)
