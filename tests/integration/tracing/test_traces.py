"""What a collector is told: the way of a post through all processes, and nothing that anybody wrote."""

import json
import re
import secrets
from uuid import UUID

import pytest

from answers import good
from stage import until

CALLERS = f"{secrets.randbits(127) | 1:032x}"
TEXT = "W0rds-of-the-post nobody else may read"
PASSWORD = "pa55-of-a-person"
EMAIL = "traced-person@example.com"


@pytest.fixture(scope="module")
async def account(company):
    return await company.connect("mastodon", "traced")


@pytest.fixture(scope="module")
async def published(door, headers, account, company):
    """The answer to a caller who traces, too; the post is live by then."""
    body = {"content": TEXT, "accountIds": [str(account.id)], "scheduledAt": "now"}
    parent = {"traceparent": f"00-{CALLERS}-00f067aa0ba902b7-01"}
    answer = good(door.post("/api/queue/schedule", json=body, headers=headers | parent), 202)
    job = await company.job(UUID(answer["jobId"]))
    await company.wait(job, "completed")
    return job


@pytest.fixture(scope="module")
def spans(collector, published):
    """Of the publication's trace, by name."""
    trace = published.publications[0].id.hex

    def all_there(_):
        found = {each.span.name: each for each in collector.trace(trace)}
        return found if {"publish", "record"} <= found.keys() else None

    return collector.wait(all_there)


def parent_of(told):
    return told.span.parent_span_id.hex()


def id_of(told):
    return told.span.span_id.hex()


def test_a_publications_trace_has_its_own_id_and_all_stages(spans, published):
    root = spans["publish"]
    assert root.service == "ocma-worker"
    assert parent_of(root) == ""
    assert root.attributes["ocma.publication.id"] == str(published.publications[0].id)
    assert root.attributes["ocma.platform"] == "mastodon"
    for name in ("claim", "prepare", "write-ahead", "send", "record"):
        assert parent_of(spans[name]) == id_of(root), name
        assert root.span.start_time_unix_nano <= spans[name].span.start_time_unix_nano
        assert spans[name].span.end_time_unix_nano <= root.span.end_time_unix_nano
    order = [spans[name].span.start_time_unix_nano for name in ("claim", "prepare", "write-ahead", "send", "record")]
    assert order == sorted(order)


def test_the_call_is_within_its_stage(spans):
    call = spans["mastodon publish"]
    assert parent_of(call) == id_of(spans["send"])
    assert call.attributes == {"ocma.platform": "mastodon", "ocma.call.kind": "publish", "ocma.call.outcome": "2xx"}
    assert spans["send"].span.start_time_unix_nano <= call.span.start_time_unix_nano
    assert call.span.end_time_unix_nano > call.span.start_time_unix_nano


def test_the_request_is_in_the_callers_trace_and_leads_to_the_publication(collector, spans):
    def request(found):
        return next((each for each in found if each.trace == CALLERS and each.span.kind == 2), None)

    told = collector.wait(request)
    assert (told.service, told.span.name) == ("ocma-api", "POST /api/queue/schedule")
    assert parent_of(told) == "00f067aa0ba902b7"
    assert told.attributes["http.response.status_code"] == 202
    assert [(each.trace_id.hex(), each.span_id.hex()) for each in told.span.links] == [
        (spans["publish"].trace, id_of(spans["publish"]))
    ]
    inside = [each for each in collector.trace(CALLERS) if each.attributes.get("db.system") == "postgresql"]
    assert any("INSERT INTO" in str(each.attributes.get("db.statement")) for each in inside)
    assert {each.service for each in inside} == {"ocma-api"}


def test_work_that_was_taken_together_is_linked(collector, spans):
    (link,) = spans["publish"].span.links

    def whole(_):
        return next((each for each in collector.trace(link.trace_id.hex()) if each.span.span_id == link.span_id), None)

    batch = collector.wait(whole)  # it ends after what was taken with it
    assert batch.span.name == "publications"
    assert batch.attributes["ocma.publications"] >= 1


