"""The narrow places: what a crash leaves between two writes, put there by hand."""

from sqlalchemy import text

import stage


async def test_an_answer_on_record_is_adopted_not_sent_again(company, sandbox, environment, dispatcher):
    """As after a crash right behind the answer: the attempt says published, the publication is still claimed."""
    account = await company.connect("x", "between")
    first = await company.schedule("already there", account, scheduledAt="2099-01-01T00:00:00Z")
    publication = first.publications[0]
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        claimed = text("""UPDATE publications SET state = 'publishing', attempt = 1, taken_at = now(), due_at = now(),
            lease_until = now() - interval '1 second' WHERE id = :id""")
        await session.execute(claimed, {"id": publication.id})
        answered = text("""INSERT INTO attempts (id, workspace_id, publication_id, account_id, attempt, part, fingerprint, state,
            platform_post_id, url, finished_at) VALUES (:new, :workspace, :id, :account, 1, 0, 'f', 'published', '4711',
            'https://x.com/between/status/4711', now())""")
        values = {"new": stage.new_id(), "workspace": company.caller.workspace_id, "id": publication.id, "account": account.id}
        await session.execute(answered, values)
    with stage.worker(environment):
        done = await company.wait(first, "completed", "failed")
    assert (done.status, done.publications[0].platform_post_id) == ("completed", "4711")
    assert await sandbox.books("x", "already there") == []


async def test_a_message_that_comes_twice_or_late_does_nothing(company, sandbox, environment, dispatcher):
    account = await company.connect("mastodon", "doubled")
    with stage.worker(environment):
        job = await company.wait(await company.schedule("one message, many copies", account), "completed")
        publication = job.publications[0]
        for fence in (publication.attempt, publication.attempt - 1, publication.attempt + 1):
            await company.resources.tasks.send("publications.work", [(str(publication.id), fence)])
        await company.wait(await company.schedule("after them", account), "completed")
    assert len(await sandbox.books("mastodon", "one message, many copies")) == 1
