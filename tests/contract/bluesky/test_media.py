"""com.atproto.repo.uploadBlob, the video service, and whom a text mentions."""

import json
from datetime import timedelta

import httpx2
import pytest

from contract.bluesky.host import DID, NOW, VIDEO, Host, answer, blob, bluesky, media, recorded, refused
from ocma.platforms.content import Content, Part, media_step, part_step
from ocma.platforms.errors import (
    ContentRejected,
    NotReady,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    Throttled,
)

UPLOAD, TOKEN = "com.atproto.repo.uploadBlob", "com.atproto.server.getServiceAuth"
LIMITS, SEND, STATUS = (f"app.bsky.video.{each}" for each in ("getUploadLimits", "uploadVideo", "getJobStatus"))
RESOLVE = "com.atproto.identity.resolveHandle"
FILM = media("video", "video/mp4", b"0123456789", duration=12.0)
JOB = {"jobId": "j1", "did": DID, "state": "JOB_STATE_CREATED"}
SERVICE = answer(body={"token": "a-service-token"})
FREE = answer(body={"canUpload": True, "remainingDailyVideos": 25, "remainingDailyBytes": 1_000_000})


async def prepare(host: Host, *parts: Part, **more) -> dict[str, str]:
    prepared: dict[str, str] = {}
    for step in bluesky().steps(Content(parts)):
        prepared[step.key] = await step.run(host.access(**more), prepared)
    return prepared


def service(sent: httpx2.Response, *statuses: httpx2.Response, limits: httpx2.Response = FREE, **more) -> Host:
    host = Host(**more).xrpc(TOKEN, SERVICE).xrpc(LIMITS, limits, at=VIDEO).xrpc(SEND, sent, at=VIDEO)
    return host.xrpc(STATUS, *(statuses or (answer(body={"jobStatus": JOB}),)), at=VIDEO)


async def test_an_image_goes_up_as_it_is_and_its_blob_is_kept_whole():
    told = recorded(f"POST /xrpc/{UPLOAD}", 200)
    host = Host().xrpc(UPLOAD, told)
    prepared = await prepare(host, Part("Bilder", (media(), media())))
    assert [json.loads(each) for each in prepared.values()] == [told.json()["blob"]] * 2
    assert list(prepared) == [media_step(0, 0), media_step(0, 1)]
    assert {(each.content, each.headers["content-type"], each.headers["content-length"]) for each in host.requests} == {
        (b"abc", "image/png", "3")
    }
    assert host.requests[0].headers["authorization"] == "DPoP t0ken"


async def test_an_upload_that_is_refused_for_its_nonce_begins_anew():
    host = Host().xrpc(UPLOAD, recorded("GET /xrpc/com.atproto.server.getSession", 401), recorded(f"POST /xrpc/{UPLOAD}", 200))
    await prepare(host, Part("", (media(),)))
    assert [each.content for each in host.requests] == [b"abc", b"abc"]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (recorded(f"POST /xrpc/{UPLOAD}", 413), ContentRejected),
        (refused("InvalidMimeType"), ContentRejected),
        (httpx2.Response(502), PlatformUnavailable),
        (httpx2.WriteError("broken pipe"), PlatformUnavailable),
        (httpx2.Response(200, html="<h1>Hello</h1>"), PlatformUnavailable),
    ],
)
async def test_a_failed_upload_says_what_to_do(given, expected):
    with pytest.raises(expected):
        await prepare(Host(loose=True).xrpc(UPLOAD, given), Part("", (media(),)))


async def test_what_the_server_may_have_dropped_is_uploaded_anew():
    steps = {step.key: step.keeps for step in bluesky().steps(Content((Part("@bob.test", (media(), FILM)),)))}
    assert steps[media_step(0, 0)] == steps[media_step(0, 1)]
    assert steps[media_step(0, 0)] <= timedelta(hours=1)


async def test_a_video_goes_through_the_service_and_is_waited_for():
    done = {**JOB, "state": "JOB_STATE_COMPLETED", "blob": blob(10, "video/mp4")}
    host = service(answer(body={"jobStatus": JOB}), answer(body={"jobStatus": done}))
    prepared = await prepare(host, Part("Film", (FILM,)))
    assert prepared == {part_step("video", 0, 0): "j1", media_step(0, 0): json.dumps(done["blob"])}
    exp = str(int(NOW.timestamp()) + 1800)
    assert [dict(each.url.params) for each in host.sent(TOKEN)] == [
        {"aud": "did:web:video.example", "lxm": LIMITS, "exp": exp},
        {"aud": "did:web:pds.example", "lxm": UPLOAD, "exp": exp},
    ]
    (sent,) = host.sent(SEND)
    assert dict(sent.url.params) == {"did": DID, "name": "m1.mp4"}
    assert (sent.content, sent.headers["content-length"]) == (b"0123456789", "10")
    assert {each.headers.get("authorization") for each in (*host.sent(SEND), *host.sent(LIMITS))} == {"Bearer a-service-token"}
    assert "authorization" not in host.sent(STATUS)[0].headers


