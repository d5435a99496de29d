"""What schemathesis is told of the API beside its description: words that mean something there, and stand-ins for ids."""

import copy
from uuid import NAMESPACE_URL, uuid5

import schemathesis
from hypothesis import strategies as st
from schemathesis.config import SchemathesisConfig

# Ids that a request may hold, by the name that paths give them: what they stand for is known when a test runs.
COUNTS = {"workspace_id": 1, "user_id": 4, "key_id": 4, "medium_id": 4, "account_id": 4, "job_id": 10, "publication_id": 10}
COUNTS |= {"endpoint_id": 4, "delivery_id": 4, "notification_id": 4, "upload_id": 4, "rendition_id": 4, "experiment_id": 4}
STAND_INS = {name: [str(uuid5(NAMESPACE_URL, f"{name}/{n}")) for n in range(count)] for name, count in COUNTS.items()}
CURSOR, EMAIL, PASSWORD = "stand-in-cursor", "stand-in@example.org", "a stand-in password"
# Operations that end what they name get the later half of it: the others need theirs.
ENDING = {"disconnect_account": "account_id", "delete_medium": "medium_id", "remove_member": "user_id", "revoke_key": "key_id"}
ENDING |= {"delete_endpoint": "endpoint_id", "abort_upload": "upload_id", "delete_experiment": "experiment_id"}
ANYTHING = ("begin_upload", "send_piece")  # every piece of bytes is a good one, and so is a header more
WORDS = {
    "cursor": [CURSOR],
    "email": [EMAIL],
    "event": ["1-1", "0-0"],
    "event type": ["publication.published", "account.*", "*"],
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
    "query.accountId": "account_id",
    "body.accountId": "account_id",
    "body.accountIds[*]": "account_id",
    "body.ids[*]": "publication_id",
    "body.content": "text",
    "body.events[*]": "event type",
    "body.expiresAt": "instant",
    "body.firstComment": "text",
    "body.mediaIds[*]": "medium_id",
    "body.mediaUrls[*]": "url",
    "body.platform": "platform",
    "body.platforms[*]": "platform",
    "body.redirectUri": "redirect",
    "body.scheduledAt": "instant",
    "body.scopes[*]": "scope",
    "body.startsAt": "instant",
    "body.timezone": "zone",
    "body.url": "url",
    "body.userId": "user_id",
}
REFUSED = [400, 401, 403, 404, 405, 406, 409, 412, 413, 415, 422, 428, 429]  # the usual ones, and 413: bad data may be long, too
LATIN = st.text(st.characters(min_codepoint=33, max_codepoint=255, exclude_categories=("C", "Z")), max_size=20)
QUERIES = st.dictionaries(st.text(max_size=8), st.text(max_size=8), max_size=2)
HEADERS = st.dictionaries(st.sampled_from(["Accept", "Cookie", "Range", "Forwarded", "X-Request-Id", "If-None-Match"]), LATIN)


@schemathesis.serializer("application/offset+octet-stream")
def as_it_is(_, value):
    return value if isinstance(value, bytes) else str(value).encode()


def described(description, app, examples, *, coverage=True, credentials=True, modes="all"):
    """`credentials`: made-up ones are tried too. The same examples every time."""
    config = {
        "base-url": "http://testserver",
        "suppress-health-check": ["all"],
        "generation": {
            "max-examples": examples,
            "mode": modes,
            "deterministic": True,
            "database": "none",
            "with-security-parameters": credentials,
        },
        "checks": {"negative_data_rejection": {"expected-statuses": REFUSED}},
        "analysis": {"constants": {"enabled": False}},  # the examples would change with every literal of the source
        "phases": {"coverage": {"enabled": coverage}},
        "dictionaries": {
            **{name: {"values": values} for name, values in (WORDS | STAND_INS).items()},
            **{f"last {name}": {"values": STAND_INS[name][COUNTS[name] // 2 :]} for name in ENDING.values()},
        },
        "parameters": {
            **{f"path.{name}": _bound(name) for name in COUNTS},
            **{where: _bound(words) for where, words in BOUND.items()},
        },
        "operations": [
            *(_of(operation, **{f"path.{name}": _bound(f"last {name}")}) for operation, name in ENDING.items()),
            *({"include-operation-id": each, "checks": {"negative_data_rejection": {"enabled": False}}} for each in ANYTHING),
            _of("login", **{"body.email": _bound("email"), "body.password": _bound("password")}),
        ],
    }
    schema = schemathesis.openapi.from_dict(description, config=SchemathesisConfig.from_dict(config))
    schema.app = app
    schema.hooks.register_hook_with_name(something, "before_generate_case")
    return schema


def part(description, tags):
    """The operations under these tags, in the workspace that is meant when none is named."""
    paths = copy.deepcopy({path: each for path, each in description["paths"].items() if _tags(each).intersection(tags)})
    for operations in paths.values():
        for operation in operations.values():
            named = [each for each in operation.get("parameters", []) if each["name"] != "X-Workspace-Id"]
            operation["parameters"] = named
    return {**description, "paths": paths}


def _tags(operations):
    return {tag for operation in operations.values() for tag in operation["tags"]}


def _bound(words):
    return {"dictionary": words, "probability": 0.75}


def _of(operation, **parameters):
    return {"include-operation-id": operation, "parameters": parameters}


def something(context, strategy):
    """Where nothing is asked for, something is sent all the same."""
    takes = [*context.operation.iter_parameters(), *context.operation.body]
    return strategy if takes else st.builds(_unasked, strategy, QUERIES, HEADERS)


def _unasked(case, query, headers):
    case.query, case.headers = query, {**case.headers, **headers}
    return case


def put(value, real):
    """`value` with what the stand-ins in it stand for."""
    if isinstance(value, str):
        return real.get(value, value)
    if isinstance(value, list):
        return [put(each, real) for each in value]
    if isinstance(value, dict):
        return {key: put(each, real) for key, each in value.items()}
    return value
