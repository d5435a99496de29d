"""That the judge of the other tests here can find somebody guilty."""

import httpx2
import pytest

from contract.x.host import answer
from contract.x.specification import NEW, OLD, Broken

API = "https://api.x.com"


def upload(**fields):
    return httpx2.Request("POST", f"{API}/2/media/upload", data=fields, files={"media": ("media", b"x", "image/png")})


@pytest.mark.parametrize("specification", [NEW, OLD])
@pytest.mark.parametrize(
    "request_",
    [
        httpx2.Request("POST", f"{API}/2/tweets", json={"text": "hi", "colour": "red"}),
        httpx2.Request("POST", f"{API}/2/tweets", json={"text": "hi", "reply_settings": "everyone"}),
        httpx2.Request("POST", f"{API}/2/tweets", json={"text": "hi", "made_with_ai": "yes"}),
        httpx2.Request("POST", f"{API}/2/tweets", json={"media": {"media_ids": []}}),
        httpx2.Request("POST", f"{API}/2/tweets", json={"reply": {}}),
        httpx2.Request("POST", f"{API}/2/tweets", data={"text": "hi"}),
        httpx2.Request("POST", f"{API}/2/posts", json={"text": "hi"}),
        httpx2.Request("GET", f"{API}/2/users/1/tweets", params={"max_results": "101"}),
        httpx2.Request("GET", f"{API}/2/users/1/tweets", params={"start_time": "yesterday"}),
        httpx2.Request("GET", f"{API}/2/users/me", params={"user.fields": "id,shoe_size"}),
        httpx2.Request("GET", f"{API}/2/users/me", params={"fields": "id"}),
        httpx2.Request("GET", f"{API}/2/media/upload", params={"command": "STATUS"}),
        httpx2.Request("POST", f"{API}/2/media/upload/1/finalize", json={}),
        upload(),
        upload(media_category="poster"),
        upload(media_category="tweet_image", colour="red"),
    ],
    ids=str,
)
def test_finds_what_is_wrong_with_a_request(specification, request_):
    request_.read()
    with pytest.raises(Broken):
        specification.check(request_)


@pytest.mark.parametrize("body", [{"data": {"text": "no id"}}, {"data": {"id": "not a number", "text": "hi"}}])
def test_finds_what_is_wrong_with_an_answer(body):
    request = httpx2.Request("POST", f"{API}/2/tweets", json={"text": "hi"})
    with pytest.raises(Broken):
        NEW.check_answer(request, answer(201, body))
