"""/api/workspaces/{id}/members: the role matrix, and the last owner."""

import asyncio

import pytest

from answers import good, problem
from factories import bearer
from ocma.ids import new_id

LADDER = ["viewer", "editor", "admin", "owner"]
MANAGE = {"admin", "owner"}


@pytest.fixture
async def team(make, workspace):
    """One member of each role."""
    return {role: await make.member(workspace, role) for role in LADDER}


def url(workspace, person=None):
    return f"/api/workspaces/{workspace}/members" + (f"/{person.id}" if person else "")


async def test_everybody_sees_who_is_there(api, team, workspace):
    for person in team.values():
        listed = good(await api.get(url(workspace), headers=person.headers))["data"]
        assert {row["userId"]: (row["role"], row["email"]) for row in listed} == {
            str(each.id): (role, each.email) for role, each in team.items()
        }


@pytest.mark.parametrize("granted", LADDER)
@pytest.mark.parametrize("role", LADDER)
async def test_nobody_grants_a_role_above_their_own(api, make, team, workspace, role, granted):
    allowed = role in MANAGE and LADDER.index(granted) <= LADDER.index(role)
    guest = await make.person()
    added = await api.post(url(workspace), headers=team[role].headers, json={"email": guest.email, "role": granted})
    changed = await api.patch(url(workspace, team["viewer"]), headers=team[role].headers, json={"role": granted})
    if allowed:
        assert good(added, 201)["role"] == granted
        assert good(changed)["role"] == granted
    else:
        code = "roleBeyondYours" if role in MANAGE else "scopeMissing"
        problem(added, 403, code)
        problem(changed, 403, code)


@pytest.mark.parametrize("target", LADDER)
@pytest.mark.parametrize("role", LADDER)
async def test_nobody_touches_a_role_above_their_own(api, team, workspace, make, role, target):
    allowed = role in MANAGE and LADDER.index(target) <= LADDER.index(role)
    victim = await make.member(workspace, target)
    changed = await api.patch(url(workspace, victim), headers=team[role].headers, json={"role": "viewer"})
    assert changed.status_code == (200 if allowed else 403), changed.text
    victim = await make.member(workspace, target)
    removed = await api.delete(url(workspace, victim), headers=team[role].headers)
    assert removed.status_code == (204 if allowed else 403), removed.text
    still = good(await api.get("/api/workspaces", headers=victim.headers))["data"]
    assert (str(workspace) in {row["workspaceId"] for row in still}) == (not allowed)


@pytest.mark.parametrize("role", ["viewer", "editor", "admin"])
async def test_everybody_may_leave(api, team, workspace, role):
    assert (await api.delete(url(workspace, team[role]), headers=team[role].headers)).status_code == 204
    problem(await api.get(url(workspace), headers=team[role].headers), 403, "notAMember")


async def test_the_last_owner_stays(api, team, workspace):
    owner = team["owner"]
    problem(await api.delete(url(workspace, owner), headers=owner.headers), 409, "lastOwner")
    problem(await api.patch(url(workspace, owner), headers=owner.headers, json={"role": "admin"}), 409, "lastOwner")
    good(await api.patch(url(workspace, team["admin"]), headers=owner.headers, json={"role": "owner"}))
    assert (await api.delete(url(workspace, owner), headers=owner.headers)).status_code == 204


async def test_two_owners_who_leave_at_once_do_not_both(api, make):
    for _ in range(5):
        workspace = await make.workspace()
        owners = [await make.member(workspace, "owner") for _ in range(3)]
        answers = await asyncio.gather(*(api.delete(url(workspace, each), headers=each.headers) for each in owners))
        assert sorted(answer.status_code for answer in answers) == [204, 204, 409]


async def test_a_change_of_role_counts_at_once(api, team, workspace):
    good(await api.get("/api/keys", headers=team["admin"].headers))
    good(await api.patch(url(workspace, team["admin"]), headers=team["owner"].headers, json={"role": "viewer"}))
    problem(await api.get("/api/keys", headers=team["admin"].headers), 403, "scopeMissing")


