"""What Meta's three platforms share: faults on the publishing call, batches, versions, fields, call limits, and a restart."""

import json
import socket
from contextlib import closing
from urllib.parse import urlencode, urlsplit

import httpx2
import pytest

from integration.sandbox.graph_walks import FacebookLogin, instagram_login, media_server, refusal, threads_login
from integration.sandbox.walks import Control, picture
from ocma_sandbox.config import Config
from ocma_sandbox.server import running


class Publisher:
    """One publishing call of a platform, ready to be sent: (path, form)."""

    def __init__(self, platform, user, prepare):
        self.platform, self.user, self.prepare = platform, user, prepare

    def send(self, text):
        path, form = self.prepare(text)
        return self.user.post(path, **form)

    def raw(self, text):
        """The same on a socket of its own, left open."""
        path, form = self.prepare(text)
        parts = urlsplit(self.user.root)
        content = urlencode(form).encode()
        lines = [
            f"POST {parts.path}{self.user.version}{path} HTTP/1.1",
            f"Host: {parts.netloc}",
            f"Authorization: Bearer {self.user.token}",
            "Content-Type: application/x-www-form-urlencoded",
            f"Content-Length: {len(content)}",
        ]
        connection = socket.create_connection((parts.hostname, parts.port), timeout=30)
        connection.sendall("\r\n".join(lines).encode() + b"\r\n\r\n" + content)
        return connection


@pytest.fixture(params=["facebook", "instagram", "threads"])
def publisher(request, url, clock):
    if request.param == "facebook":
        page = FacebookLogin(url).page()
        return Publisher("facebook", page, lambda text: (f"/{page.id}/feed", {"message": text}))
    if request.param == "threads":
        user = threads_login(url).connect()
        return Publisher(
            "threads",
            user,
            lambda text: ("/me/threads_publish", {"creation_id": user.made("/me/threads", media_type="TEXT", text=text)}),
        )
    account, files = instagram_login(url).connect(), request.getfixturevalue("files")

    def prepare(text):
        image = files.put("/a.jpg", picture("JPEG", (40, 40)))
        made = account.made("/me/media", image_url=image, caption=text)
        clock.now += 2
        return "/me/media_publish", {"creation_id": made}

    return Publisher("instagram", account, prepare)


@pytest.fixture
def files():
    with media_server() as server:
        yield server


def test_accept_reset_is_booked_and_closes_without_a_byte(publisher, control):
    control.fault(publisher.platform, "accept_reset")
    with closing(publisher.raw("lost answer")) as connection, pytest.raises(ConnectionResetError):
        connection.recv(1)
    assert control.contents(publisher.platform) == ["lost answer"]
    assert control.faults() == []
    assert publisher.send("second").is_success


def test_accept_hang_is_booked_and_stays_silent(publisher, control):
    control.fault(publisher.platform, "accept_hang")
    with closing(publisher.raw("silence")) as connection:
        connection.settimeout(0.7)
        with pytest.raises(TimeoutError):
            connection.recv(1)
        assert control.contents(publisher.platform) == ["silence"]


def test_accept_500_is_booked_and_answers_in_the_platforms_words(publisher, control):
    control.fault(publisher.platform, "accept_500")
    response = publisher.send("broken answer")
    assert response.status_code == 500
    assert refusal(response) == (1, None)
    assert control.contents(publisher.platform) == ["broken answer"]


def test_reset_and_server_error_book_nothing(publisher, control):
    path, form = publisher.prepare("not yet")
    control.fault(publisher.platform, "server_error")
    response = publisher.user.post(path, **form)
    assert (response.status_code, refusal(response)) == (503, (2, None))
    assert response.json()["error"]["is_transient"] is True
    control.fault(publisher.platform, "reset")
    with pytest.raises(httpx2.HTTPError):
        publisher.user.post(path, **form)
    assert control.books() == []
    assert publisher.user.post(path, **form).is_success


@pytest.mark.parametrize("kind", ["accept_hang", "accept_reset", "accept_500"])
def test_a_call_that_publishes_nothing_does_not_use_up_an_accept_fault(publisher, control, kind):
    control.fault(publisher.platform, kind)
    path, _form = publisher.prepare("prepared")
    assert refusal(publisher.user.post(path, no="thing"))[0] == 100
    assert publisher.user.get("/me").status_code == 200
    assert [fault["remaining"] for fault in control.faults()] == [1]


@pytest.mark.parametrize(("delay", "minutes"), [(1_000, 0), (60_000, 1), (150_000, 3)])
def test_rate_limit_tells_minutes(publisher, control, delay, minutes):
    path, form = publisher.prepare("too fast")
    control.fault(publisher.platform, "rate_limit", delayMs=delay)
    response = publisher.user.post(path, **form)
    code = {"facebook": 80001, "instagram": 80002, "threads": 4}[publisher.platform]
    assert (response.status_code, refusal(response)) == (400, (code, None))
    [[told]] = json.loads(response.headers["x-business-use-case-usage"]).values()
    assert (told["call_count"], told["estimated_time_to_regain_access"]) == (100, minutes)
    assert control.books() == []


