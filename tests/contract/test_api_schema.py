"""Every operation of /openapi.json under schemathesis: good data, bad data, strangers, and one thing after another."""

import itertools
import logging
import re
from collections import Counter

import hypothesis
import pytest
import structlog
from argon2 import PasswordHasher
from schemathesis.checks import load_all_checks
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import ensure_resource_availability, ignored_auth, positive_data_acceptance, use_after_free

import stage
from contract.generation import CURSOR, EMAIL, PASSWORD, STAND_INS, described, part, put
from inhabited import inhabit
from ocma.bootstrap import resources
from ocma.entrypoints.api.app import create_app
from ocma.features.publishing import stream
from ocma.features.workspaces import passwords
from ocma.infra import heartbeat, outbound

EXAMPLES = 200  # of every operation, beside those that cover each keyword of its schema
USERS_ONLY = {"logout", "create_workspace"}  # no API key can do these

CONTENT = {"checkFailed", "mediaUnreachable", "timeTooFar", "timezoneUnknown", "unknownPlatform", "variantTwice"}
PLACE = {"accountMissing", "permissionMissing"}
SPAN = {"rangeTwice", "rangeOpen", "rangeAhead", "rangeEmpty", "rangeTooLong"}  # of parameters that go together
# No schema tells what a formula is.
FORMULA = {
    "formulaConstant",
    "formulaNumber",
    "formulaTooDeep",
    "formulaTooLong",
    "formulaUnits",
    "formulaUnreadable",
    "unknownMetric",
}
# Why a request of the right shape is refused all the same, by operation: a code, or `path:code` where the code alone says little.
REASONS = {
    "analyze_content": {"otherPlatform", "unknownPlatform"},
    "add_member": {"email:invalid", "email:missingField"},  # JSON Schema's e-mails are odder; either `email` or `userId`
    "authorize": {"hostInvalid", "redirectInvalid", "unknownPlatform"},
    "callback": {"authorizationRefused", "stateRefused"},
    "connect": {"authCodeRefused", "hostInvalid", "noPendingAuthorization", "redirectInvalid", "stateRefused", "unknownPlatform"},
    "change_endpoint": {"urlInvalid"},
    "check": {"unknownPlatform"},
    "add_round": {*CONTENT, "accountMissing", "postedBefore", "timeInvalid", "variantsDiffer"},
    "create_experiment": {*CONTENT, *PLACE, "name:stringTooShort", "notMeasured", "tooLarge", "unknownMetric"},
    "list_experiments": {"cursor"},
    "start_experiment": {*CONTENT, "accountMissing", "timeInvalid"},
    "change_custom_metric": {*FORMULA, "name:stringTooShort"},
    "create_custom_metric": {*FORMULA, "keyTaken", "name:stringTooShort"},
    "create_endpoint": {"urlInvalid"},
    "create_key": {"expiresAt:past", "name:stringTooShort", "unknownScope"},  # a name is more than blanks
    "create_workspace": {"name:stringTooShort", "timezone:invalid"},
    "follow_events": {"eventIdInvalid"},
    "list_connected": {"cursor", "unknownPlatform"},
    "list_dead": {"cursor", "unknownPlatform"},
    "login": {"email:invalid"},
    "resolve_publication": {"postIdMissing"},  # when the next part is to reply to it, or without a URL
    "show_metrics": {*SPAN, "unknownPlatform", "unknownMetric", "tooMany"},
    "show_history": {*SPAN, "unknownMetric", "tooManyBuckets", "notComputable"},
    "export_metrics": {*SPAN, "unknownPlatform"},
    "register": {"email:invalid", "workspaceName:stringTooShort"},
    "change_job": {*CONTENT, "timeInvalid"},  # a clock time that its new zone's calendar does not have
    "requeue_dead_many": {"unknownPlatform"},
    "schedule_post": {*CONTENT, "accountMissing"},
    "update_workspace": {"name:stringTooShort", "timezone:invalid"},
    "upload_medium": {"mediaUnreadable"},
    "order_rendition": {"unknownPlatform"},
    "optimize_content": {"nothingLeft", "otherPlatform", "unknownPlatform"},
    "generate_content": {"nothingLeft", "unknownPlatform"},
    "begin_upload": {"tooLarge", "uploadMetadata"},
    "send_piece": {"mediaTooLarge", "mediaUnreadable"},
    **{name: {"cursor"} for name in ("list_audit", "list_jobs", "list_keys", "list_members", "list_uploads", "show_usage")},
    **{name: {"cursor"} for name in ("list_custom_metrics", "list_deliveries", "list_endpoints", "list_notifications")},
}
EVERYWHERE = {"invalidCharacter", "requestLine", "unknownParameter"}  # of which no schema speaks
NAMELESS = {"invalidCharacter", "unknownField", "unknownParameter"}  # the name that was sent may be empty


