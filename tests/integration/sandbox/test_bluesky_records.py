"""Writing and reading records. What is said here of refusals was seen on a real PDS (0.5.35), word for word."""

import pytest

from integration.sandbox.bluesky_walks import AT, POST, REPO, BlueskyApp
from integration.sandbox.walks import Clock
from ocma_sandbox.bluesky import cids

KEY = "3m66vnk2b2s2a"
LINK = "app.bsky.richtext.facet#link"
KISS = "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}\N{ZERO WIDTH JOINER}\N{GIRL}\N{ZERO WIDTH JOINER}\N{BOY}"


@pytest.fixture
def app(url, clock):
    return BlueskyApp(url, clock)


@pytest.fixture
def alice(app):
    return app.login("alice")


def facet(start=0, end=1, **feature):
    return {"index": {"byteStart": start, "byteEnd": end}, "features": [feature]}


def test_a_post_is_published_booked_and_read_back(alice, control):
    made = alice.posted("Hello", langs=["en"], tags=["news"])
    assert made["validationStatus"] == "valid"
    assert made["uri"].startswith(f"at://{alice.did}/{POST}/")
    rkey = made["uri"].rpartition("/")[2]
    found = alice.app.get(REPO + "getRecord", repo=alice.did, collection=POST, rkey=rkey).json()
    assert found == {"uri": made["uri"], "cid": made["cid"], "value": alice.record("Hello", langs=["en"], tags=["news"])}
    (entry,) = control.books(platform="bluesky")
    assert (entry["id"], entry["content"], entry["account"], entry["accountId"]) == (made["uri"], "Hello", "alice", alice.did)
    page = alice.app.http.get(f"{alice.app.base}/profile/alice.bsky.test/post/{rkey}")
    assert "Hello" in page.text


def test_content_ids_are_those_of_the_protocol(alice):
    """As the real PDS computed them."""
    known = {"$type": POST, "text": "hi", "createdAt": "2026-11-23T00:00:00Z"}
    assert alice.write(record=known).json()["cid"] == "bafyreib3xyz5l7lh5pjwbev2mjqadsvbgljs6mwgaaaomuuj2iijzpcsfi"
    foreign = alice.write(record={"$type": "com.example.thing", "a": 1}, collection="com.example.thing").json()
    assert (foreign["cid"], foreign["validationStatus"]) == (
        "bafyreidlhma7iacrjsdskfx5uzyb5uwneffkwkd4vmkbv7hx2cc66janoi",
        "unknown",
    )
    numbers = [0, 23, 24, 255, 256, 65_536, 2**40, -1, -300, True, None, {"$bytes": "AQI"}]
    encoded = cids.encode(numbers).hex()
    assert encoded == "8c001718181 8ff1901001a000100001b0000010000000000203901 2bf5f6420102".replace(" ", "")


def test_record_keys_are_given_in_order(alice, clock):
    uris = [alice.posted(str(number))["uri"] for number in range(5)]
    assert uris == sorted(uris)
    listed = alice.get(REPO + "listRecords", repo=alice.did, collection=POST).json()
    assert [record["value"]["text"] for record in listed["records"]] == ["4", "3", "2", "1", "0"]


def test_records_come_in_pages(alice):
    for number in range(5):
        alice.posted(str(number))
    seen, cursor = [], None
    for size in (2, 2, 1, 0):
        page = alice.app.get(
            REPO + "listRecords", repo="alice.bsky.test", collection=POST, limit=2, **({"cursor": cursor} if cursor else {})
        )
        assert len(page.json()["records"]) == size
        seen += [record["value"]["text"] for record in page.json()["records"]]
        cursor = page.json().get("cursor")
    assert (seen, cursor) == (["4", "3", "2", "1", "0"], None)
    oldest = alice.app.get(REPO + "listRecords", repo=alice.did, collection=POST, limit=2, reverse="true").json()
    assert [record["value"]["text"] for record in oldest["records"]] == ["0", "1"]


def test_a_taken_record_key_answers_500_and_changes_nothing(alice, control):
    first = alice.write(rkey=KEY)
    assert first.json()["uri"].endswith(KEY)
    again = alice.write(record=alice.record("other"), rkey=KEY)
    assert (again.status_code, again.json()["error"]) == (500, "InternalServerError")
    assert control.contents("bluesky") == ["hello"]


