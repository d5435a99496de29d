"""/api/social/metrics/custom."""

import asyncio

import pytest

from answers import good, paths, problem
from ocma.features.analytics.custom import MOST

URL = "/api/social/metrics/custom"


async def create(api, headers, key="rate", formula="(likes+comments)/reach*100", **body):
    return await api.post(URL, headers=headers, json={"key": key, "formula": formula, **body})


async def test_made_listed_changed_and_removed(api, key, make, workspace):
    made = good(await create(api, key, name=" Rate of likes "), 201)
    assert made | {"createdAt": "", "updatedAt": "", "createdBy": ""} == {
        "key": "rate",
        "name": "Rate of likes",
        "formula": "(likes + comments) / reach * 100",
        "unit": "percent",
        "createdBy": "",
        "createdAt": "",
        "updatedAt": "",
    }
    assert good(await create(api, key, "aDelay", "watchTime / views"), 201)["name"] == "aDelay"
    first = good(await api.get(f"{URL}?limit=1", headers=key))
    rest = good(await api.get(f"{URL}?limit=1&cursor={first['nextCursor']}", headers=key))
    assert [each["key"] for each in first["data"] + rest["data"]] == ["aDelay", "rate"]
    assert rest["nextCursor"] is None

    changed = good(await api.patch(f"{URL}/rate", headers=key, json={"formula": "likes / reach"}))
    assert (changed["name"], changed["formula"], changed["unit"]) == ("Rate of likes", "likes / reach", "ratio")
    assert good(await api.get(f"{URL}/rate", headers=key)) == changed
    assert (await api.delete(f"{URL}/rate", headers=key)).status_code == 204
    problem(await api.get(f"{URL}/rate", headers=key), 404)
    audit = good(await api.get("/api/audit?limit=4", headers=key))["data"]
    assert [(each["action"], each["subject"]) for each in audit] == [
        ("metric.deleted", "rate"),
        ("metric.updated", "rate"),
        ("metric.created", "aDelay"),
        ("metric.created", "rate"),
    ]


@pytest.mark.parametrize(
    ("key_", "formula", "code"),
    [
        ("rate", "likes +", "formulaUnreadable"),
        ("rate", "likes + watchTime", "formulaUnits"),
        ("rate", "1 / 2", "formulaConstant"),
        ("rate", "likes / nothing", "unknownMetric"),
        ("reach", "likes / views", "keyTaken"),
    ],
)
async def test_what_cannot_be_is_refused_with_a_reason(api, key, key_, formula, code):
    found = problem(await create(api, key, key_, formula), 422)
    assert found["code"] == code
    assert found["errors"][0]["path"] == ("key" if code == "keyTaken" else "formula")
    problem(await api.get(f"{URL}/{key_}", headers=key), 404)


async def test_a_change_is_checked_as_well(api, key):
    await create(api, key)
    assert paths(problem(await api.patch(f"{URL}/rate", headers=key, json={"formula": "likes)"}), 422)) == ["formula"]
    assert paths(problem(await api.patch(f"{URL}/rate", headers=key, json={"formula": None}), 422)) == ["formula"]
    assert good(await api.get(f"{URL}/rate", headers=key))["formula"] == "(likes + comments) / reach * 100"


async def test_a_key_is_one_metrics(api, key):
    answers = await asyncio.gather(*(create(api, key, formula=f"likes * {number}") for number in range(1, 6)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409, 409]
    assert [each.json()["code"] for each in answers if each.status_code == 409] == ["keyTaken"] * 4


async def test_there_are_not_too_many(api, key):
    for number in range(MOST - 1):
        good(await create(api, key, f"m{number}"), 201)
    answers = await asyncio.gather(*(create(api, key, f"late{number}") for number in range(4)))
    assert sorted(each.status_code for each in answers) == [201, 409, 409, 409]


async def test_others_see_and_change_nothing(api, key, make):
    good(await create(api, key), 201)
    stranger = await make.key(await make.workspace())
    assert good(await api.get(URL, headers=stranger))["data"] == []
    for answer in (
        await api.get(f"{URL}/rate", headers=stranger),
        await api.patch(f"{URL}/rate", headers=stranger, json={"name": "x"}),
        await api.delete(f"{URL}/rate", headers=stranger),
    ):
        problem(answer, 404)
    good(await create(api, stranger, formula="likes / views"), 201)
    assert good(await api.get(f"{URL}/rate", headers=key))["formula"] == "(likes + comments) / reach * 100"


async def test_scopes(api, make, workspace):
    reader = await make.key(workspace, "posts:read")
    problem(await create(api, reader), 403)
    good(await api.get(URL, headers=reader))
    problem(await api.get(URL, headers=await make.key(workspace, "accounts:read")), 403)