async def from_everywhere(scope, receive, send):
    """The API as many clients see it: how often one address may try to log in is another test's matter."""
    if scope["type"] == "http":
        scope["client"] = (f"client-{next(NUMBERS)}", 1)
    await APP(scope, receive, send)


APP, NUMBERS = create_app(), itertools.count()
members = described(APP.openapi(), from_everywhere, EXAMPLES, credentials=False)
strangers = described(APP.openapi(), from_everywhere, 20, coverage=False)
load_all_checks()


@pytest.fixture(scope="module")
def sandbox():
    with stage.sandbox() as found:
        yield found


@pytest.fixture(scope="module")
def environment(services, sandbox, tmp_path_factory):
    """The process's own, in which the app opens what it needs."""
    found = stage.environment(services.postgres.app_url, services.valkey.url, sandbox, tmp_path_factory.mktemp("media"))
    before = structlog.get_config()
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))  # tens of thousands of lines
    with pytest.MonkeyPatch.context() as patch:
        for name, value in found.items():
            patch.setenv(name, value)
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))  # hundreds of them
        patch.setattr(outbound, "Pools", pools)
        patch.setattr(stream, "follow", told_so_far)
        yield
    structlog.configure(**before)


def pools(connections, resolver=None, kind=outbound.Pools):
    return Walled(connections, resolver) if resolver else kind(connections)


class Walled(outbound.Pools):
    """Where users' own URLs lead: no test reaches out of the machine."""

    async def handle_async_request(self, request):
        raise outbound.Refused("There is no network here.", request=request)


async def told_so_far(database, workspace_id, after, seconds, may_go_on):
    """The live stream without its waiting: it has no end of its own."""
    for each in await stream.read(database, workspace_id, after):
        yield each


@pytest.fixture(scope="module")
async def place(environment):
    async with resources() as opened:
        await heartbeat.beat(opened.redis, "worker", "test", opened.clock().timestamp() + 3600)
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
            address = path.format(workspace_id=place.workspace_id, endpoint_id=place.ids["endpoint_id"][0])
            found[path] = client.get(f"{address}?limit=1", headers=place.key).json()["nextCursor"]
    return found


@pytest.fixture(scope="module")
def counted(request):
    """How often each operation was called with a key."""
    counts = Counter()
    yield counts
    assert request.session.testsfailed or all(count >= EXAMPLES for count in counts.values()), counts


@pytest.fixture(scope="module")
def guarded():
    """Operations that let somebody in and turned away whoever came without credentials: once is enough, and costs two calls."""
    return set()


def furnish(case, real):
    case.path_parameters, case.query, case.body = (put(each, real) for each in (case.path_parameters, case.query, case.body))
    for name, value in case.headers.items():
        case.headers[name] = real.get(value, value)
    if re.fullmatch(r"[\x21-\x7e]+", str(case.headers.get("Idempotency-Key", ""))):
        case.headers["Idempotency-Key"] = case.id  # one that another example had would get no further than that


def operation_id(case):
    return case.operation.definition.raw["operationId"]


def log_in(client, place):
    body = {"email": place.owner.email, "password": place.password}
    return {"Authorization": f"Bearer {client.post('/api/auth/login', json=body).json()['token']}"}


