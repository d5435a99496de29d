"""Moving and editing a post that waits; too late is told, and never half done."""

import asyncio
import io
from datetime import UTC, datetime, timedelta

import pytest
from PIL import Image
from sqlalchemy import text

from answers import good, paths, problem
from integration.publishing.steps.people import LATER, audited, claim, publication, rows, told
from ocma.ids import new_id

POSTS = "SELECT * FROM posts WHERE id = :post"


@pytest.fixture
def patch(door):
    async def send(job, body, **more):
        return await door.patch(f"/api/queue/jobs/{job.post.id}", json=body, **more)

    return send


async def post(company, job):
    (row,) = await rows(company, POSTS, post=job.post.id)
    return row


async def texts(company, job):
    return [each["text"] for each in (await post(company, job)).content["parts"]]


def ahead(**more):
    """A round instant of the near future, as the API tells it."""
    return (datetime.now(UTC) + timedelta(days=100, **more)).replace(microsecond=0, second=0).isoformat().replace("+00:00", "Z")


async def test_moved_to_another_time(company, patch):
    job = await company.schedule("move me", await company.connect("x", "moves"), scheduledAt=LATER)
    view = good(await patch(job, {"scheduledAt": "2098-06-01T09:00:00", "timezone": "Europe/Berlin"}))
    assert (view["scheduledAt"], view["wallTime"], view["timezone"]) == (
        "2098-06-01T07:00:00Z",
        "2098-06-01T09:00:00",
        "Europe/Berlin",
    )
    assert (view["publications"][0]["scheduledAt"], view["publications"][0]["nextAt"]) == ("2098-06-01T07:00:00Z",) * 2
    assert (view["dryRun"], view["warnings"], view["content"]) == (False, [], "move me")
    assert await told(company, job) == ["scheduled", "post.updated"]
    (event,) = await rows(company, "SELECT data FROM events WHERE kind = 'post.updated'")
    assert (event.data["changed"], event.data["timezone"]) == (["scheduledAt", "timezone"], "Europe/Berlin")
    assert "post.updated" in await audited(company)
    again = good(await patch(job, {"timezone": "Asia/Tokyo"}))  # nine o'clock there
    assert (again["scheduledAt"], again["wallTime"]) == ("2098-06-01T00:00:00Z", "2098-06-01T09:00:00")
    again = good(await patch(job, {"scheduledAt": "2098-06-02T10:00:00"}))  # in the post's own zone
    assert again["scheduledAt"] == "2098-06-02T01:00:00Z"


@pytest.mark.parametrize("past", ["now", "2020-01-01T00:00:00Z", "2020-01-01T00:00:00"])
async def test_moved_to_the_past_means_now(company, patch, past):
    job = await company.schedule("sooner", await company.connect("x", "sooner"), scheduledAt=LATER)
    good(await patch(job, {"scheduledAt": past}))
    row = await publication(company, job)
    assert row.scheduled_at == row.due_at  # so that nothing calls it late
    assert abs(row.due_at - datetime.now(UTC)) < timedelta(seconds=20)
    assert [each.id for each in await claim(company)] == [row.id]


@pytest.mark.parametrize("past", ["2020-01-01T00:00:00Z", "2020-01-01T00:00:00"])
async def test_scheduled_in_the_past_means_now_wall_time_included(company, door, past):
    account = await company.connect("x", "past")
    body = {"content": "past", "accountIds": [str(account.id)], "scheduledAt": past, "timezone": "America/New_York"}
    job = good(await door.post("/api/queue/schedule", json=body), 202)
    (row,) = await rows(company, "SELECT scheduled_at, due_at FROM publications WHERE post_id = :post", post=job["jobId"])
    assert row.scheduled_at == row.due_at  # so that nothing calls it late
    assert abs(row.due_at - datetime.now(UTC)) < timedelta(seconds=20)
    assert len(await claim(company)) == 1


async def test_a_time_that_is_a_slip_is_refused(company, door, patch):
    account = await company.connect("x", "slips")
    job, slip = await company.schedule("slip", account, scheduledAt=LATER), "2190-01-01T00:00:00Z"
    found = problem(await patch(job, {"scheduledAt": slip}), 422, "timeTooFar")
    assert (paths(found), "OCMA_SCHEDULE_HORIZON_DAYS" in found["remediation"]) == (["scheduledAt"], True)
    body = {"content": "slip", "accountIds": [str(account.id)], "scheduledAt": slip}
    assert paths(problem(await door.post("/api/queue/schedule", json=body), 422, "timeTooFar")) == ["scheduledAt"]