async def test_what_goes_wrong_is_told_by_its_code(door, headers, account, company, collector, sandbox):
    await sandbox.fault("mastodon", "server_error", 1, path="/api/v1/statuses")
    job = await company.schedule(f"{TEXT} once more", account)
    await company.wait(job, "completed")
    trace = job.publications[0].id.hex

    def failed(_):
        return [each for each in collector.trace(trace) if each.failed and each.attributes.get("error.type")]

    (told, *_) = collector.wait(failed)
    assert re.fullmatch(r"[a-zA-Z]+", told.attributes["error.type"])
    calls = [each for each in collector.trace(trace) if each.attributes.get("ocma.call.outcome") == "5xx"]
    assert calls
    assert all(each.failed for each in calls)
    assert all(not each.span.status.message for each in collector.spans())


def test_nothing_that_anybody_wrote_and_no_secret_is_told(door, headers, published, collector, environment, log):
    """In any byte that the collector has ever got."""
    token = headers["Authorization"].removeprefix("Bearer ")
    secret = {"a-path": "s3cret-path", "a-query": "s3cret-query"}
    door.get(f"/media/{secret['a-path']}")
    door.get(f"/nowhere/{secret['a-path']}")
    door.get("/api/social/callback", params={"code": secret["a-query"], "state": secret["a-query"]})
    registration = {"email": EMAIL, "password": PASSWORD, "name": "Person"}
    good(door.post("/api/auth/register", json=registration), 201)
    door.post("/api/auth/register", json=registration)  # the database says which e-mail is taken
    door.post("/api/auth/login", json={"email": EMAIL, "password": PASSWORD})
    collector.wait(lambda spans: [each for each in spans if each.span.name == "POST /api/auth/login"])
    everything = b"".join(collector.bodies)
    vault = environment["OCMA_VAULT_KEYS"].split(":")[1]
    passwords = [environment[name].split("@")[0].rpartition(":")[2] for name in ("DATABASE_URL",)]
    client_secret = environment["TWITTER_CLIENT_SECRET"]
    for each in (token, TEXT, PASSWORD, EMAIL, vault, client_secret, *passwords, *secret.values(), "c0llector-s3cret"):
        assert len(each) >= 8
        assert each.encode() not in everything, each
    assert {told["x-collector-key"] for told in collector.headers} == {"c0llector-s3cret"}
    assert "c0llector-s3cret" not in log.read_text()


def test_queries_show_no_values(collector, published):
    statements = {str(each.attributes["db.statement"]) for each in collector.spans() if "db.statement" in each.attributes}
    assert statements
    assert {literal for each in statements for literal in re.findall(r"'([^']*)'", each)} == {"…"}
    assert not [each for each in collector.spans() if "db.statement.parameters" in each.attributes]


def test_what_comes_all_the_time_is_in_no_trace(door, collector, published):
    for path in ("/healthz", "/readyz", "/metrics"):
        door.get(path)
    marker = door.get("/api/config").status_code
    assert marker == 200
    collector.wait(lambda spans: [each for each in spans if each.span.name == "GET /api/config"])
    roots = {each.span.name for each in collector.spans() if not each.span.parent_span_id}
    assert not [each for each in roots if "health" in each or "ready" in each or "metrics" in each]
    assert not {"SELECT", "INSERT", "UPDATE", "WITH", "BEGIN;"} & roots


async def test_lines_of_the_log_say_in_which_trace_they_were_written(log, published):
    async def found():
        lines = [json.loads(each) for each in log.read_text().splitlines() if each.startswith("{")]
        return [each for each in lines if each.get("trace_id") == CALLERS and each["event"] == "request"] or None

    (line,) = await until(found, 10)
    assert line["path"] == "/api/queue/schedule"
    assert re.fullmatch(r"[0-9a-f]{16}", line["span_id"])
