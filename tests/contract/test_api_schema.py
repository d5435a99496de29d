"""Every operation of /openapi.json under schemathesis: good data, bad data, strangers, and one thing after another."""

import itertools
import re
from uuid import NAMESPACE_URL, uuid5

import hypothesis
import pytest
import schemathesis
from argon2 import PasswordHasher
from hypothesis import strategies as st
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

import stage
from inhabited import inhabit
from ocma.bootstrap import resources
from ocma.entrypoints.api import health
from ocma.entrypoints.api.app import create_app
from ocma.features.publishing import stream
from ocma.features.workspaces import passwords
from ocma.infra import outbound

EXAMPLES = 200  # of every operation, beside those of the coverage phase

# Ids that a generated request may hold, by the name that paths give them. What they stand for is known when a test runs.
COUNTS = {"workspace_id": 1, "user_id": 4, "key_id": 4, "medium_id": 4, "account_id": 4, "job_id": 10, "publication_id": 10}
STAND_INS = {name: [str(uuid5(NAMESPACE_URL, f"{name}/{n}")) for n in range(count)] for name, count in COUNTS.items()}
CURSOR, EMAIL, PASSWORD = "stand-in-cursor", "stand-in@example.org", "a stand-in password"
# Operations that end what they name get the later half of it: the others need theirs.
ENDING = {"disconnect_account": "account_id", "delete_medium": "medium_id", "remove_member": "user_id", "revoke_key": "key_id"}
WORDS = {
    "cursor": [CURSOR],
    "email": [EMAIL],
    "event": ["1-1", "0-0"],
    "instant": ["2099-06-01T09:00:00Z", "2020-01-01T00:00:00+02:00", "2030-03-31T02:30:00Z"],
    "password": [PASSWORD],
    "platform": ["x", "twitter", "mastodon"],
    "redirect": ["https://example.org/back", "http://127.0.0.1:8000/api/social/callback"],
    "scope": ["posts:read", "posts:write", "accounts:read"],
    "text": ["Hello", "Bonjour à tous", "🦊 ship it"],
    "url": ["https://example.org/a.png", "http://127.0.0.1/a.png"],
    "zone": ["UTC", "Europe/Berlin", "Asia/Kathmandu"],
}
BOUND = {
    "header.Last-Event-ID": "event",
    "header.X-Workspace-Id": "workspace_id",
    "query.cursor": "cursor",
    "query.platform": "platform",
    "body.accountIds[*]": "account_id",
    "body.content": "text",
    "body.expiresAt": "instant",
    "body.firstComment": "text",
    "body.mediaIds[*]": "medium_id",
    "body.mediaUrls[*]": "url",
    "body.platform": "platform",
    "body.platforms[*]": "platform",
    "body.redirectUri": "redirect",
    "body.scheduledAt": "instant",
    "body.scopes[*]": "scope",
    "body.timezone": "zone",
    "body.userId": "user_id",
}


def bound(words):
    return {"dictionary": words, "probability": 0.75}


def of(operation, **parameters):
    return {"include-operation-id": operation, "parameters": parameters}


def described(examples, **more):
    config = {
        "base-url": "http://testserver",
        "suppress-health-check": ["all"],
        "generation": {"max-examples": examples, "deterministic": True, "database": "none", **more.pop("generation", {})},
        "dictionaries": {
            **{name: {"values": values} for name, values in (WORDS | STAND_INS).items()},
            **{f"last {name}": {"values": STAND_INS[name][COUNTS[name] // 2 :]} for name in ENDING.values()},
        },
        "parameters": {
            **{f"path.{name}": bound(name) for name in COUNTS},
            **{place: bound(words) for place, words in BOUND.items()},
        },
        "operations": [
            *(of(operation, **{f"path.{name}": bound(f"last {name}")}) for operation, name in ENDING.items()),
            of("login", **{"body.email": bound("email"), "body.password": bound("password")}),
        ],
        **more,
    }
    found = schemathesis.openapi.from_dict(APP.openapi(), config=SchemathesisConfig.from_dict(config))
    found.app = from_everywhere
    return found


async def from_everywhere(scope, receive, send):
    """The API as many clients see it: how often one address may try to log in is another test's matter."""
    if scope["type"] == "http":
        scope["client"] = (f"client-{next(NUMBERS)}", 1)
    await APP(scope, receive, send)


APP, NUMBERS = create_app(), itertools.count()
load_all_checks()
members = described(EXAMPLES, generation={"with-security-parameters": False})  # the key is ours
strangers = described(25, phases={"coverage": {"enabled": False}})
stories = described(20, generation={"with-security-parameters": False, "mode": "positive"})


@members.hook
def before_generate_case(context, strategy):
    """Where nothing is asked for, something is sent all the same."""
    takes = [*context.operation.iter_parameters(), *context.operation.body]
    return strategy if takes else st.builds(unasked, strategy, QUERIES, HEADERS)


LATIN = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_categories=("C", "Z")), max_size=20)
QUERIES = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2)
HEADERS = st.dictionaries(st.sampled_from(["Accept", "Cookie", "Range", "Forwarded", "X-Request-Id", "If-None-Match"]), LATIN)


def unasked(case, query, headers):
    case.query, case.headers = query, {**case.headers, **headers}
    return case


# Why a request of the right shape is refused all the same: `path:code` of what is wrong, by operation.
REASONS = {
    "register": {"email:invalid"},
}
CODES = {"invalidCharacter", "unknownParameter"}  # of which no schema speaks


@pytest.fixture(scope="module")
def sandbox():
    with stage.sandbox() as found:
        yield found


