"""POST /api/posts/check, and what scheduling takes besides text: every rule of every platform at once, nothing written."""

import io

import pytest
from PIL import Image
from sqlalchemy import text

from answers import good, problem, refused
from ocma.ids import new_id

POLL = {"options": ["yes", "no"], "seconds": 3600}
LINK = {"url": "https://example.org/", "title": "Title"}


@pytest.fixture
def check(api, key):
    async def send(content="words", platforms=("x", "mastodon"), status=200, **more):
        body = {"content": content, "platforms": list(platforms), **more}
        return good(await api.post("/api/posts/check", json=body, headers=key), status)

    return send


def rules(found):
    return {each["platform"]: [issue["rule"] for issue in each["issues"]] for each in found["platforms"]}


async def picture(api, key, kind="PNG"):
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, kind)
    answer = await api.post("/api/media", files={"file": ("p", file.getvalue())}, headers=key)
    return good(answer, 201)["id"]


async def test_every_length_is_measured_as_its_platform_counts(check):
    found = await check("字" * 141 + " https://example.org/" + "a" * 100, thread=["two"], firstComment="three")
    assert (found["success"], found["ok"], found["issues"]) == (True, False, [])
    x, mastodon = found["platforms"]
    assert (x["ok"], x["name"], mastodon["ok"]) == (False, "X", True)
    assert x["texts"] == [
        {"part": 0, "role": "post", "length": 306, "limit": 280, "left": -26, "unit": "weighted characters"},
        {"part": 1, "role": "post", "length": 3, "limit": 280, "left": 277, "unit": "weighted characters"},
        {"part": 2, "role": "comment", "length": 5, "limit": 280, "left": 275, "unit": "weighted characters"},
    ]
    assert [each["length"] for each in mastodon["texts"]] == [165, 3, 5]
    (issue,) = x["issues"]
    assert (issue["path"], issue["rule"]) == ("content.0", "x.text.length")
    assert (issue["message"], issue["remediation"]) == ("X: 306 weighted characters; the limit is 280.", "Shorten it by 26.")


async def test_a_post_that_may_go_out_is_ok(check, api, key):
    found = await check("fine", mediaIds=[await picture(api, key)])
    assert (found["ok"], rules(found)) == (True, {"x": [], "mastodon": []})


async def test_all_rules_of_all_platforms_at_once(check, api, key):
    found = await check(
        "a" * 501,
        mediaIds=[await picture(api, key) for _ in range(5)],
        thread=["t"] * 25,
        options={"visibility": "friends", "reply_settings": "everyone"},
        poll=POLL,
        link=LINK,
    )
    assert rules(found) == {
        "x": [
            "x.thread.length",
            "x.text.length",
            "x.media.images",
            "x.poll.media",
            "x.link.unsupported",
            "x.option.unknown",
            "x.option.value",
        ],
        "mastodon": [
            "mastodon.text.length",
            "mastodon.media.images",
            "mastodon.poll.media",
            "mastodon.link.unsupported",
            "mastodon.option.value",
            "mastodon.option.unknown",
        ],
    }
    assert all(issue["message"] and issue["remediation"] for each in found["platforms"] for issue in each["issues"])


async def test_a_variant_is_what_its_platform_is_held_to(check):
    long = {"content": "a" * 281, "poll": POLL, "link": LINK, "firstComment": "c" * 300, "thread": ["t" * 281]}
    nothing = {"content": "short", "poll": None, "link": None, "firstComment": None, "thread": []}
    assert not (await check(platforms=["x"], **long))["ok"]
    found = await check(platforms=["x"], variants={"twitter": nothing}, **long)
    assert (found["ok"], len(found["platforms"][0]["texts"])) == (True, 1)
    assert "bluesky.poll.unsupported" in rules(await check(platforms=["bluesky"], **long))["bluesky"]
    own = {"firstComment": "short", "thread": ["one", {"content": "two"}]}
    found = await check(platforms=["x"], variants={"x": own})
    assert [each["role"] for each in found["platforms"][0]["texts"]] == ["post", "post", "post", "comment"]
    found = await check(platforms=["x"], variants={"x": {"content": "a" * 281}})
    assert found["platforms"][0]["issues"][0]["path"] == "variants.x"


