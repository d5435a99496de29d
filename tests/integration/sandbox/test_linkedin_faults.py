"""Faults on the calls that make something live at LinkedIn: the post, and the comment under it."""

import httpx2
import pytest

from integration.sandbox.linkedin_walk import LinkedInApp
from ocma_sandbox.config import Config
from ocma_sandbox.server import running


@pytest.fixture
def app(url):
    return LinkedInApp(url)


@pytest.fixture
def alice(app):
    return app.connect("alice")


def test_an_accepted_post_with_a_lost_answer_is_live_and_found_by_its_duplicate(alice, control):
    control.fault("linkedin", "accept_reset")
    with pytest.raises(httpx2.HTTPError):
        alice.post("lost answer")
    (entry,) = control.books()
    assert entry["content"] == "lost answer"
    again = alice.post("lost answer")
    assert again.status_code == 422
    assert entry["id"] in again.json()["message"]


def test_an_accepted_post_of_a_page_is_found_in_its_list(alice, control):
    page = alice.pages[0]
    control.fault("linkedin", "accept_500")
    assert alice.post("broken answer", page).status_code == 500
    listed = alice.get(f"/rest/posts?q=author&author={page.replace(':', '%3A')}").json()["elements"]
    assert [element["id"] for element in listed] == [entry["id"] for entry in control.books()]


def test_accept_hang_is_booked_and_stays_silent(alice, control):
    control.fault("linkedin", "accept_hang")
    with pytest.raises(httpx2.TimeoutException):
        alice.call("POST", "/rest/posts", json=alice.body("silence"), timeout=0.7)
    assert control.contents("linkedin") == ["silence"]
    assert control.faults() == []


def test_a_comment_is_a_publish_too(alice, control):
    post = alice.posted("talk")
    control.fault("linkedin", "accept_500")
    assert alice.comment(post, "hi").status_code == 500
    assert control.contents("linkedin") == ["talk", "hi"]


@pytest.mark.parametrize("kind", ["accept_hang", "accept_reset", "accept_500"])
def test_a_refused_publish_a_duplicate_and_an_edit_use_up_no_accept_fault(alice, control, kind):
    post = alice.posted("same")
    control.fault("linkedin", kind)
    assert alice.post("").status_code == 400
    assert alice.post("same").status_code == 422
    path, patch = f"/rest/posts/{post.replace(':', '%3A')}", {"patch": {"$set": {"commentary": "edited"}}}
    assert alice.call("POST", path, json=patch, headers={"X-RestLi-Method": "PARTIAL_UPDATE"}).status_code == 204
    assert alice.get("/v2/userinfo").status_code == 200
    assert [fault["remaining"] for fault in control.faults()] == [1]


def test_faults_before_acceptance_book_nothing(alice, control):
    body = alice.body("down")
    control.fault("linkedin", "server_error")
    down = alice.call("POST", "/rest/posts", json=body)
    assert (down.status_code, down.json()["code"]) == (503, "SERVICE_UNAVAILABLE")
    control.fault("linkedin", "rate_limit")
    limited = alice.call("POST", "/rest/posts", json=body)
    assert (limited.status_code, limited.json()["code"]) == (429, "TOO_MANY_REQUESTS")
    assert "x-li-uuid" in limited.headers
    control.fault("linkedin", "reset")
    with pytest.raises(httpx2.HTTPError):
        alice.call("POST", "/rest/posts", json=body)
    assert control.books() == []
    assert alice.call("POST", "/rest/posts", json=body).status_code == 201


def test_an_expired_token_is_refreshed_a_revoked_grant_is_not(app, alice, control):
    body = alice.body("a")
    control.fault("linkedin", "expired_token")
    assert alice.call("POST", "/rest/posts", json=body).json()["code"] == "EXPIRED_ACCESS_TOKEN"
    alice.tokens = app.refresh(alice.tokens["refresh_token"]).json()
    assert alice.call("POST", "/rest/posts", json=body).status_code == 201
    control.fault("linkedin", "revoked_token")
    assert alice.get("/v2/userinfo").json()["code"] == "REVOKED_ACCESS_TOKEN"
    assert app.refresh(alice.tokens["refresh_token"]).status_code == 400


def test_the_token_endpoint_may_be_down(app, alice, control):
    control.fault("linkedin", "token_endpoint_down")
    assert alice.get("/v2/userinfo").status_code == 200
    assert app.refresh(alice.tokens["refresh_token"]).status_code == 503
    assert app.refresh(alice.tokens["refresh_token"]).status_code == 200


def test_a_fault_of_an_upload_is_asked_for_by_its_path(alice, control):
    value = alice.initialize("images").json()["value"]
    control.fault("linkedin", "server_error", path="/dms-uploads/")
    assert [alice.put(value["uploadUrl"], b"GIF89a\x01\x00\x01\x00").status_code for _ in range(2)] == [503, 201]


def test_posts_tokens_and_doomed_posts_outlive_the_process(tmp_path, clock):
    config = Config(state=tmp_path, clock=clock, settings={"linkedin": {"processing_seconds": 10}})
    with running(config) as url:
        alice = LinkedInApp(url).connect("alice")
        kept, page = alice.posted("kept"), alice.pages[0]
        urn = alice.upload(b"GIF89a\x01\x00\x01\x00" + b"\x00" * 20)
        alice.posted("hasty", content={"media": {"id": urn}})
    clock.now += 10
    with running(config) as url:
        alice.app.url = url
        assert alice.pages[0] == page
        assert kept in alice.post("kept").json()["message"]
        books = alice.app.http.get(f"{url}/_control/books").json()["data"]
        assert [(entry["content"], entry["deleted"]) for entry in books] == [("kept", False), ("hasty", True)]
