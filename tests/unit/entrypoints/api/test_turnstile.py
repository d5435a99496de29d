"""What is counted as what, and what an answer says of it."""

import pytest
from fastapi.routing import iter_route_contexts

from ocma.entrypoints.api.app import create_app
from ocma.entrypoints.api.idempotency import PlainRoute
from ocma.entrypoints.api.turnstile import KINDS, asks_who, headers, kind_of, network
from ocma.infra.limits import Policy, Standing

OURS = [each.original_route for each in iter_route_contexts(create_app().routes)]
ROUTES = {each.name: each for each in OURS if isinstance(each, PlainRoute)}
READ = Policy("read", 600, 60)


@pytest.mark.parametrize(
    ("count", "seconds", "said"),
    [
        (1, 60.0, '"read";r=599;t=60'),
        (600, 29.2, '"read";r=0;t=30'),
        (777, 0.01, '"read";r=0;t=1'),
    ],
)
def test_the_headers(count, seconds, said):
    assert headers(Standing(READ, count, seconds)) == {"RateLimit-Policy": '"read";q=600;w=60', "RateLimit": said}


def test_the_quota_is_over_with_the_next_one():
    assert [Standing(READ, count, 1).is_over for count in (599, 600, 601)] == [False, False, True]


def test_the_table_names_no_ghosts():
    assert KINDS.keys() <= ROUTES.keys()


def test_operations_by_their_kind():
    kinds = {name: kind_of(name, route.methods) for name, route in ROUTES.items()}
    assert kinds["list_jobs"] == kinds["ask_upload"] == kinds["follow_events"] == "read"
    assert kinds["schedule_post"] == kinds["revoke_key"] == kinds["change_job"] == kinds["logout"] == "write"
    assert {name for name, kind in kinds.items() if kind is None} == {"healthz", "readyz", "metrics"}


def test_who_is_asked_for_is_what_the_description_says():
    described = create_app().openapi()["paths"].values()
    guarded = {each["operationId"]: bool(each.get("security")) for path in described for each in path.values()}
    assert {name: asks_who(ROUTES[name].dependant) for name in guarded} == guarded
    assert asks_who(ROUTES["ask_upload"].dependant)  # not in the description


@pytest.mark.parametrize(
    ("host", "counted"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:aaaa::1", "2001:db8:1:2::"),
        ("2001:db8:1:2:ffff::9", "2001:db8:1:2::"),
        ("2001:db8:1:3::1", "2001:db8:1:3::"),
        ("client-7", "client-7"),
    ],
)
def test_whose_address_it_is(host, counted):
    assert network(host) == counted