def test_put_record_may_be_repeated(alice, control):
    first = alice.write("putRecord", rkey=KEY).json()
    again = alice.write("putRecord", rkey=KEY).json()
    assert (again["uri"], again["cid"]) == (first["uri"], first["cid"])
    assert "commit" in first
    assert "commit" not in again
    changed = alice.write("putRecord", alice.record("edited"), rkey=KEY).json()
    assert changed["cid"] != first["cid"]
    (entry,) = control.books()
    assert (entry["id"], entry["content"]) == (first["uri"], "edited")


def test_a_thread_is_written_at_once_or_not_at_all(alice, control):
    root = {"$type": "create", "rkey": KEY, "value": alice.record("1")}
    uri, cid = f"at://{alice.did}/{POST}/{KEY}", cids.of_record(alice.record("1"))
    reply = {"root": {"uri": uri, "cid": cid}, "parent": {"uri": uri, "cid": cid}}
    wrong = alice.apply(root, {"$type": "create", "value": alice.record("2" * 301, reply=reply)})
    assert wrong.json()["message"] == (
        f"Invalid {POST} record: grapheme too big (maximum 300, got 301) at $.writes[1].record.text"
    )
    assert control.books() == []
    done = alice.apply(root, {"$type": "create", "value": alice.record("2", reply=reply)}).json()
    assert [result["$type"] for result in done["results"]] == [f"{REPO}applyWrites#createResult"] * 2
    assert done["results"][0] == {**done["results"][0], "uri": uri, "cid": cid}
    assert [(entry["content"], entry["replyTo"]) for entry in control.books()] == [("1", None), ("2", uri)]
    assert alice.apply({"$type": "create", "value": alice.record("3")}, root).status_code == 500
    assert control.contents("bluesky") == ["1", "2"]


def test_writes_change_and_delete_together(alice, control):
    alice.write(rkey=KEY)
    changed = alice.apply({"$type": "update", "rkey": KEY, "value": alice.record("b")}, {"$type": "delete", "rkey": KEY}).json()
    kinds = [result["$type"].rpartition("#")[2] for result in changed["results"]]
    assert kinds == ["updateResult", "deleteResult"]
    assert [(entry["content"], entry["deleted"]) for entry in control.books()] == [("b", True)]
    for kind in ({"$type": "update", "value": alice.record()}, {"$type": "delete"}):
        assert alice.apply({**kind, "rkey": "3m66vnk2b2s2b"}).status_code == 500
    assert alice.apply(*[{"$type": "create", "value": alice.record()}] * 201).json()["message"] == "Too many writes. Max: 200"
    assert alice.apply().json()["results"] == []
    foreign = alice.procedure(REPO + "applyWrites", {"repo": alice.did, "writes": [{"$type": "a.b.c", "collection": POST}]})
    assert foreign.json()["message"].startswith(f'Expected one of "{REPO}applyWrites#create", ')


def test_deleting_may_be_repeated_and_frees_the_key(alice, control):
    uri = alice.write(rkey=KEY).json()["uri"]
    assert "commit" in alice.delete(uri).json()
    assert alice.delete(uri).json() == {}
    gone = alice.get(REPO + "getRecord", repo=alice.did, collection=POST, rkey=KEY)
    assert (gone.status_code, gone.json()["error"]) == (400, "RecordNotFound")
    assert alice.write(record=alice.record("again"), rkey=KEY).status_code == 200
    books = [(entry["content"], entry["deleted"]) for entry in control.books()]
    assert books == [("hello", True), ("again", False)]
    assert control.books()[1]["id"] == uri


def test_swaps_are_compared(alice):
    first = alice.write(rkey=KEY).json()
    other = "bafyreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku"
    for response in (
        alice.write(swapCommit=other),
        alice.write("putRecord", rkey=KEY, swapRecord=other),
        alice.write("putRecord", alice.record("b"), rkey=KEY, swapRecord=None),
        alice.delete(first["uri"], swapRecord=other),
        alice.apply(swapCommit=other),
    ):
        assert (response.status_code, response.json()["error"]) == (400, "InvalidSwap")
    assert alice.write("putRecord", rkey="3m66vnk2b2s2b", swapRecord=None).status_code == 200
    assert alice.write("putRecord", alice.record("b"), rkey=KEY, swapRecord=first["cid"]).status_code == 200
    head = alice.post().json()["commit"]["cid"]
    assert alice.write(swapCommit=head).status_code == 200