async def test_keys_end_with_the_member_who_made_them(api, team, workspace, make):
    admin = team["admin"].headers
    first = good(await api.post("/api/keys", headers=admin, json={"name": "first"}), 201)
    second = good(await api.post("/api/keys", headers=bearer(first["key"]), json={"name": "made by the first"}), 201)
    apart = await make.key_row(workspace)
    assert (await api.delete(url(workspace, team["admin"]), headers=team["owner"].headers)).status_code == 204
    rows = good(await api.get("/api/keys", headers=team["owner"].headers))["data"]
    revoked = {row["id"]: row["revokedAt"] is not None for row in rows}
    assert revoked == {first["id"]: True, second["id"]: True, str(apart.id): False}
    events = good(await api.get("/api/audit", headers=team["owner"].headers))["data"]
    assert sorted(events[0]["data"]["revokedKeys"]) == sorted([first["id"], second["id"]])


async def test_a_smaller_role_ends_only_keys_that_reach_beyond_it(api, team, workspace):
    admin = team["admin"].headers
    wide = good(await api.post("/api/keys", headers=admin, json={"name": "wide"}), 201)
    narrow = good(await api.post("/api/keys", headers=admin, json={"name": "narrow", "scopes": ["posts:read"]}), 201)
    good(await api.patch(url(workspace, team["admin"]), headers=team["owner"].headers, json={"role": "editor"}))
    rows = good(await api.get("/api/keys", headers=team["owner"].headers))["data"]
    assert {row["id"]: row["revokedAt"] is not None for row in rows} == {wide["id"]: True, narrow["id"]: False}


async def test_a_key_grants_no_more_than_it_has(api, make, workspace):
    guest = await make.person()
    narrow = await make.key(workspace, "members:write")
    problem(await api.post(url(workspace), headers=narrow, json={"email": guest.email, "role": "viewer"}), 403, "roleBeyondYours")
    full = await make.key(workspace)
    good(await api.post(url(workspace), headers=full, json={"userId": str(guest.id), "role": "owner"}), 201)


async def test_whom_one_can_add(api, make, key, workspace):
    guest = await make.person(name="Guest")
    added = good(await api.post(url(workspace), headers=key, json={"email": guest.email.upper(), "role": "editor"}), 201)
    assert (added["userId"], added["email"], added["name"]) == (str(guest.id), guest.email, "Guest")
    assert good(await api.get(url(workspace, guest), headers=key)) == added
    problem(await api.post(url(workspace), headers=key, json={"email": guest.email, "role": "viewer"}), 409, "alreadyMember")
    problem(await api.post(url(workspace), headers=key, json={"userId": str(guest.id), "role": "viewer"}), 409, "alreadyMember")
    problem(
        await api.post(url(workspace), headers=key, json={"email": "nobody@example.com", "role": "viewer"}), 404, "noSuchUser"
    )
    problem(await api.post(url(workspace), headers=key, json={"userId": str(new_id()), "role": "viewer"}), 404, "noSuchUser")
    problem(await api.post(url(workspace), headers=key, json={"role": "viewer"}), 400, "missingField")
    problem(await api.post(url(workspace), headers=key, json={"email": guest.email, "role": "king"}), 422)


async def test_strangers_are_no_members(api, make, key, workspace):
    stranger = await make.person()
    for answer in (
        await api.get(url(workspace, stranger), headers=key),
        await api.patch(url(workspace, stranger), headers=key, json={"role": "viewer"}),
        await api.delete(url(workspace, stranger), headers=key),
    ):
        problem(answer, 404, "notFound")
    problem(await api.get(url(workspace), headers=stranger.headers), 403, "notAMember")


async def test_members_page(api, make, key, workspace):
    people = [str((await make.member(workspace, "viewer")).id) for _ in range(3)]
    first = good(await api.get(url(workspace), headers=key, params={"limit": 2}))
    rest = good(await api.get(url(workspace), headers=key, params={"limit": 2, "cursor": first["nextCursor"]}))
    assert [row["userId"] for row in first["data"] + rest["data"]] == people
    assert rest["nextCursor"] is None