async def test_other_words(company, patch):
    job = await company.schedule("one", await company.connect("x", "words"), scheduledAt=LATER, thread=["two"], firstComment="c")
    view = good(await patch(job, {"content": "eins"}))
    assert (view["content"], view["scheduledAt"]) == ("eins", LATER)
    assert await texts(company, job) == ["eins", "two", "c"]
    good(await patch(job, {"thread": ["zwei", {"content": "drei"}]}))
    assert await texts(company, job) == ["eins", "zwei", "drei", "c"]
    good(await patch(job, {"firstComment": None}))
    assert await texts(company, job) == ["eins", "zwei", "drei"]
    good(await patch(job, {"firstComment": "again", "thread": []}))
    assert await texts(company, job) == ["eins", "again"]
    good(await patch(job, {"variants": {"twitter": {"content": "for X"}}, "metadata": {"location": "Bern"}}))
    row = await post(company, job)
    assert (row.variants["x"]["text"], row.metadata["location"]) == ("for X", "Bern")
    good(await patch(job, {"variants": {}, "maxAttempts": 9, "onUnknown": "hold"}))
    changed = await publication(company, job)
    assert (changed.max_attempts, changed.on_unknown, (await post(company, job)).variants) == (9, "hold", {})


async def test_the_new_words_are_what_goes_out(company, sandbox, patch, hand):
    job = await company.schedule("draft", await company.connect("mastodon", "goesout"), scheduledAt=LATER)
    good(await patch(job, {"content": "final", "scheduledAt": "now"}))
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"
    assert (len(await sandbox.books("mastodon", "final")), await sandbox.books("mastodon", "draft")) == (1, [])


async def test_all_that_is_wrong_is_told_at_once_and_nothing_is_changed(company, patch):
    one, two = await company.connect("x", "wrong1"), await company.connect("mastodon", "wrong2")
    job = await company.schedule("right", one, accountIds=[one.id, two.id], scheduledAt=LATER)
    found = problem(await patch(job, {"content": "a" * 600, "scheduledAt": ahead()}), 422, "checkFailed")
    assert {each["code"] for each in found["errors"]} == {"x.text.length", "mastodon.text.length"}
    unknown = {"mediaIds": [str(new_id())], "variants": {"x": {"content": "x"}}}
    assert [each["code"] for each in problem(await patch(job, unknown), 422)["errors"]] == ["mediaMissing"]
    assert (await texts(company, job), (await publication_times(company, job))) == (["right"], {LATER})
    assert await told(company, job) == ["scheduled"] * 2


async def publication_times(company, job):
    found = await rows(company, "SELECT scheduled_at, due_at FROM publications WHERE post_id = :post", post=job.post.id)
    return {each.isoformat().replace("+00:00", "Z") for row in found for each in row}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"content": None}, ["content"]),
        ({"scheduledAt": "tomorrow"}, ["scheduledAt"]),
        ({"timezone": "Mars/Olympus"}, ["timezone"]),
        ({"platforms": ["x"]}, ["platforms"]),
        ({"maxAttempts": 0}, ["maxAttempts"]),
        ({"variants": {"mastodon": {"content": "not there"}}}, ["variants.mastodon"]),
        ({"mediaUrls": ["http://127.0.0.1:1/a.png"]}, ["mediaUrls.0"]),
    ],
)
async def test_what_cannot_be_meant(company, patch, body, wrong):
    job = await company.schedule("meant", await company.connect("x", "meant"), scheduledAt=LATER)
    assert paths(problem(await patch(job, body), 422)) == wrong
    assert (await texts(company, job), await told(company, job)) == (["meant"], ["scheduled"])


async def test_a_dry_run_shows_and_writes_nothing(company, patch):
    job = await company.schedule("dry", await company.connect("x", "dry"), scheduledAt=LATER)
    view = good(await patch(job, {"content": "wet", "scheduledAt": "2098-01-01T00:00:00Z"}, params={"dryRun": "true"}))
    assert (view["dryRun"], view["content"], view["publications"][0]["nextAt"]) == (True, "wet", "2098-01-01T00:00:00Z")
    assert (await texts(company, job), await publication_times(company, job)) == (["dry"], {LATER})
    assert (await told(company, job), "post.updated" in await audited(company)) == (["scheduled"], False)
    problem(await patch(job, {"content": "a" * 281}, params={"dryRun": "true"}), 422, "checkFailed")


async def test_a_repeated_request_is_one_edit(company, patch):
    job = await company.schedule("once", await company.connect("x", "editonce"), scheduledAt=LATER)
    headers = {"Idempotency-Key": str(new_id())}
    first = await patch(job, {"content": "twice"}, headers=headers)
    again = await patch(job, {"content": "twice"}, headers=headers)
    assert (again.headers["idempotency-replayed"], again.json()) == ("true", good(first))
    assert await told(company, job) == ["scheduled", "post.updated"]


async def test_nothing_given_changes_nothing(company, patch):
    job = await company.schedule("same", await company.connect("x", "same"), scheduledAt=LATER)
    assert good(await patch(job, {}))["content"] == "same"
    assert await told(company, job) == ["scheduled"]


async def picture(door):
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, "PNG")
    return good(await door.post("/api/media", files={"file": ("a.png", file.getvalue(), "image/png")}), 201)["id"]


