"""Every operation of /openapi.json under schemathesis: good data, bad data, no data, and strangers."""

import itertools
import re
from uuid import NAMESPACE_URL, uuid5

import pytest
import schemathesis
from argon2 import PasswordHasher
from schemathesis.checks import load_all_checks
from schemathesis.config import SchemathesisConfig
from schemathesis.python import asgi
from schemathesis.specs.openapi.checks import positive_data_acceptance

import stage
from inhabited import inhabit
from ocma.bootstrap import resources
from ocma.entrypoints.api import health
from ocma.entrypoints.api.app import create_app
from ocma.features.publishing import stream
from ocma.features.workspaces import passwords
from ocma.infra import outbound

EXAMPLES = 200  # of every operation, beside those of the coverage phase

# Ids that a generated request may hold, by the name that paths give them; `real` knows what each stands for.
COUNTS = {"workspace_id": 1, "user_id": 4, "key_id": 4, "medium_id": 4, "account_id": 4, "job_id": 10, "publication_id": 10}
STAND_INS = {name: [str(uuid5(NAMESPACE_URL, f"{name}/{n}")) for n in range(count)] for name, count in COUNTS.items()}
CURSOR, EMAIL, PASSWORD = "stand-in-cursor", "stand-in@example.org", "stand-in password"
# Operations that end what they name get the later half of it: the others need theirs.
ENDING = {"disconnect_account": "account_id", "delete_medium": "medium_id", "remove_member": "user_id", "revoke_key": "key_id"}
WORDS = {
    "platform": ["x", "twitter", "mastodon"],
    "text": ["Hello", "Bonjour à tous", "🦊 ship it"],
    "instant": ["2099-06-01T09:00:00Z", "2020-01-01T00:00:00+02:00", "2030-03-31T02:30:00Z"],
    "zone": ["UTC", "Europe/Berlin", "Asia/Kathmandu"],
    "scope": ["posts:read", "posts:write", "accounts:read"],
    "url": ["https://example.org/a.png", "http://127.0.0.1/a.png"],
    "redirect": ["https://example.org/back", "http://127.0.0.1:8000/api/social/callback"],
    "cursor": [CURSOR],
    "email": [EMAIL],
    "password": [PASSWORD],
    "event": ["1-1", "0-0"],
}
BOUND = {
    "header.X-Workspace-Id": "workspace_id",
    "header.Last-Event-ID": "event",
    "query.platform": "platform",
    "query.cursor": "cursor",
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


def bound(words, probability=0.7):
    return {"dictionary": words, "probability": probability}


def of(operation, **parameters):
    return {"include-operation-id": operation, "parameters": parameters}


CONFIG = {
    "base-url": "http://testserver",
    "suppress-health-check": ["all"],
    "generation": {
        "max-examples": EXAMPLES,
        "deterministic": True,
        "database": "none",
        "with-security-parameters": False,  # the key is ours; strangers have a test of their own
    },
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
}

# Why a request of the right shape is refused all the same, as `path:code` of its first problem. What else is valid is accepted.
REASONS = {}
EVERYWHERE = {"invalidCharacter"}


async def from_everywhere(scope, receive, send):
    """The API as clients with many addresses see it: how often one may try to log in is another test's matter."""
    if scope["type"] == "http":
        scope["client"] = (f"client-{next(NUMBERS)}", 1)
    await APP(scope, receive, send)


APP, NUMBERS = create_app(), itertools.count()
schema = schemathesis.openapi.from_dict(APP.openapi(), config=SchemathesisConfig.from_dict(CONFIG))
schema.app = from_everywhere
load_all_checks()


@pytest.fixture(scope="module")
def sandbox():
    with stage.sandbox() as found:
        yield found


@pytest.fixture(scope="module")
def environment(services, sandbox, tmp_path_factory):
    """As the process's own environment, in which the app opens what it needs."""
    found = stage.environment(services.postgres.app_url, services.valkey.url, sandbox, tmp_path_factory.mktemp("media"))
    with pytest.MonkeyPatch.context() as patch:
        for name, value in found.items():
            patch.setenv(name, value)
        patch.setattr(passwords, "_HASHER", PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
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
def real(place):
    """What each stand-in stands for."""
    pairs = [pair for name, ids in STAND_INS.items() for pair in zip(ids, place.ids[name], strict=True)]
    return dict(pairs) | {EMAIL: place.owner.email, PASSWORD: place.password}


@pytest.fixture(scope="module")
def client(place):
    with asgi.get_client(from_everywhere) as found:
        yield found
    asgi.shutdown_lifespans()


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
    if re.fullmatch(r"[\x21-\x7e]+", case.headers.get("Idempotency-Key", "")):
        case.headers["Idempotency-Key"] = case.id  # a key that another example had would only be told so


def log_in(client, place):
    body = {"email": place.owner.email, "password": place.password}
    return {"Authorization": f"Bearer {client.post('/api/auth/login', json=body).json()['token']}"}


@schema.parametrize()
def test_with_a_key(case, client, place, real):
    furnish(case, real)
    operation = case.operation.definition.raw["operationId"]
    headers = log_in(client, place) if operation in {"logout", "create_workspace"} else place.key
    case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])
