"""The Mastodon connector against a real server, as the product calls it, up to the sockets."""

from collections import Counter
from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from io import BytesIO

import httpx2
import pytest
from PIL import Image

import films
from ocma.infra.outbound import Outbound
from ocma.platforms.connector import Absent, Access, Profile, Published, Unprovable
from ocma.platforms.content import Content, Media, Outgoing, Part, Poll
from ocma.platforms.errors import ContentRejected, ReauthorizationRequired
from ocma.platforms.gateway import Gateway
from ocma.platforms.mastodon import Mastodon
from ocma.platforms.metrics import Measured, Target
from ocma.platforms.oauth import Grant, OAuthFlow
from real.snac import Snac, consent

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]

REDIRECT = "http://127.0.0.1:9/callback"
MASTODON = Mastodon()
TEXT = "Größe & <mehr> von 日本 🎉 *hervorgehoben*, siehe https://example.com/a_b?c=1&d=2. #ocma\n\nGruß an @bob\nund Schluss :-)"


@dataclass(frozen=True)
class Connected:
    access: Access
    profile: Profile
    grant: Grant
    flow: OAuthFlow

    async def publish(self, part: Part, key: str, **more) -> tuple[Outgoing, Published]:
        """Prepared and sent; with the question that would settle it, had the answer been lost."""
        prepared = {}
        for step in MASTODON.steps(Content((part,))):
            prepared[step.key] = await step.run(self.access, prepared)
        outgoing = Outgoing(part, 0, key, prepared=prepared, first_sent_at=datetime.now(UTC), **more)
        return outgoing, await MASTODON.publish(self.access, replace(outgoing, first_sent_at=None))

    async def find(self, outgoing: Outgoing):
        return await MASTODON.find(self.access, outgoing)


async def connect(gateway: Gateway, server: Snac, user: str) -> Connected:
    client = gateway.client(MASTODON.manifest, server.host)
    flow = gateway.flow(MASTODON, await MASTODON.register(client, REDIRECT), server.host)
    authorization = await flow.authorize(REDIRECT, "state-of-this-walk")
    arrived = await consent(authorization.url, user, server.users[user])
    assert str(arrived).startswith(REDIRECT)
    assert arrived.params["state"] == "state-of-this-walk"
    grant = await flow.exchange(arrived.params["code"], REDIRECT, authorization.verifier)
    access = gateway.access(MASTODON, grant, server.host)
    (profile,) = await MASTODON.identify(access)
    return Connected(replace(access, profile_id=profile.id, handle=profile.handle), profile, grant, flow)


@pytest.fixture
async def gateway(snac):
    outbound = Outbound()
    yield Gateway(outbound, {"OCMA_MASTODON_API_URL": snac.url})
    await outbound.close()


@pytest.fixture
async def alice(gateway, snac):
    return await connect(gateway, snac, "alice")


def image() -> tuple[bytes, Media]:
    file = BytesIO()
    Image.effect_noise((64, 48), 80).save(file, "PNG")
    content = file.getvalue()

    async def chunks():
        for start in range(0, len(content), 1000):
            yield content[start : start + 1000]

    return content, Media("an-id", "image", "image/png", len(content), chunks, alt_text='Rauschen: „grau“ & "laut"')


async def public_statuses(server: Snac, profile: Profile) -> list[dict]:
    """What a stranger sees, asked without OCMA."""
    async with httpx2.AsyncClient(base_url=server.url, trust_env=False, timeout=30) as stranger:
        answer = await stranger.get(f"/api/v1/accounts/{profile.id}/statuses")
    return answer.raise_for_status().json()


async def test_a_connected_account_is_who_signed_in(snac, alice):
    assert alice.profile.handle == f"alice@{snac.host}"
    assert alice.profile.url == f"{snac.url}/alice"
    assert alice.grant.expires_at is None
    assert alice.grant.refresh_token is None


async def test_a_text_is_published_once_and_found(snac, alice):
    outgoing, published = await alice.publish(Part(TEXT), "text")
    assert await alice.find(outgoing) == published
    assert await MASTODON.fetch_post(alice.access, published.id) == published
    live = [status for status in await public_statuses(snac, alice.profile) if status["text"] == TEXT]
    assert [status["id"] for status in live] == [published.id]
    assert published.url == live[0]["url"]


async def test_what_was_never_sent_or_is_known_as_another_is_absent(alice):
    outgoing, published = await alice.publish(Part("Guten Morgen!"), "morning")
    assert await alice.find(replace(outgoing, part=Part("Guten Morgen, Welt!"))) == Absent()
    assert await alice.find(replace(outgoing, others=frozenset({published.id}))) == Absent()
    assert await alice.find(replace(outgoing, reply_to=published.id)) == Absent()


async def test_an_image_arrives_whole_with_its_alternative_text(snac, alice):
    content, media = image()
    outgoing, published = await alice.publish(Part("Ein Bild", (media,)), "image")
    assert await alice.find(outgoing) == published
    (status,) = [each for each in await public_statuses(snac, alice.profile) if each["id"] == published.id]
    (attachment,) = status["media_attachments"]
    assert attachment["description"] == media.alt_text
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as stranger:
        assert (await stranger.get(attachment["url"])).content == content


async def test_a_video_arrives_whole_with_its_alternative_text(snac, alice, tmp_path):
    content = films.film(tmp_path / "film.mp4", seconds=2).read_bytes()
    media = Media("an-id", "video", "video/mp4", len(content), lambda: _whole(content), alt_text="Ein Kasten, der wandert")
    outgoing, published = await alice.publish(Part("Ein Film", (media,)), "film")
    assert await alice.find(outgoing) == published
    (status,) = [each for each in await public_statuses(snac, alice.profile) if each["id"] == published.id]
    (attachment,) = status["media_attachments"]
    assert (attachment["type"], attachment["description"]) == ("video", media.alt_text)
    async with httpx2.AsyncClient(trust_env=False, timeout=30) as stranger:
        assert (await stranger.get(attachment["url"])).content == content