async def test_the_callers_own_names_and_what_concerns_no_platform(check):
    nobody = str(new_id())
    found = await check(platforms=["twitter"], mediaIds=[nobody], variants={"mastodon": {"content": "c"}})
    assert (found["ok"], found["platforms"]) == (False, [])
    assert [(each["path"], each["rule"]) for each in found["issues"]] == [
        ("mediaIds", "mediaMissing"),
        ("variants.mastodon", "variantUnused"),
    ]
    assert nobody in found["issues"][0]["message"]
    found = await check(platforms=["twitter"], mediaUrls=["https://example.org/a.png"])
    assert (found["ok"], found["platforms"][0]["platform"], len(found["warnings"])) == (True, "twitter", 1)


async def test_what_is_taken_and_does_no_good_is_a_warning(check, api, key):
    tags = " ".join(f"#tag{number}" for number in range(6))
    found = await check(tags, platforms=["instagram"], mediaIds=[await picture(api, key, "JPEG")])
    assert [each["rule"] for each in found["platforms"][0]["issues"] if "hashtags" in each["rule"]] == []
    assert found["warnings"] == ["Instagram: 6 hashtags; no more than 5 are said to count, the first comment's included."]


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"platforms": []}, "platforms"),
        ({"platforms": ["myspace"]}, "platforms.0"),
        ({"content": None}, "content"),
        ({"poll": {"options": []}}, "poll.options"),
        ({"poll": {"options": ["a"], "seconds": 0}}, "poll.seconds"),
        ({"poll": {"options": ["a"], "seconds": "60"}}, "poll.seconds"),
        ({"poll": {"options": ["a", 1]}}, "poll.options.1"),
        ({"poll": {"options": ["a"], "ends": 1}}, "poll.ends"),
        ({"link": {"url": "javascript:alert(1)"}}, "link.url"),
        ({"link": {"title": "t"}}, "link.url"),
        ({"variants": {"x": {"poll": {"options": []}}}}, "variants.x.poll.options"),
        ({"options": [1]}, "options"),
        ({"accountIds": []}, "accountIds"),
    ],
)
async def test_what_cannot_be_meant_names_its_field(api, key, body, path):
    known = {"content": "c", "platforms": ["x"]}
    assert refused(await api.post("/api/posts/check", json=known | body, headers=key)) == [path]


async def test_who_may_not_see_posts_may_not_ask(api, make, workspace):
    headers = await make.key(workspace, "accounts:read")
    problem(await api.post("/api/posts/check", json={"content": "c", "platforms": ["x"]}, headers=headers), 403)
    problem(await api.post("/api/posts/check", json={"content": "c", "platforms": ["x"]}), 401)


async def test_nothing_is_written(check, database, workspace):
    await check()
    async with database.transaction(workspace) as session:
        counts = [(await session.execute(text(f"SELECT count(*) FROM {each}"))).scalar() for each in ("posts", "publications")]
    assert counts == [0, 0]


async def test_platforms_are_described_with_all_their_rules(api, key):
    found = {each["platform"]: each for each in good(await api.get("/api/social/platforms", headers=key))["data"]}
    x = found["x"]
    assert (x["comment"], x["link"], x["kinds"]) == ({"limit": 280, "unit": "weighted characters"}, False, {})
    assert (x["poll"]["options"], x["poll"]["optionLength"], found["bluesky"]["poll"]) == ([2, 4], 25, None)
    assert x["optionRules"]["made_with_ai"] == {"type": "choice", "required": False, "values": [True, False], "limit": None}
    assert x["media"]["video"]["seconds"] == [0.5, 140]
    assert found["mastodon"]["optionRules"]["spoiler_text"]["limit"] == 500
    assert (found["mastodon"]["options"]["spoiler_text"], x["options"]["made_with_ai"]) == (None, [True, False])
