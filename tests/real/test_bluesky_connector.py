"""Bluesky by the whole product on a real PDS: connected, renewed, published by a worker, read back by a stranger, taken back."""

import asyncio
import secrets
from dataclasses import replace
from urllib.parse import urlsplit

import pytest

import films
import stage
from ocma.errors import Invalid
from ocma.features.accounts import connections, tokens
from ocma.features.accounts.accounts import get_account
from ocma.features.accounts.connections import InHand
from ocma.platforms.connector import Absent, Published
from ocma.platforms.errors import ReauthorizationRequired
from ocma.platforms.registry import get_connector
from real.pds_office import POST, opened

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

BLUESKY = get_connector("bluesky")
FACET = "app.bsky.richtext.facet#"
WAYS = ["oauth", "password"]


@pytest.fixture(scope="module")
async def office(services, pds, tmp_path_factory):
    """With a worker."""
    media, patience = tmp_path_factory.mktemp("media"), {"OCMA_PUBLISH_TIMEOUT_SECONDS": "20"}
    async with opened(services, pds, media, pds.url, **patience) as found:
        with stage.worker(found.env):
            yield found


@pytest.fixture(params=WAYS)
async def connected(request, office):
    """An author and the account, by either way."""
    author = await office.author()
    return author, await (author.by_oauth() if request.param == "oauth" else author.by_password())


@pytest.fixture
async def by_oauth(office):
    author = await office.author()
    return author, await author.by_oauth()


async def published(author, account, text, **more):
    """The addresses of its parts, in order, as OCMA tells them; nothing else is in the repository."""
    job = await author.wait(await author.schedule(text, account, **more), "completed", "failed", "partial", limit=90)
    assert job.status == "completed", [each.error for each in job.publications]
    assert {each.state for each in job.attempts} == {"published"}
    parts = [each["id"] for each in job.publications[0].progress["parts"]]
    assert parts[0] == job.publications[0].platform_post_id
    return parts


async def only(author, account, text, **more):
    """The record of the one post that came of it."""
    (address,) = await published(author, account, text, **more)
    records = await author.records()
    assert list(records) == [address]
    return records[address]


def test_an_account_is_who_signed_in(office, connected):
    author, account = connected
    assert (account.platform_account_id, account.handle) == (author.user.did, author.user.handle)
    assert (account.status, account.missing) == ("active", [])
    assert account.host == urlsplit(office.pds.url).netloc
    assert set(account.scopes) == {"atproto", "transition:generic"}


async def test_a_wrong_app_password_is_refused_and_nothing_is_connected(office):
    author, host = await office.author(), urlsplit(office.pds.url).netloc
    given = InHand(f"{author.user.handle}:aaaa-bbbb-cccc-dddd")
    with pytest.raises(Invalid) as refused:
        await connections.take(author.resources.desk, author.caller, BLUESKY, host, given)
    assert refused.value.rule == "tokenRefused"


async def test_a_token_is_bound_to_our_key(by_oauth):
    """Whoever steals it can do nothing with it."""
    author, account = by_oauth
    access = await author.access(account)
    assert (await BLUESKY.identify(access))[0].id == author.user.did
    bare = replace(access, secrets={name: value for name, value in access.secrets.items() if name != "key"})
    with pytest.raises(ReauthorizationRequired):
        await BLUESKY.withdraw(bare, f"at://{author.user.did}/{POST}/3aaaaaaaaaaaa")


async def test_a_renewed_token_is_another_and_publishes(connected):
    author, account = connected
    before, seen = await author.grant(account)
    await asyncio.sleep(1.1)  # a session's token says the second it was made in, and else the same
    renewed, version = await tokens.refresh(author.resources.desk, account, seen)
    assert version == seen + 1
    assert renewed.access_token != before.access_token
    assert renewed.refresh_token != before.refresh_token
    assert renewed.expires_at >= before.expires_at
    assert (await only(author, account, "After a renewal"))["text"] == "After a renewal"


async def test_many_renewals_at_once_are_one(by_oauth):
    """The server ends a login whose refresh token comes twice."""
    author, account = by_oauth
    desk, (_, seen) = author.resources.desk, await author.grant(account)
    found = await asyncio.gather(*(tokens.refresh(desk, account, seen) for _ in range(6)))
    assert {version for _, version in found} == {seen + 1}
    assert (await tokens.refresh(desk, account, seen + 1))[1] == seen + 2


async def test_a_refresh_token_that_was_used_ends_the_login_and_the_account_says_so(by_oauth):
    author, account = by_oauth
    desk, (old, seen) = author.resources.desk, await author.grant(account)
    await tokens.refresh(desk, account, seen)
    async with author.resources.database.transaction(account.workspace_id) as session:
        await tokens.store(session, author.resources.vault, account, old, desk, account.id)
    with pytest.raises(ReauthorizationRequired):
        await tokens.refresh(desk, account, (await author.grant(account))[1])
    async with author.resources.database.transaction(account.workspace_id) as session:
        assert (await get_account(session, account.id)).status == "needsReauthorization"
    assert (await author.by_oauth()).id == account.id
    assert (await only(author, account, "Connected again"))["text"] == "Connected again"