async def _whole(content: bytes):
    yield content


async def test_a_poll_is_not_given_to_a_server_that_would_drop_it(snac, alice):
    """snac 2.75 says at the older address that it takes polls, and drops every one of them."""
    part = Part("Welche Farbe?", poll=Poll(("Rot", "Blau"), 600))
    with pytest.raises(ContentRejected) as refused:
        await alice.publish(part, "poll")
    assert refused.value.rule == "pollUnsupported"
    assert "Welche Farbe?" not in [each["text"] for each in await public_statuses(snac, alice.profile)]


async def test_a_post_whose_poll_was_dropped_is_neither_found_nor_absent(snac, alice):
    outgoing = Outgoing(Part("Welche Form?", poll=Poll(("Rund", "Eckig"), 600)), 0, "dropped", first_sent_at=datetime.now(UTC))
    published = await MASTODON.publish(alice.access, replace(outgoing, first_sent_at=None))
    (status,) = [each for each in await public_statuses(snac, alice.profile) if each["id"] == published.id]
    assert status["poll"] is None
    assert await alice.find(outgoing) == Unprovable()
    assert await alice.find(replace(outgoing, part=Part("Welche Form?"))) == published


async def test_a_thread_is_a_chain_and_each_part_is_found(snac, alice):
    sent, parent = [], None
    for number, text in enumerate(("Eins", "Weiter", "Weiter")):
        sent.append(await alice.publish(Part(text), f"thread-{number}", reply_to=parent))
        parent = sent[-1][1].id
    assert [await alice.find(outgoing) for outgoing, _ in sent] == [published for _, published in sent]
    ids = [published.id for _, published in sent]
    live = {each["id"]: each["in_reply_to_id"] for each in await public_statuses(snac, alice.profile) if each["id"] in ids}
    assert live == {ids[0]: None, ids[1]: ids[0], ids[2]: ids[1]}


async def test_a_private_post_is_found_and_its_absence_is_proved_only_once_one_was_seen(gateway, snac):
    bob = await connect(gateway, snac, "bob")
    asked = Outgoing(Part("Unter uns"), 0, "private", options={"visibility": "private"}, first_sent_at=datetime.now(UTC))
    assert await bob.find(asked) == Unprovable()
    outgoing, published = await bob.publish(asked.part, "private", options=asked.options)
    assert await bob.find(outgoing) == published
    assert published.id not in {each["id"] for each in await public_statuses(snac, bob.profile)}
    assert await bob.find(replace(outgoing, part=Part("Unter euch"))) == Absent()


async def test_figures_of_a_server_that_knows_no_batch_and_hardly_counts(alice):
    _, first = await alice.publish(Part("Wie viele?"), "asked")
    _, second = await alice.publish(Part("Eine"), "answered", reply_to=first.id)
    asked = [Target(each, datetime.now(UTC)) for each in (first.id, second.id, "nothing")]
    found = await MASTODON.measure_posts(alice.access, asked)
    replies = {each.post: each.value for each in found.readings if each.measure.name == "replies_count"}
    assert (replies, found.gone) == ({first.id: 1, second.id: 0}, ("nothing",))
    assert await MASTODON.measure_account(alice.access, datetime.now(UTC)) == Measured()


async def test_what_the_account_posted_newest_first_to_the_time_asked_for(snac, alice):
    begin = datetime.now(UTC).replace(microsecond=0)
    expected = [(await alice.publish(Part(f"Folge {number}"), f"series-{number}"))[1].id for number in range(3)]
    async with aclosing(MASTODON.list_posts(alice.access, begin)) as listed:
        newest = [each async for each in listed][:3]
    async with aclosing(MASTODON.list_posts(alice.access, begin + timedelta(days=1))) as listed:
        assert [each async for each in listed] == []
    assert {each.id for each in newest} == set(expected)
    assert {each.text for each in newest} == {f"Folge {number}" for number in range(3)}


async def test_no_post_is_lost_or_doubled_by_connections_that_the_server_closes_without_a_word(snac, alice):
    texts = [f"Schnell hintereinander {number}" for number in range(10)]
    for text in texts:
        await MASTODON.identify(alice.access)
        await alice.publish(Part(text), text)
    live = Counter(each["text"] for each in await public_statuses(snac, alice.profile))
    assert [live[text] for text in texts] == [1] * 10


async def test_withdrawing_says_so_where_the_server_deletes_nothing_and_succeeds_once_it_is_gone(snac, alice):
    _, published = await alice.publish(Part("Nur kurz"), "brief")
    with pytest.raises(ContentRejected) as refused:
        await MASTODON.withdraw(alice.access, published.id)
    assert refused.value.rule == "deleteUnsupported"
    assert await MASTODON.fetch_post(alice.access, published.id) == published
    async with httpx2.AsyncClient(auth=("alice", snac.users["alice"]), trust_env=False, timeout=30) as owner:
        await owner.post(f"{snac.url}/alice/admin/action", data={"action": "Delete", "id": published.url})
    assert await MASTODON.fetch_post(alice.access, published.id) == Absent()
    await MASTODON.withdraw(alice.access, published.id)


async def test_after_a_revocation_every_call_asks_to_connect_again(alice):
    await alice.flow.revoke(alice.grant)
    with pytest.raises(ReauthorizationRequired):
        await MASTODON.identify(alice.access)
    with pytest.raises(ReauthorizationRequired):
        await alice.publish(Part("Zu spät"), "late")
    await alice.flow.revoke(alice.grant)