def test_a_foreign_repository_is_out_of_reach(app, alice, control):
    bob = app.login("bob")
    uri = bob.posted("bob's")["uri"]
    for response in (
        alice.write(repo=bob.did),
        alice.write(repo="nobody.bsky.test"),
        alice.write("putRecord", repo=bob.did, rkey=KEY),
        alice.delete(uri, repo=bob.did),
        alice.apply(repo=bob.did),
    ):
        assert (response.status_code, response.json()["error"]) == (403, "AccountNotFound")
    assert alice.write(repo="alice.bsky.test").status_code == 200
    assert [entry["deleted"] for entry in control.books()] == [False, False]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"rkey": "hello"}, f'Invalid record key for {POST}: Invalid TID string (got "hello") at $'),
        ({"rkey": "he llo"}, 'Invalid record key (got "he llo") at $.rkey'),
        ({"repo": "x"}, 'Invalid AT identifier (got "x") at $.repo'),
        ({"collection": "x"}, 'Invalid NSID (got "x") at $.collection'),
        ({"record": "str"}, 'Expected object value type (got "str") at $.record'),
        ({"record": {"$type": "app.bsky.feed.like"}}, f"Invalid $type: expected {POST}, got app.bsky.feed.like"),
        ({"collection": "com.example.thing", "record": {"a": 1}, "validate": True}, "Unknown lexicon type: com.example.thing"),
        ({"swapCommit": "x"}, 'Invalid CID string (got "x") at $.swapCommit'),
        (
            {"record": {"text": "a", "createdAt": AT, "x": 1.5}},
            "Expected one of null, boolean, integer, string, cid, bytes, array or object value type (got 1.5) at $.record.x",
        ),
    ],
)
def test_a_wrong_call_is_refused(alice, control, body, said):
    response = alice.write(**body)
    assert (response.status_code, response.json()) == (400, {"error": "InvalidRequest", "message": said})
    assert control.books() == []


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"text": "a" * 301}, "grapheme too big (maximum 300, got 301) at $.record.text"),
        ({"text": KISS * 130}, "string too big (maximum 3000, got 3250) at $.record.text"),
        ({"text": 5}, "Expected string value type (got 5) at $.record.text"),
        ({"createdAt": "yesterday"}, 'Invalid datetime (got "yesterday") at $.record.createdAt'),
        ({"createdAt": "2026-11-23T00:00:00"}, 'Invalid datetime (got "2026-11-23T00:00:00") at $.record.createdAt'),
        ({"langs": ["de", "en", "fr", "it"]}, "array too big (maximum 3, got 4) at $.record.langs"),
        ({"langs": ["english_language!"]}, 'Invalid language (got "english_language!") at $.record.langs[0]'),
        ({"tags": ["a"] * 9}, "array too big (maximum 8, got 9) at $.record.tags"),
        (
            {"facets": [facet(-2, 1, **{"$type": LINK, "uri": "https://a.b"})]},
            "integer too small (minimum 0, got -2) at $.record.facets[0].index.byteStart",
        ),
        ({"facets": [facet(**{"$type": LINK, "uri": "no"})]}, 'Invalid uri (got "no") at $.record.facets[0].features[0].uri'),
        (
            {"facets": [facet(uri="https://a.b")]},
            'Expected an object which includes the "$type" property value type (got {"uri": ...}) at $.record.facets[0].features[0]',
        ),
        (
            {"facets": [facet(**{"$type": "app.bsky.richtext.facet#mention", "did": "al.test"})]},
            'Invalid DID (got "al.test") at $.record.facets[0].features[0].did',
        ),
        (
            {"facets": [facet(**{"$type": "app.bsky.richtext.facet#tag", "tag": "x" * 65})]},
            "grapheme too big (maximum 64, got 65) at $.record.facets[0].features[0].tag",
        ),
        (
            {"reply": {"root": {"uri": "at://a.b/c.d.e/f", "cid": "bafyrei23"}}},
            'Missing required key "parent" at $.record.reply',
        ),
        (
            {"reply": {"root": {"uri": "at://a.b/c.d.e/f", "cid": "x"}, "parent": {}}},
            'Invalid CID string (got "x") at $.record.reply.root.cid',
        ),
        ({"embed": {}}, 'Expected an object which includes the "$type" property value type (got {}) at $.record.embed'),
        (
            {"embed": {"$type": "app.bsky.embed.external", "external": {"uri": "https://a.b", "title": "t"}}},
            'Missing required key "description" at $.record.embed.external',
        ),
    ],
)
def test_a_wrong_post_is_refused(alice, control, changed, said):
    response = alice.write(record={**alice.record(), **changed})
    assert (response.status_code, response.json()) == (
        400,
        {"error": "InvalidRequest", "message": f"Invalid {POST} record: {said}"},
    )
    assert control.books() == []