async def test_disconnecting_ends_our_access(connected):
    author, account = connected
    desk, (grant, _) = author.resources.desk, await author.grant(account)
    access = await author.access(account)
    assert await connections.disconnect(desk, author.caller, account.id) is None
    app = BLUESKY.app(desk.document_url("bluesky"), desk.callback_url, "")
    with pytest.raises(ReauthorizationRequired):
        await desk.gateway.flow(BLUESKY, app, account.host).refresh(grant)
    if "key" in grant.extra:  # a session's access token lives out its two hours: the server does not look it up
        with pytest.raises(ReauthorizationRequired):
            await BLUESKY.identify(access)


async def test_a_text_with_a_link_a_mention_and_a_hashtag(office, connected):
    author, account = connected
    alice = office.pds.users["alice"]
    text = f"Grüße 👩‍👩‍👧 an @{alice.handle} und @nobody.test, siehe https://example.org/a_(b)?c=1&d=2. #Öffentlich!"
    record = await only(author, account, text, options={"langs": ["de"], "tags": ["ocma"]})
    assert (record["text"], record["langs"], record["tags"]) == (text, ["de"], ["ocma"])
    whole = text.encode()
    told = {whole[each["index"]["byteStart"] : each["index"]["byteEnd"]].decode(): each["features"] for each in record["facets"]}
    assert told == {
        f"@{alice.handle}": [{"$type": f"{FACET}mention", "did": alice.did}],
        "https://example.org/a_(b)?c=1&d=2": [{"$type": f"{FACET}link", "uri": "https://example.org/a_(b)?c=1&d=2"}],
        "#Öffentlich": [{"$type": f"{FACET}tag", "tag": "Öffentlich"}],
    }


async def keep(author, content, alt_text=None):
    async def whole():
        yield content

    return str((await author.resources.library.keep(author.caller, whole(), alt_text)).id)


async def test_images_with_their_descriptions(connected):
    author, account = connected
    files = [films.noise("JPEG", (320, 200)), films.picture("PNG", (64, 48))]
    ids = [await keep(author, content, f"Bild {number}: „grau“") for number, content in enumerate(files)]
    record = await only(author, account, "Two images", mediaIds=ids)
    images = record["embed"]["images"]
    assert record["embed"]["$type"] == "app.bsky.embed.images"
    assert [each["alt"] for each in images] == ["Bild 0: „grau“", "Bild 1: „grau“"]
    assert [each["aspectRatio"] for each in images] == [{"width": 320, "height": 200}, {"width": 64, "height": 48}]
    assert [each["image"]["mimeType"] for each in images] == ["image/jpeg", "image/png"]
    assert [await author.blob(each["image"]) for each in images] == files


async def test_a_link_card(connected):
    author, account = connected
    card = {"url": "https://example.org/page", "title": "A page", "description": "What it says"}
    record = await only(author, account, "Look at this", link=card)
    told = {"uri": card["url"], "title": card["title"], "description": card["description"]}
    assert record["embed"] == {"$type": "app.bsky.embed.external", "external": told}


async def test_a_thread_is_a_chain(connected):
    author, account = connected
    texts = [f"Part {number}" for number in (1, 2, 3)]
    ids = await published(author, account, texts[0], thread=texts[1:])
    records = await author.records()
    assert set(records) == set(ids)
    assert [records[each]["text"] for each in ids] == texts
    assert "reply" not in records[ids[0]]
    replies = [records[each]["reply"] for each in ids[1:]]
    assert [each["root"]["uri"] for each in replies] == [ids[0], ids[0]]
    assert [each["parent"]["uri"] for each in replies] == ids[:2]


async def test_a_video_as_a_file(connected, tmp_path):
    author, account = connected
    film = films.film(tmp_path / "film.mp4").read_bytes()
    record = await only(author, account, "A film", mediaIds=[await keep(author, film, "Ein Film")])
    embed = record["embed"]
    assert (embed["$type"], embed["alt"]) == ("app.bsky.embed.video", "Ein Film")
    assert (embed["video"]["mimeType"], embed["aspectRatio"]) == ("video/mp4", {"width": 320, "height": 180})
    assert await author.blob(embed["video"]) == film


async def test_a_post_is_taken_back_and_that_may_be_said_twice(connected):
    author, account = connected
    text = f"Only for a moment {secrets.token_hex(4)}"
    (address,) = await published(author, account, text)
    access = await author.access(account)
    found = await BLUESKY.fetch_post(access, address)
    assert isinstance(found, Published)
    assert found.url == f"https://bsky.app/profile/{author.user.did}/post/{address.rpartition('/')[2]}"
    for _ in range(2):
        await BLUESKY.withdraw(access, address)
        assert await author.records() == {}
        assert await BLUESKY.fetch_post(access, address) == Absent()


async def test_what_the_server_finds_invalid_is_told_and_is_not_live(connected):
    """A language that is none passes our checks."""
    author, account = connected
    job = await author.schedule("In no language", account, options={"langs": ["not a language!"]})
    job = await author.wait(job, "completed", "failed", limit=60)
    assert job.status == "failed"
    assert job.publications[0].error["kind"] == "contentRejected"
    assert await author.records() == {}
