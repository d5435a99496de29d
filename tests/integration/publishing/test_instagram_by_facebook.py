"""Instagram by Facebook's login: the accounts behind a person's pages, each with its page's token, and what is published with it."""

from dataclasses import dataclass

import httpx2
import pytest

import by_hand
import films
import stage
from ocma.features.accounts import authorizations, connections, tokens
from ocma.features.accounts.connections import Code
from ocma.platforms.connector import Absent
from ocma.platforms.registry import get_connector

INSTAGRAM = get_connector("instagram")
NEEDED = {"instagram_basic", "instagram_content_publish", "pages_show_list", "pages_read_engagement"}


@dataclass
class Linked(stage.Company):
    """A workspace where Instagram's accounts are connected by Facebook's login."""

    async def login(self, name, **unticked):
        """All accounts it opens. `deny_scopes`: what the person does not allow."""
        begun = await authorizations.begin(self.resources.desk, self.caller, "instagram", None, None)
        url = httpx2.URL(begun.url, params={**httpx2.URL(begun.url).params, "approve": "1", "account": name, **unticked})
        assert url.path.endswith("/dialog/oauth")
        async with httpx2.AsyncClient(timeout=30) as browser:
            answer = await browser.get(url)
        assert answer.is_redirect, answer.text
        back = httpx2.URL(answer.headers["location"]).params
        return await connections.connect(self.resources.desk, self.caller, Code("instagram", back["code"], back["state"]))

    async def publish(self, account, text, **more):
        image = await self.keep(films.picture("JPEG", (400, 400)))
        job = await self.schedule(text, account, mediaIds=[image], **more)
        return await self.wait(job, "completed", "failed", limit=90)


@pytest.fixture(scope="module")
async def env(environment, dispatcher):
    """With an API from which Instagram fetches files."""
    with stage.served(environment) as url:
        yield environment | {"OCMA_INSTAGRAM_LOGIN": "facebook", "OCMA_MEDIA_BASE_URL": url}


@pytest.fixture(scope="module")
async def at_work(env):
    with stage.worker(env):
        async with by_hand.opened(env) as found:
            yield found


@pytest.fixture
async def linked(at_work):
    company = await stage.company(at_work)
    return Linked(company.resources, company.caller)


async def test_a_login_opens_the_account_behind_each_page(linked):
    accounts = await linked.login("linda")
    assert [(each.handle, each.status, each.missing) for each in accounts] == [
        ("linda", "active", []),
        ("linda_2", "active", []),
    ]
    assert all(set(each.scopes) >= NEEDED for each in accounts)
    assert not any("business" in scope for each in accounts for scope in each.scopes)


async def test_an_image_is_published_on_the_account_that_was_meant(linked, sandbox):
    first, second = await linked.login("lotte")
    job = await linked.publish(second, "By Facebook's login", firstComment="And a comment")
    assert job.status == "completed", [each.error for each in job.publications]
    (post,) = await sandbox.books("instagram", "By Facebook's login")
    assert (post["id"], post["account"]) == (job.publications[0].platform_post_id, second.handle)
    (comment,) = await sandbox.books("instagram", "And a comment")
    assert (comment["replyTo"], comment["account"]) == (post["id"], second.handle)
    assert first.handle != second.handle


@pytest.mark.parametrize("kind", ["accept_reset", "accept_500"])
async def test_an_answer_that_is_lost_is_one_post(linked, sandbox, kind):
    account = (await linked.login("leona"))[0]
    await sandbox.fault("instagram", kind)
    job = await linked.publish(account, f"Lost by {kind}")
    assert job.status == "completed", [each.error for each in job.publications]
    assert await sandbox.waiting_faults() == []
    (post,) = await sandbox.books("instagram", f"Lost by {kind}")
    assert post["id"] == job.publications[0].platform_post_id
    assert [each.state for each in job.attempts] == ["published"]


async def test_a_post_can_be_taken_back(linked, sandbox):
    account = (await linked.login("lucy"))[0]
    post_id = (await linked.publish(account, "Only by this login")).publications[0].platform_post_id
    async with linked.resources.database.transaction(account.workspace_id) as session:
        row = await tokens.find_row(session, account.id)
    grant = tokens.unseal(linked.resources.vault, row, account)
    access = linked.resources.gateway.access(INSTAGRAM, grant, account.host, account.platform_account_id, account.handle)
    await INSTAGRAM.withdraw(access, post_id)
    assert await INSTAGRAM.fetch_post(access, post_id) == Absent()
    (post,) = await sandbox.books("instagram", "Only by this login")
    assert post["deleted"]


async def test_what_the_person_unticks_is_missing(linked):
    accounts = await linked.login("lea", deny_scopes="instagram_content_publish")
    assert [each.missing for each in accounts] == [["instagram_business_content_publish|instagram_content_publish"]] * 2