@pytest.mark.parametrize(
    "changed",
    [
        {"text": ""},
        {"text": KISS * 120},
        {"text": "a" * 300},
        {"createdAt": "2026-11-23T00:00:00.123456+01:00"},
        {"facets": [facet(0, 500, **{"$type": LINK, "uri": "https://a.b"})]},
        {"facets": [facet(**{"$type": "com.example.new"})]},
        {"embed": {"$type": "com.example.new"}},
        {"$type": POST, "unknown": 1},
    ],
)
def test_what_the_platform_lets_pass(alice, changed):
    assert alice.write(record={**alice.record(), **changed}).status_code == 200


def test_an_unchecked_record_may_be_anything(alice, control):
    odd = {"text": 5, "embed": {"$type": "app.bsky.embed.images", "images": 3}}
    made = alice.write(record=odd, validate=False)
    assert made.status_code == 200
    assert "validationStatus" not in made.json()
    assert control.contents("bluesky") == [""]
    assert alice.app.get("app.bsky.feed.getPosts", uris=made.json()["uri"]).json()["posts"][0]["record"]["text"] == 5


def test_a_threadgate_is_no_post(alice, control):
    uri = alice.write(rkey=KEY).json()["uri"]
    gate = {"$type": "app.bsky.feed.threadgate", "post": uri, "createdAt": AT, "allow": []}
    assert alice.write(record=gate, collection="app.bsky.feed.threadgate", rkey=KEY).status_code == 200
    assert len(control.books()) == 1


def test_writes_are_counted_in_points(alice, control, clock: Clock):
    control.settle("bluesky", rate_factor=0.01)  # 50 points an hour, and 30 requests in 5 minutes
    first = alice.post()
    assert (first.headers["ratelimit-policy"], first.headers["ratelimit-remaining"]) == ("30;w=300", "28"), "the least is shown"
    assert {alice.post().status_code for _ in range(13)} == {200}
    alice.write("putRecord", rkey=KEY)
    last = alice.delete(f"at://a/b/{KEY}")
    assert (last.headers["ratelimit-policy"], last.headers["ratelimit-remaining"]) == ("50;w=3600", "5")
    assert [alice.post().status_code for _ in range(2)] == [200, 429]
    refused = alice.post()
    assert refused.json() == {"error": "RateLimitExceeded", "message": "Rate Limit Exceeded"}
    assert refused.headers["ratelimit-policy"] == "50;w=3600"
    clock.now += 3600
    assert alice.post().status_code == 200


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"limit": 101}, "integer too big (maximum 100, got 101)"),
        ({"limit": 0}, "integer too small (minimum 1, got 0)"),
        ({"limit": "x"}, 'Expected integer value type (got "x")'),
        ({"collection": "x"}, 'Invalid NSID (got "x")'),
        ({"reverse": "maybe"}, 'Expected boolean value type (got "maybe")'),
    ],
)
def test_wrong_parameters_are_explained(alice, params, said):
    response = alice.app.get(REPO + "listRecords", **{"repo": alice.did, "collection": POST, **params})
    assert (response.status_code, response.json()["message"]) == (400, f"Invalid {REPO}listRecords params: {said}")


def test_what_is_not_there_is_told(alice):
    missing = alice.app.get(REPO + "getRecord", repo=alice.did, collection=POST)
    assert missing.json()["message"] == f'Invalid {REPO}getRecord params: Missing required key "rkey"'
    nobody = alice.app.get(REPO + "getRecord", repo="nobody.bsky.test", collection=POST, rkey=KEY)
    assert (nobody.status_code, nobody.json()["message"]) == (400, "Could not locate record")
    empty = alice.app.get(REPO + "listRecords", repo="nobody.bsky.test", collection=POST)
    assert empty.json()["message"] == "Could not find repo: nobody.bsky.test"
    old = alice.write(rkey=KEY).json()["cid"]
    alice.write("putRecord", alice.record("new"), rkey=KEY)
    assert (
        alice.app.get(REPO + "getRecord", repo=alice.did, collection=POST, rkey=KEY, cid=old).json()["error"] == "RecordNotFound"
    )