@pytest.mark.parametrize("state", ["JOB_STATE_CREATED", "JOB_STATE_ENCODING", "JOB_STATE_SOMETHING_NEW"])
async def test_a_video_that_is_worked_on_is_come_back_for(state):
    with pytest.raises(NotReady) as waiting:
        await prepare(service(answer(body={"jobStatus": {**JOB, "state": state}})), Part("", (FILM,)))
    assert waiting.value.retry_after > 0


async def test_a_bare_answer_is_understood_too():
    host = service(answer(body=JOB), answer(body={**JOB, "blob": blob()}), loose=True)
    assert (await prepare(host, Part("", (FILM,))))[media_step(0, 0)] == json.dumps(blob())


@pytest.mark.parametrize("status", [400, 409])
async def test_a_video_that_is_known_already_is_used(status):
    known = answer(status, {"error": "already_exists", "message": "Video already processed", "jobId": "j0"})
    host = service(known, answer(body={"jobStatus": {**JOB, "blob": blob()}}))
    assert (await prepare(host, Part("", (FILM,))))[part_step("video", 0, 0)] == "j0"
    assert host.sent(STATUS)[0].url.params["jobId"] == "j0"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("validation_failure", ContentRejected),
        ("encoding_failure", ContentRejected),
        ("pds_upload_unsupported_blob_size", ContentRejected),
        ("pds_upload_failure", PreparationLost),
        ("generic_failure", PreparationLost),
        ("something_new", PreparationLost),
    ],
)
async def test_a_video_that_failed_is_tried_again_unless_it_is_its_own_fault(code, expected):
    failed = answer(body={"jobStatus": {**JOB, "state": "JOB_STATE_FAILED", "failureCode": code}})
    with pytest.raises(expected) as raised:
        await prepare(service(answer(body={"jobStatus": JOB}), failed), Part("", (FILM,)))
    if expected is PreparationLost:
        assert raised.value.steps == {part_step("video", 0, 0), media_step(0, 0)}


async def test_a_video_that_is_done_and_nowhere_is_sent_anew():
    done = answer(body={"jobStatus": {**JOB, "state": "JOB_STATE_COMPLETED"}})
    with pytest.raises(PreparationLost) as raised:
        await prepare(service(answer(body={"jobStatus": JOB}), done), Part("", (FILM,)))
    assert raised.value.steps == {part_step("video", 0, 0), media_step(0, 0)}


@pytest.mark.parametrize(
    ("limits", "expected"),
    [
        ({"canUpload": False, "remainingDailyVideos": 0}, Throttled),
        ({"canUpload": True, "remainingDailyVideos": 3, "remainingDailyBytes": 9}, Throttled),
        ({"canUpload": False, "error": "unconfirmed_email"}, PermissionMissing),
    ],
)
async def test_nothing_is_uploaded_that_the_service_will_not_take(limits, expected):
    host = service(answer(body={"jobStatus": JOB}), limits=answer(body=limits))
    with pytest.raises(expected):
        await prepare(host, Part("", (FILM,)))
    assert host.sent(SEND) == []


async def test_a_service_without_that_question_is_uploaded_to():
    host = service(answer(body={"jobStatus": JOB}), answer(body={"jobStatus": {**JOB, "blob": blob()}}), limits=refused("X", 404))
    assert media_step(0, 0) in await prepare(host, Part("", (FILM,)))


async def test_an_operator_may_have_videos_go_up_like_any_file():
    host = Host().xrpc(UPLOAD, answer(body={"blob": blob(10, "video/mp4")}))
    prepared = await prepare(host, Part("", (FILM,)), settings={"video_by": "blob"})
    assert json.loads(prepared[media_step(0, 0)])["mimeType"] == "video/mp4"
    assert host.asked() == [f"POST {UPLOAD}"]


async def test_mentions_are_resolved_once_each_and_strangers_stay_text():
    def told(request: httpx2.Request) -> httpx2.Response:
        known = request.url.params["handle"] == "bob.test"
        return recorded(f"GET /xrpc/{RESOLVE}", 200 if known else 400)

    host = Host().xrpc(RESOLVE, told)
    prepared = await prepare(host, Part("@bob.test @Bob.test @nobody.test"), Part("ohne"))
    assert {key: json.loads(each) for key, each in prepared.items()} == {part_step("mentions", 0): {"bob.test": DID}}
    assert [each.url.params["handle"] for each in host.requests] == ["bob.test", "nobody.test"]


async def test_a_server_that_cannot_say_who_it_is_does_not_cost_the_mention():
    with pytest.raises(PlatformUnavailable):
        await prepare(Host().xrpc(RESOLVE, httpx2.Response(503)), Part("@bob.test"))