def test_calls_are_counted_in_percent_until_there_are_none(publisher, control, clock):
    control.call("POST", "reset")  # forgets the windows that are open
    control.settle("facebook", page_calls=10)
    control.settle("instagram", calls_per_day=10)
    control.settle("threads", calls_per_impression=1)
    user = publisher.user
    seen = [user.get("/me").headers["x-business-use-case-usage"] for _ in range(10)]
    counts = [next(iter(json.loads(each).values()))[0]["call_count"] for each in seen]
    assert counts == [10, 20, 30, 40, 50, 60, 70, 80, 90, 100]
    refused = user.get("/me")
    assert refusal(refused)[0] in {80001, 80002, 4}
    [told] = next(iter(json.loads(refused.headers["x-business-use-case-usage"]).values()))
    assert told["estimated_time_to_regain_access"] == 24 * 60
    clock.now += 86400
    assert user.get("/me").status_code == 200
    control.settle(publisher.platform, rate_factor=0)
    assert "x-business-use-case-usage" not in user.get("/me").headers


def test_a_users_token_counts_against_the_app(url, control):
    user = FacebookLogin(url).connect()
    used = json.loads(user.get("/me").headers["x-app-usage"])
    assert used.keys() == {"call_count", "total_cputime", "total_time"}
    control.settle("facebook", app_calls=1)
    answers = [user.get("/me") for _ in range(2)]
    assert refusal(answers[-1]) == (4, None)
    assert json.loads(answers[-1].headers["x-app-usage"])["call_count"] == 100


def batch(user, *calls, **more):
    return user.post("/", batch=list(calls), **more)


def test_a_batch_answers_each_call_in_a_200(publisher, control):
    path, form = publisher.prepare("batched")
    post = {"method": "POST", "relative_url": path.lstrip("/"), "body": urlencode(form)}
    answer = batch(publisher.user, {"method": "GET", "relative_url": "me?fields=id"}, post, {"relative_url": "404"})
    assert answer.status_code == 200
    me, posted, missing = answer.json()
    assert (me["code"], json.loads(me["body"]).keys()) == (200, {"id"})
    assert posted["code"] == 200
    assert (missing["code"], json.loads(missing["body"])["error"]["code"]) == (400, 100)
    assert all({"name", "value"} == header.keys() for header in me["headers"])
    assert [entry["id"] for entry in control.books()] == [json.loads(posted["body"])["id"]]


def test_a_batch_that_publishes_is_a_publishing_call(publisher, control):
    path, form = publisher.prepare("batched")
    control.fault(publisher.platform, "accept_500")
    assert batch(publisher.user, {"method": "GET", "relative_url": "me"}).status_code == 200
    call = {"method": "POST", "relative_url": path.lstrip("/"), "body": urlencode(form)}
    assert batch(publisher.user, call).status_code == 500
    assert control.contents(publisher.platform) == ["batched"]


def test_a_batch_has_bounds_and_tokens_of_its_own(publisher):
    user = publisher.user
    assert refusal(batch(user)) == (100, None)
    assert refusal(batch(user, *[{"relative_url": "me"}] * 51)) == (100, None)
    assert refusal(batch(user, "me")) == (100, None)
    assert refusal(batch(user, {"method": "PATCH", "relative_url": "me"})) == (100, None)
    assert refusal(batch(user, {"method": "GET"})) == (100, None)
    [inner] = batch(user, {"method": "POST", "relative_url": "/", "body": "batch=[]"}).json()
    assert (inner["code"], json.loads(inner["body"])["error"]["code"]) == (400, 2500)
    [other] = user.http.post(
        f"{user.root}{user.version}/",
        data={"batch": json.dumps([{"relative_url": "me", "access_token": "wrong"}]), "access_token": user.token},
    ).json()
    assert json.loads(other["body"])["error"]["code"] == 190


def test_an_unknown_path_version_or_field_is_an_error_of_the_graph(publisher):
    user = publisher.user
    assert refusal(user.get("/me/no/such")) == (2500, None)
    assert refusal(user.get("/404")) == (100, 33)
    assert refusal(user.get("/me", fields="id,nonsense")) == (100, None)
    assert refusal(user.get("/me", fields="id{")) == (2500, None)
    user.version = "/v99.0"
    assert refusal(user.get("/me")) == (2500, None)
    user.version = "/v0.5"
    assert user.get("/me").status_code == 200, "an old version is served like the oldest that lives"


@pytest.mark.parametrize("body", [b"{", b"[1]", b'{"a": '])
def test_a_broken_body_is_refused(publisher, body):
    user = publisher.user
    path, _form = publisher.prepare("a")
    assert refusal(user.call("POST", path, content=body, headers={"Content-Type": "application/json"})) == (100, None)


def test_everything_but_windows_and_faults_outlives_a_restart(tmp_path):
    state = tmp_path / "state.db"
    with running(Config(state=state)) as url:
        login = FacebookLogin(url)
        page = login.page()
        post_id = page.made(f"/{page.id}/feed", message="kept")
        threads = threads_login(url).connect()
        made = threads.made("/me/threads", media_type="TEXT", text="kept")
    with running(Config(state=state)) as url:
        page.root, threads.root = f"{url}/facebook", f"{url}/threads"
        assert page.fields(post_id, "message")["message"] == "kept"
        assert threads.post("/me/threads_publish", creation_id=made).status_code == 200
        control = Control(url)
        assert [entry["content"] for entry in control.books()] == ["kept", "kept"]
        assert control.call("POST", "reset").status_code == 204
        assert control.books() == []
        assert refusal(threads.get(f"/{made}")) == (100, 33)
        assert page.get("/me").status_code == 200, "tokens are kept unless everything goes"
        control.call("POST", "reset", json={"everything": True})
        assert refusal(page.get("/me")) == (190, None)