def is_refused_with_reason(_, response, case):
    """Instead of positive_data_acceptance, which knows no reasons: what is valid is accepted, or the reason is one of ours."""
    if response.status_code not in {400, 413, 422} or not case.meta.generation.mode.is_positive:
        return
    problem, reasons = response.json(), EVERYWHERE | REASONS.get(operation_id(case), set())
    found = {f"{each['path']}:{each['code']}" for each in problem["errors"]}
    assert problem["code"] in reasons or found <= reasons, problem


def is_whole_problem(_, response, case):
    """What is refused is refused with a code, and bad input with the place where it is wrong."""
    if response.status_code < 400:
        return
    assert response.headers["content-type"] == ["application/problem+json"]
    problem = response.json()
    assert problem["status"] == response.status_code
    assert all(problem[name] for name in ("type", "title", "detail", "code", "requestId"))
    if response.status_code in {400, 413, 422}:
        assert problem["errors"]
        assert all(each["code"] and each["message"] and (each["path"] or each["code"] in NAMELESS) for each in problem["errors"])


OURS = {"additional_checks": [is_whole_problem, is_refused_with_reason], "excluded_checks": [positive_data_acceptance]}
GUARDED = {**OURS, "excluded_checks": [positive_data_acceptance, ignored_auth]}


@members.parametrize()
def test_with_a_key(case, client, place, real, cursors, counted, guarded):
    furnish(case, real | {CURSOR: cursors.get(case.operation.path)})
    operation = operation_id(case)
    headers = log_in(client, place) if operation in USERS_ONLY else place.key
    response = case.call_and_validate(headers=headers, **(GUARDED if operation in guarded else OURS))
    counted[operation] += 1
    if response.status_code < 300:
        guarded.add(operation)


@strangers.parametrize()
def test_as_a_stranger(case, client, real):
    furnish(case, real)
    response = case.call_and_validate(**OURS)
    if case.operation.definition.raw.get("security"):
        assert response.status_code in {400, 401, 422}


@pytest.mark.parametrize("tags", [("keys",), ("media",), ("queue",), ("workspaces", "members"), ("webhooks",)], ids="+".join)
def test_one_thing_after_another(client, place, real, cursors, tags):
    """What was made can be used, and what was ended is gone; but a revoked key stays on record.

    An id from one answer may be of the wrong kind for the next request, so that nothing is surely valid here. That a story gets
    anywhere does not hang on such ids: what lives in the place already has its stand-ins, and lists have their cursors.
    """
    stories = described(part(APP.openapi(), tags), from_everywhere, 10, credentials=False, modes="positive")
    headers, good = log_in(client, place), set()

    def beside_the_point(case):
        """A stand-in is not what was just made, and may be gone."""
        named = {str(value) for name, value in (case.path_parameters or {}).items() if name != "workspace_id"}
        stands_in = named & {*map(str, real.values())}
        return [*([use_after_free] if "keys" in tags else []), *([ensure_resource_availability] if stands_in else [])]

    class Story(stories.as_state_machine()):
        def call(self, case, **more):
            furnish(case, real | {CURSOR: cursors.get(case.operation.path)})
            return case.call(headers=headers)

        def validate_response(self, response, case, additional_checks=None, **more):
            case.validate_response(
                response,
                headers=headers,
                recorder=self.recorder,
                additional_checks=[is_whole_problem],
                excluded_checks=[positive_data_acceptance, *beside_the_point(case)],
            )
            if response.status_code < 300:
                good.add(operation_id(case))

    told(Story)
    assert len(good) > 1, good


def told(story, times=3):
    """What the stories before have left behind changes what the next ones may draw, which hypothesis may take for a flaky test."""
    for left in reversed(range(times)):
        try:
            return story.run(settings=SETTINGS)
        except hypothesis.errors.FlakyStrategyDefinition:
            if not left:
                raise
    return None


SETTINGS = hypothesis.settings(
    max_examples=15,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(hypothesis.HealthCheck),
)
