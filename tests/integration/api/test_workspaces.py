"""/api/workspaces: yours, a new one, one of them."""

import pytest

from answers import good, paths, problem
from ocma.ids import new_id


async def test_a_second_workspace_is_chosen_by_header_or_path(api, make):
    person = await make.person()
    made = good(
        await api.post(
            "/api/workspaces", headers=person.headers, json={"name": "Second", "timezone": "Asia/Tokyo", "onUnknown": "hold"}
        ),
        201,
    )
    assert (made["name"], made["timezone"], made["onUnknown"]) == ("Second", "Asia/Tokyo", "hold")
    listed = good(await api.get("/api/workspaces", headers=person.headers))["data"]
    assert [(row["workspaceId"], row["role"]) for row in listed] == [(str(person.workspace_id), "owner"), (made["id"], "owner")]

    me = good(await api.get("/api/auth/me", headers=person.headers))
    assert me["workspaceId"] == str(person.workspace_id)
    me = good(await api.get("/api/auth/me", headers={**person.headers, "X-Workspace-Id": made["id"]}))
    assert me["workspaceId"] == made["id"]
    assert good(await api.get(f"/api/workspaces/{made['id']}", headers=person.headers))["name"] == "Second"


async def test_a_key_made_in_a_chosen_workspace_belongs_there(api, make):
    person = await make.person()
    second = good(await api.post("/api/workspaces", headers=person.headers, json={"name": "Second"}), 201)["id"]
    made = good(await api.post("/api/keys", headers={**person.headers, "X-Workspace-Id": second}, json={"name": "k"}), 201)
    me = good(await api.get("/api/auth/me", headers={"Authorization": f"Bearer {made['key']}"}))
    assert me["workspaceId"] == second


async def test_change(api, key, workspace):
    url = f"/api/workspaces/{workspace}"
    changed = good(await api.patch(url, headers=key, json={"timezone": "Europe/Berlin"}))
    assert (changed["name"], changed["timezone"], changed["onUnknown"]) == ("Test workspace", "Europe/Berlin", "settle")
    assert good(await api.get(url, headers=key)) == changed
    assert changed["updatedAt"] > changed["createdAt"]


async def test_what_reading_figures_may_cost(api, key, workspace):
    url = f"/api/workspaces/{workspace}"
    assert good(await api.get(url, headers=key))["metricsBudgetUsd"] == {}
    assert good(await api.patch(url, headers=key, json={"metricsBudgetUsd": {"x": 2.5}}))["metricsBudgetUsd"] == {"x": 2.5}
    assert good(await api.get(url, headers=key))["metricsBudgetUsd"] == {"x": 2.5}


@pytest.mark.parametrize(
    ("body", "wrong"),
    [
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"onUnknown": "guess"}, "onUnknown"),
        ({"colour": "red"}, "colour"),
        ({"name": "a\x00b"}, "name"),
        ({"metricsBudgetUsd": {"x": -1}}, "metricsBudgetUsd.x"),
        ({"metricsBudgetUsd": {"x": "much"}}, "metricsBudgetUsd.x"),
    ],
)
async def test_changes_that_are_refused(api, key, workspace, body, wrong):
    assert paths(problem(await api.patch(f"/api/workspaces/{workspace}", headers=key, json=body), 422)) == [wrong]


async def test_others_workspaces_are_out_of_reach(api, key, make):
    other = await make.workspace()
    person = await make.person()
    for headers in (key, person.headers):
        problem(await api.get(f"/api/workspaces/{other}", headers=headers), 403, "notAMember")
        problem(await api.patch(f"/api/workspaces/{other}", headers=headers, json={"name": "Mine"}), 403, "notAMember")
        problem(await api.get(f"/api/workspaces/{new_id()}", headers=headers), 403, "notAMember")
        problem(await api.get("/api/workspaces/not-an-id", headers=headers), 422)


async def test_a_key_makes_no_workspace(api, key):
    problem(await api.post("/api/workspaces", headers=key, json={"name": "x"}), 403, "usersOnly")


async def test_who_belongs_nowhere_can_make_one(api, make):
    host, guest = await make.person(), await make.person()
    await api.post(
        f"/api/workspaces/{guest.workspace_id}/members", headers=guest.headers, json={"email": host.email, "role": "owner"}
    )
    assert (
        await api.delete(f"/api/workspaces/{guest.workspace_id}/members/{guest.id}", headers=guest.headers)
    ).status_code == 204
    problem(await api.get("/api/keys", headers=guest.headers), 403, "noWorkspace")
    me = good(await api.get("/api/auth/me", headers=guest.headers))
    assert (me["workspaceId"], me["role"], me["scopes"], me["workspaces"]) == (None, None, [], [])
    made = good(await api.post("/api/workspaces", headers={**guest.headers, "Idempotency-Key": "1"}, json={"name": "New"}), 201)
    assert good(await api.get("/api/auth/me", headers=guest.headers))["workspaceId"] == made["id"]
