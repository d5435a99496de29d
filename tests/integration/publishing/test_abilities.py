"""Every ability of every platform, once: by the product itself, and read back from the platform's own books.

All posts are worked at the same time, since platforms take their time with videos. `-k tiktok` leaves out the others.
"""

import asyncio
import hashlib
import json
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import httpx2
import pytest

import abilities
import stage
from abilities import CASES, ILLUSTRATION, REMADE, Case
from ocma.features.accounts import tokens
from ocma.features.accounts.models import Account
from ocma.features.publishing import jobs
from ocma.features.publishing.jobs import Job
from ocma.platforms.registry import get_connector

CONNECTIONS = [each for each in CASES if each.ability == "connect"]
POSTS = [each for each in CASES if each.ability != "connect"]
DELETIONS = [each for each in POSTS if each.ability == "delete"]
PLATFORMS = sorted({each.platform for each in CASES})
ENDS = ("completed", "failed", "partial")
LONG = 200.0  # seconds for all of it
PAUSE = 1.0
PATIENT = {"OCMA_LEASE_SECONDS": "20", "OCMA_PUBLISH_TIMEOUT_SECONDS": "30"}  # nothing fails here, however slow the machine is
pytestmark = pytest.mark.timeout(300)


@dataclass(frozen=True)
class Person:
    """Who signed in, under a name of ours. On some platforms the account is a page of theirs."""

    name: str
    account: Account

    @property
    def handle(self) -> str:
        """Without its server: @name, name@server, name.server."""
        return self.account.handle.lstrip("@").partition("@")[0].partition(".")[0]


@dataclass
class Played:
    """What was asked for, of whom. `people`: by platform and login; beside each platform's is a bystander, who posts nothing."""

    company: stage.Company
    sandbox: stage.Sandbox
    people: dict[tuple[str, Any], Person] = field(default_factory=dict)
    bystanders: dict[str, Person] = field(default_factory=dict)
    files: dict[str, str] = field(default_factory=dict)
    texts: dict[Case, list[str]] = field(default_factory=dict)
    jobs: dict[Case, Job] = field(default_factory=dict)
    seen: dict[str, dict[str, dict[str, Any]]] = field(default_factory=dict)

    def person(self, case: Case) -> Person:
        return self.people[case.platform, case.login]

    def ids(self, case: Case) -> list[str]:
        """What OCMA says that the parts are called there."""
        (publication,) = self.jobs[case].publications
        return [each["id"] for each in publication.progress.get("parts", [])]

    async def look(self, platform: str) -> dict[str, dict[str, Any]]:
        """All that is on record of the people here and their pages, by id; and it is kept as `seen`."""
        names = (self.bystanders[platform].name, *(each.name for (key, _), each in self.people.items() if key == platform))
        found = [each for each in await self.sandbox.marked(platform, "") if each["account"].startswith(names)]
        self.seen[platform] = {_short(platform, each["id"]): each for each in found}
        return self.seen[platform]

    def live(self, case: Case) -> list[dict[str, Any]]:
        """Its parts as they were seen, in order."""
        return [self.seen[case.platform][_short(case.platform, each)] for each in self.ids(case)]


def _short(platform: str, post_id: str) -> str:
    """Facebook itself calls a story of a photo by the second half of its id. Elsewhere `_` is a character like others."""
    return post_id.rpartition("_")[2] if platform == "facebook" else post_id


@pytest.fixture(scope="module")
async def played(request, opened, sandbox, environment, dispatcher):
    """One worker for accounts of every login. The platforms fetch files from an API process, and do not save us from ourselves."""
    cases = _asked(request)
    own = dict(pair for case in cases for pair in case.login)
    play = Played(await stage.company(opened), sandbox)
    await sandbox.guard(on=False)
    with stage.served(environment) as url, stage.worker(environment | own | PATIENT | {"OCMA_MEDIA_BASE_URL": url}):
        for name in dict.fromkeys(name for case in cases for name in (*case.files, ILLUSTRATION)):
            play.files[name] = await _keep(play.company, name)
        await asyncio.gather(*(_play(play, [each for each in cases if each.platform == key]) for key in PLATFORMS))
        await _end(play)
    for platform in play.bystanders:
        await play.look(platform)
    yield play
    await sandbox.guard(on=True)


def _asked(request) -> list[Case]:
    """What the tests of this run want."""
    items = [each for each in request.session.items if request.fixturename in each.fixturenames]
    wanted = [each.callspec.params for each in items]
    platforms = {each.get("platform") for each in wanted}
    return [case for case in CASES if case.platform in platforms or case in (each.get("case") for each in wanted)]


async def _keep(company: stage.Company, name: str) -> str:
    async def whole():
        yield abilities.file(name)

    return str((await company.resources.library.keep(company.caller, whole(), _alt_text(name))).id)


def _alt_text(name: str) -> str:
    return f"This is the {name}."


async def _play(play: Played, cases: list[Case]) -> None:
    """Those of one platform."""
    for case in cases:
        if case.platform not in play.bystanders:
            play.bystanders[case.platform] = await _sign_in(play.company, case.platform)
        if (case.platform, case.login) not in play.people:
            company = _set(play.company, dict(case.login))
            play.people[case.platform, case.login] = await _sign_in(company, case.platform)
        if case in POSTS:
            await _schedule(play, case)


