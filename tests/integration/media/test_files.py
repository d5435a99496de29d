"""Files over HTTP: pictures, videos and documents in, and out again to whoever has a signed address."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest

from answers import good, problem
from factories import Factory
from films import film, gif, noise, picture
from ocma.errors import NotFound
from ocma.features.media.links import Links
from ocma.ids import new_id
from ocma.infra.vault import Vault, parse_keys

PDF = b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n"


@pytest.fixture(scope="module")
async def owner(shop):
    make = Factory(shop)
    workspace = await make.workspace()
    return {**(await make.key(workspace)), "X-Workspace-Id": str(workspace)}


async def upload(door, owner, content, **more):
    return good(await door.post("/api/media", headers=owner, files={"file": ("x", content, "text/html")}, **more), 201)


async def link(door, owner, medium):
    found = good(await door.get(f"/api/media/{medium['id']}/link", headers=owner))
    return urlsplit(found["url"]).path


@pytest.mark.parametrize(
    ("make", "kind", "mime_type"),
    [
        (lambda _: picture(), "image", "image/png"),
        (lambda _: noise(), "image", "image/jpeg"),
        (lambda _: picture("WEBP"), "image", "image/webp"),
        (lambda _: gif(), "gif", "image/gif"),
        (lambda _: PDF, "document", "application/pdf"),
        (lambda tmp: film(tmp / "a.mp4").read_bytes(), "video", "video/mp4"),
        (lambda tmp: film(tmp / "a.mov", container="mov").read_bytes(), "video", "video/quicktime"),
        (lambda tmp: film(tmp / "a.webm", codec="libvpx-vp9", sound="libopus").read_bytes(), "video", "video/webm"),
    ],
)
async def test_every_kind_comes_in_and_out(door, owner, tmp_path, make, kind, mime_type):
    content = make(tmp_path)
    medium = await upload(door, owner, content, data={"altText": "What it shows"})
    assert (medium["kind"], medium["mimeType"], medium["size"]) == (kind, mime_type, len(content))
    assert (medium["duration"] is not None) == (kind == "video")
    answer = await door.get(await link(door, owner, medium))
    assert (answer.status_code, answer.content, answer.headers["content-type"]) == (200, content, mime_type)


async def test_a_file_larger_than_its_kind_may_be(door, owner, shop):
    too_large = {"gif": gif() + bytes(shop.settings.gif_max_bytes), "image": picture() + bytes(shop.settings.image_max_bytes)}
    for content in too_large.values():
        answer = await door.post("/api/media", headers=owner, files={"file": ("x.mp4", content, "video/mp4")})
        problem(answer, 422, "mediaTooLarge")


async def test_the_same_form_twice_is_kept_once(door, owner):
    headers = {**owner, "Idempotency-Key": str(new_id())}
    one, two = [await upload(door, headers, picture(size=(9, 9))) for _ in range(2)]
    assert one == two
    other = await door.post("/api/media", headers=headers, files={"file": ("x", picture(size=(9, 8)), "text/html")})
    problem(other, 422, "idempotencyKeyReused")
    more = await door.post("/api/media", headers=headers, files={"file": ("x", picture(size=(9, 9)), "y")}, data={"altText": "z"})
    problem(more, 422, "idempotencyKeyReused")


# Signed addresses


@pytest.fixture(scope="module")
async def shown(door, owner):
    content = noise(size=(400, 300))
    medium = await upload(door, owner, content)
    return await link(door, owner, medium), content


async def test_what_lies_between_may_keep_it(door, shown):
    place, content = shown
    headers = (await door.get(place)).headers
    age = int(headers["cache-control"].removeprefix("public, max-age=").removesuffix(", immutable"))
    assert 48 * 3600 - 5 <= age <= 72 * 3600
    assert headers["etag"] == f'"{hashlib.sha256(content).hexdigest()}"'
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert headers["accept-ranges"] == "bytes"
    assert headers["content-length"] == str(len(content))


async def test_only_the_head(door, shown):
    place, content = shown
    answer = await door.head(place)
    assert (answer.status_code, answer.content, answer.headers["content-length"]) == (200, b"", str(len(content)))
    assert answer.headers["content-type"] == "image/jpeg"
    part = await door.head(place, headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


async def test_not_again_what_the_asker_has(door, shown):
    place, _ = shown
    tag = (await door.get(place)).headers["etag"]
    for header in (tag, f"W/{tag}", f'"other", {tag}', "*"):
        answer = await door.get(place, headers={"If-None-Match": header})
        assert (answer.status_code, answer.content, answer.headers["etag"]) == (304, b"", tag)
    assert (await door.get(place, headers={"If-None-Match": '"other"'})).status_code == 200


@pytest.mark.parametrize(
    ("header", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=5-9", 5, 10),
        ("bytes=100-", 100, None),
        ("bytes=-7", -7, None),
        ("bytes=10-99999999", 10, None),
    ],
)
async def test_a_range(door, shown, header, start, end):
    place, content = shown
    answer = await door.get(place, headers={"Range": header})
    expected = content[start:end]
    first = start if start >= 0 else len(content) + start
    assert (answer.status_code, answer.content) == (206, expected)
    assert answer.headers["content-range"] == f"bytes {first}-{first + len(expected) - 1}/{len(content)}"


@pytest.mark.parametrize("header", ["bytes=99999999-", "bytes=0-1,5-6", "bytes=0-,0-,0-", "bytes=-0"])
async def test_a_range_that_cannot_be_had(door, shown, header):
    place, content = shown
    answer = await door.get(place, headers={"Range": header})
    problem(answer, 416, "rangeNotSatisfiable")
    assert answer.headers["content-range"] == f"bytes */{len(content)}"


@pytest.mark.parametrize(
    "header", ["bytes=9-5", "bytes=-", "bytes=x", "pages=1-2", "bytes", "bytes=1-2-3", f"bytes={'9' * 400}-"]
)
async def test_a_range_that_means_nothing_gets_the_whole(door, shown, header):
    place, content = shown
    answer = await door.get(place, headers={"Range": header})
    assert (answer.status_code, answer.content) == (200, content)


async def test_a_range_only_if_it_is_still_the_same(door, shown):
    place, content = shown
    tag = (await door.get(place)).headers["etag"]
    same = await door.get(place, headers={"Range": "bytes=0-4", "If-Range": tag})
    assert (same.status_code, same.content) == (206, content[:5])
    for other in ('"other"', f"W/{tag}", "Wed, 21 Oct 2026 07:28:00 GMT"):
        answer = await door.get(place, headers={"Range": "bytes=0-4", "If-Range": other})
        assert (answer.status_code, answer.content) == (200, content)


async def test_an_address_that_was_changed_anywhere_leads_nowhere(door, shown):
    place, _ = shown
    for at in range(len("/media/"), len(place)):
        changed = "A" if place[at] != "A" else "B"
        answer = await door.get(place[:at] + changed + place[at + 1 :])
        assert answer.status_code in {403, 404}, at
    for junk in ("x", "a.b.c", "..", f"{place[7:]}=", f"{place[7:]}x", "a" * 5000, "%ff"):
        assert (await door.get(f"/media/{junk}")).status_code in {400, 404}, junk


async def test_it_ends(door, owner, shop):
    """Made long ago, by the same key."""
    medium = await upload(door, owner, picture())
    long_ago = shop.clock() - timedelta(days=10)
    url, _ = Links(shop.vault, "http://api.test", lambda: long_ago, timedelta(hours=48)).make(owner_of(owner), UUID(medium["id"]))
    problem(await door.get(urlsplit(url).path), 403, "linkExpired")


async def test_a_deleted_file_is_gone_at_once(door, owner):
    medium = await upload(door, owner, picture())
    place = await link(door, owner, medium)
    assert (await door.get(place)).status_code == 200
    assert (await door.delete(f"/api/media/{medium['id']}", headers=owner)).status_code == 204
    problem(await door.get(place), 404)


async def test_bytes_that_are_missing_are_told_before_anything_is_sent(door, owner, shop):
    medium = await upload(door, owner, picture())
    place = await link(door, owner, medium)
    await shop.library.shelf.storage.delete(owner_of(owner), UUID(medium["id"]))
    problem(await door.get(place), 404, "mediaGone")


async def test_who_may_ask_for_an_address(door, owner, shop):
    medium, make = await upload(door, owner, picture()), Factory(shop)
    stranger = await make.key(await make.workspace())
    problem(await door.get(f"/api/media/{medium['id']}/link", headers=stranger), 404)
    problem(await door.get(f"/api/media/{medium['id']}/link"), 401)


async def test_the_log_does_not_hold_the_address(door, shown, capsys):
    place, _ = shown
    await door.get(place)
    assert place[10:30] not in capsys.readouterr().out


async def test_an_address_stays_the_same_for_hours(shop):
    workspace, file_id, now = new_id(), new_id(), shop.clock()

    def make(minutes):
        links = Links(shop.vault, "https://cdn.example", lambda: now + timedelta(minutes=minutes), timedelta(hours=48))
        return links.make(workspace, file_id)

    made = {make(minutes) for minutes in range(0, 60, 7)}
    assert len(made) <= 2  # an hour may lie across the change
    assert all(url.startswith("https://cdn.example/media/") for url, _ in made)


async def test_keys_change_and_old_addresses_stay_good():
    first, second = ("k1:" + "A" * 43 + "=", "k2:" + "B" * 43 + "=")
    now = datetime(2030, 1, 1, tzinfo=UTC)
    made = Links(Vault(parse_keys(first)), "http://x", lambda: now, timedelta(hours=1)).make(new_id(), new_id())[0]
    token = made.rpartition("/")[2]
    rotated = Links(Vault(parse_keys(f"{second},{first}")), "http://x", lambda: now, timedelta(hours=1))
    assert rotated.read(token).expires_at > now
    replaced = Links(Vault(parse_keys(second)), "http://x", lambda: now, timedelta(hours=1))
    with pytest.raises(NotFound):
        replaced.read(token)


@pytest.mark.parametrize(
    ("base", "reachable"),
    [
        ("https://ocma.example.org", True),
        ("https://cdn.example.org/x", True),
        ("http://8.8.8.8:8000", True),
        ("http://127.0.0.1:8000", False),
        ("http://localhost:8000", False),
        ("http://10.0.0.5", False),
        ("http://[::1]:80", False),
        ("http://ocma", False),
    ],
)
def test_whether_platforms_can_fetch_from_here(base, reachable):
    assert Links(Vault(parse_keys("k1:" + "A" * 43 + "=")), base, lambda: None, timedelta(hours=1)).reachable is reachable


def owner_of(owner):
    return UUID(owner["X-Workspace-Id"])


async def test_many_at_once(door, shown):
    place, content = shown
    answers = await asyncio.gather(*(door.get(place) for _ in range(20)))
    assert all(each.content == content for each in answers)