async def test_other_pictures(company, door, patch):
    one, two = await picture(door), await picture(door)
    job = await company.schedule("seen", await company.connect("x", "seen"), scheduledAt=LATER, mediaIds=[one], thread=["more"])
    good(await patch(job, {"mediaIds": [two]}))
    assert [each["mediaIds"] for each in (await post(company, job)).content["parts"]] == [[two], []]
    good(await door.delete(f"/api/media/{one}"), 204)
    problem(await door.delete(f"/api/media/{two}"), 409, "mediumInUse")
    good(await patch(job, {"mediaIds": []}))
    good(await door.delete(f"/api/media/{two}"), 204)


async def as_after_two_tries(company, job):
    """Snoozed with something prepared, as a worker leaves it."""
    await rows(
        company,
        """UPDATE publications SET tries = 2, error = '{"code": "x", "detail": "later"}', due_at = now() + interval '1 hour',
        progress = '{"steps": {"media:0:0": {"id": "41", "at": 1}}}' WHERE post_id = :post""",
        post=job.post.id,
    )


async def test_what_was_prepared_for_other_content_is_dropped(company, patch):
    job = await company.schedule("prepared", await company.connect("x", "prepared"))
    await as_after_two_tries(company, job)
    before = await publication(company, job)
    good(await patch(job, {"maxAttempts": 7}))
    row = await publication(company, job)
    assert (row.tries, row.progress, row.due_at) == (2, before.progress, before.due_at)
    good(await patch(job, {"scheduledAt": LATER}))
    row = await publication(company, job)
    assert (row.tries, row.error, row.progress) == (0, None, before.progress)  # the same picture: what was uploaded is good
    await as_after_two_tries(company, job)
    good(await patch(job, {"content": "other"}))
    row = await publication(company, job)
    assert (row.tries, row.error, row.progress) == (0, None, {})
    assert row.due_at - datetime.now(UTC) > timedelta(minutes=50)  # a platform that asked to wait is waited for


async def test_what_has_begun_cannot_be_edited(company, door, patch):
    job = await company.schedule("begun", await company.connect("x", "begun"))
    assert len(await claim(company)) == 1
    found = problem(await patch(job, {"content": "too late"}), 409, "notEditable")
    assert "begun" in found["detail"]
    assert "cancel" in found["remediation"]
    assert await texts(company, job) == ["begun"]
    problem(await door.patch(f"/api/queue/jobs/{new_id()}", json={"content": "x"}), 404)


@pytest.mark.parametrize("progress", ['{"parts": [{"id": "1", "url": null}]}', '{"processing": "7"}'])
async def test_a_thread_of_which_a_part_is_live_cannot_be_edited(company, patch, progress):
    job = await company.schedule("thread", await company.connect("x", "partlive"), thread=["two"], scheduledAt=LATER)
    await rows(company, "UPDATE publications SET progress = CAST(:p AS jsonb) WHERE post_id = :id", p=progress, id=job.post.id)
    problem(await patch(job, {"content": "x"}), 409, "notEditable")


async def test_what_is_over_cannot_be_edited(company, door, patch):
    job = await company.schedule("over", await company.connect("x", "isover"), scheduledAt=LATER)
    good(await door.post(f"/api/queue/jobs/{job.post.id}/cancel"))
    assert "over (cancelled)" in problem(await patch(job, {"content": "x"}), 409, "notEditable")["detail"]


async def test_a_claim_passes_by_what_is_being_edited(company):
    job = await company.schedule("being edited", await company.connect("x", "passes"))
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        await session.execute(text("SELECT FROM publications WHERE post_id = :id FOR UPDATE"), {"id": job.post.id})
        assert await claim(company) == []
    assert len(await claim(company)) == 1


async def test_two_who_edit_at_once_lose_nothing_of_each_other(company, patch):
    job = await company.schedule("0", await company.connect("x", "twoatonce"), scheduledAt=LATER, thread=["0"])
    for number in range(1, 15):
        later = ahead(hours=number)
        answers = await asyncio.gather(
            patch(job, {"content": f"{number}"}),
            patch(job, {"thread": [f"{number}"]}),
            patch(job, {"scheduledAt": later}),
        )
        assert {each.status_code for each in answers} == {200}
        assert await texts(company, job) == [f"{number}"] * 2
        assert (await post(company, job)).scheduled_at.isoformat().startswith(later[:13])


async def test_an_edit_happens_wholly_or_not_at_all_however_it_meets_a_worker(company, sandbox, patch, hand):
    """What is live is what the answer to the edit says, in every round."""
    account, late = await company.connect("mastodon", "meets"), 0
    for number in range(20):
        job = await company.schedule(f"before {number}", account)
        body = {"content": f"after {number}"}
        edited, _ = await asyncio.gather(after(60 - number * 4, patch(job, body)), after(number * 4, hand.step()))
        assert (await hand.rounds(job, "completed", "failed")).status == "completed"
        words = ("after", "before") if edited.status_code == 200 else ("before", "after")
        if edited.status_code != 200:
            problem(edited, 409, "notEditable")
        late += edited.status_code != 200
        live, not_live = [await sandbox.books("mastodon", f"{each} {number}") for each in words]
        assert (len(live), not_live) == (1, [])
    assert 0 < late < 20, late  # both happened, else nothing was shown


async def after(milliseconds, action):
    await asyncio.sleep(milliseconds / 1000)
    return await action