async def _sign_in(company: stage.Company, platform: str) -> Person:
    name = f"u{secrets.token_hex(5)}"
    return Person(name, await company.connect(platform, name))


def _set(company: stage.Company, settings: Mapping[str, str]) -> stage.Company:
    """The same company on a server that has these settings."""
    desk = company.resources.desk
    gateway = replace(desk.gateway, environment={**desk.gateway.environment, **settings}, shared={})
    return replace(company, resources=replace(company.resources, desk=replace(desk, gateway=gateway)))


async def _schedule(play: Played, case: Case) -> None:
    play.texts[case] = case.texts(secrets.token_hex(4))
    wanted = case.words(play.texts[case])
    if case.illustrated:
        wanted["thread"][0] = {"content": wanted["thread"][0], "mediaIds": [play.files[ILLUSTRATION]]}
    wanted |= {"mediaIds": [play.files[each] for each in case.files], "options": dict(case.options), **case.more}
    play.jobs[case] = await play.company.schedule(wanted.pop("content"), play.person(case).account, **wanted)


async def _end(play: Played) -> None:
    """Of one that does not end in time its own test tells."""
    last = time.monotonic() + LONG
    cases = {job.post.id: case for case, job in play.jobs.items()}
    while any(job.status not in ENDS for job in play.jobs.values()) and time.monotonic() < last:
        await asyncio.sleep(PAUSE)
        async with play.company.resources.database.transaction(play.company.caller.workspace_id) as session:
            found = await jobs.list_jobs(session, limit=len(cases))
        play.jobs.update({cases[job.post.id]: job for job in found})


@pytest.mark.parametrize("case", CONNECTIONS, ids=str)
async def test_connected_as_who_signed_in(played, sandbox, case):
    person = played.person(case)
    async with httpx2.AsyncClient(timeout=30) as client:
        answer = await client.get(f"{sandbox.url}/_control/accounts", params={"platform": case.platform})
    known = {each["account"]: each["id"] for each in answer.raise_for_status().json()["data"]}
    assert person.handle.startswith(person.name)
    assert person.account.platform_account_id.endswith(known[person.handle])
    assert (person.account.status, person.account.missing) == ("active", [])


@pytest.mark.parametrize("case", POSTS, ids=str)
async def test_live_as_it_was_written(played, case):
    job = played.jobs[case]
    (publication,) = job.publications
    assert job.status == "completed", (publication.state, publication.error, publication.progress)
    assert [each.state for each in job.attempts] == ["published"] * case.parts
    live = played.live(case)
    assert [each["account"] for each in live] == [played.person(case).handle] * case.parts
    assert [each["content"] for each in live] == _said(played, case)
    assert [each["replyTo"] for each in live] == [None, *(each["id"] for each in live[:-1])]
    for entry, names in zip(live, _names(case), strict=True):
        _check_files(case, entry["media"], names)
    details = json.dumps(live[0]["details"])
    assert [each for each in case.shows if json.dumps(each) not in details] == [], details


def _said(played: Played, case: Case) -> list[str]:
    """YouTube has the title in front; a story says nothing."""
    first, *others = played.texts[case]
    title = f"{case.options['title']}\n\n" if case.platform == "youtube" else ""
    return ["" if case.is_silent else title + first, *others]


def _names(case: Case) -> list[tuple[str, ...]]:
    """Of each part's files."""
    later = [(ILLUSTRATION,) if case.illustrated and number == 1 else () for number in range(1, case.parts)]
    return [case.files, *later]


def _check_files(case: Case, media: list[dict[str, Any]], names: tuple[str, ...]) -> None:
    assert [each["mimeType"] for each in media] == [abilities.mime_type(name) for name in names]
    for entry, name in zip(media, names, strict=True):
        same = entry["sha256"] == hashlib.sha256(abilities.file(name)).hexdigest()
        assert same is (name not in REMADE), name
        assert entry["altText"] == _alt_text(name) or (entry["altText"] is None and not _is_described(case, name))


def _is_described(case: Case, name: str) -> bool:
    """Many platforms take no alternative text with what moves, and Instagram none with stories."""
    images = abilities.mime_type(name) == "image/jpeg" and case.ability != "story"
    return images and get_connector(case.platform).manifest.media.alt_text > 0


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_nothing_else_is_on_the_books(played, platform):
    """Nor of the bystander."""
    now = await played.look(platform)
    said = [entry["id"] for case in played.jobs if case.platform == platform for entry in played.live(case)]
    assert sorted(each["id"] for each in now.values()) == sorted(said)


@pytest.mark.parametrize("case", DELETIONS, ids=str)
async def test_deleted_is_gone_and_nothing_else(played, case):
    """There is no door to it yet: by the connector, with the account's own token."""
    company, account = _set(played.company, dict(case.login)), played.person(case).account
    before, connector = _deleted(await played.look(case.platform)), get_connector(case.platform)
    grant, _ = await tokens.fresh(company.resources.desk, account)
    gateway = company.resources.desk.gateway
    access = gateway.access(connector, grant, account.host, account.platform_account_id, account.handle)
    await connector.withdraw(access, played.ids(case)[0])
    gone = _deleted(await played.look(case.platform)) - before
    assert gone == {each["id"] for each in played.live(case)}


def _deleted(books: Mapping[str, Mapping[str, Any]]) -> set[str]:
    return {each["id"] for each in books.values() if each["deleted"]}