@pytest.fixture(scope="module")
def environment(services, sandbox, tmp_path_factory):
    """The process's own, in which the app opens what it needs."""
    found = stage.environment(services.postgres.app_url, services.valkey.url, sandbox, tmp_path_factory.mktemp("media"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in found.items():
            patch.setenv(name, value)
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))  # hundreds of them
        patch.setattr(outbound, "Pools", pools)
        patch.setattr(stream, "follow", told_so_far)
        yield


def pools(connections, resolver=None, kind=outbound.Pools):
    return Walled(connections, resolver) if resolver else kind(connections)


class Walled(outbound.Pools):
    """Where users' own URLs lead: no test reaches out of the machine."""

    async def handle_async_request(self, request):
        raise outbound.Refused("There is no network here.", request=request)


async def told_so_far(database, workspace_id, after):
    """The live stream without its waiting: it has no end of its own."""
    for each in await stream.read(database, workspace_id, after):
        yield each


@pytest.fixture(scope="module")
async def place(environment):
    async with resources() as opened:
        await opened.redis.set(f"{health.HEARTBEAT}test", str(opened.clock().timestamp() + 3600))
        return await inhabit(opened)


@pytest.fixture(scope="module")
def client(place):
    with asgi.get_client(from_everywhere) as found:
        yield found
    asgi.shutdown_lifespans()


@pytest.fixture(scope="module")
def real(place):
    """What each stand-in stands for."""
    pairs = [pair for name, ids in STAND_INS.items() for pair in zip(ids, place.ids[name], strict=True)]
    return dict(pairs) | {EMAIL: place.owner.email, PASSWORD: place.password}


@pytest.fixture(scope="module")
def cursors(client, place):
    """A cursor of each list, by its path."""
    found = {}
    for path, operations in APP.openapi()["paths"].items():
        if any(each["name"] == "cursor" for each in operations.get("get", {}).get("parameters", [])):
            at = path.format(workspace_id=place.workspace_id)
            found[path] = client.get(f"{at}?limit=1", headers=place.key).json()["nextCursor"]
    return found


def put(value, real):
    if isinstance(value, str):
        return real.get(value, value)
    if isinstance(value, list):
        return [put(each, real) for each in value]
    if isinstance(value, dict):
        return {key: put(each, real) for key, each in value.items()}
    return value


def furnish(case, real):
    case.path_parameters, case.query, case.body = (put(each, real) for each in (case.path_parameters, case.query, case.body))
    for name, value in case.headers.items():
        case.headers[name] = real.get(value, value)
    if re.fullmatch(r"[\x21-\x7e]+", str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = case.id  # one that another example had would get no further than that


def log_in(client, place):
    body = {"email": place.owner.email, "password": place.password}
    return {"Authorization": f"Bearer {client.post('/api/auth/login', json=body).json()['token']}"}


def operation_id(case):
    return case.operation.definition.raw["operationId"]


def refused_with_reason(_, response, case):
    """Instead of positive_data_acceptance, which knows no reasons: what is valid is accepted, or the reason is one of ours."""
    if response.status_code not in {400, 413, 422} or not case.meta.generation.mode.is_positive:
        return
    problem = response.json()
    found = {f"{re.sub('[0-9]+', '*', each['path'])}:{each['code']}" for each in problem["errors"]}
    assert problem["code"] in CODES or found <= REASONS.get(operation_id(case), set()), problem


def is_whole_problem(_, response, case):
    """Whatever is refused is refused with a code, and bad input with the place where it is wrong."""
    if response.status_code < 400 or response.request.method == "HEAD":
        return
    assert response.headers["content-type"] == ["application/problem+json"]
    problem = response.json()
    assert problem["status"] == response.status_code
    assert all(problem[name] for name in ("type", "title", "detail", "code", "requestId"))
    if response.status_code in {400, 413, 422}:
        assert problem["errors"]
        assert all(each["path"] and each["code"] and each["message"] for each in problem["errors"])


OURS = {"additional_checks": [is_whole_problem, refused_with_reason], "excluded_checks": [positive_data_acceptance]}
GUARDED = set()  # operations that turned away whoever came without credentials: once is enough


@members.parametrize()
def test_with_a_key(case, client, place, real, cursors):
    furnish(case, real | {CURSOR: cursors.get(case.operation.path)})
    operation = operation_id(case)
    headers = log_in(client, place) if operation in {"logout", "create_workspace"} else place.key
    response = case.call(headers=headers)
    excluded = [*OURS["excluded_checks"], *([ignored_auth] if operation in GUARDED else [])]
    case.validate_response(
        response, headers=headers, transport_kwargs={"headers": headers}, **OURS | {"excluded_checks": excluded}
    )
    if response.status_code < 300:
        GUARDED.add(operation)


@strangers.parametrize()
def test_as_a_stranger(case, client, real):
    furnish(case, real)
    response = case.call_and_validate(**OURS)
    if case.operation.definition.raw.get("security"):
        assert response.status_code in {400, 401, 413, 422}


def test_one_thing_after_another(client, place):
    """What was made can be used, and what was ended is gone."""
    headers = log_in(client, place)

    class Story(stories.as_state_machine()):
        def call(self, case, **more):
            return case.call(headers=headers)

        def validate_response(self, response, case, additional_checks=None, **more):
            case.validate_response(response, headers=headers, recorder=self.recorder, **OURS)

    settings = hypothesis.settings(
        max_examples=20, stateful_step_count=10, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(hypothesis.HealthCheck),
    )
    Story.run(settings=settings)
