"""What the tests of people's hands on waiting posts share."""

from datetime import timedelta

from sqlalchemy import text

from ocma.features.publishing import claims

LEASE = timedelta(seconds=30)
LATER = "2099-01-01T00:00:00Z"


async def rows(company, statement, **values):
    """What a statement finds or changes in the company's workspace."""
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        found = await session.execute(text(statement), values)
        return found.all() if found.returns_rows else []


async def claim(company):
    """As a dispatcher does; those of this company."""
    found = await claims.claim(company.resources.database, 500, LEASE, timedelta(0))
    return [each for each in found if each.workspace_id == company.caller.workspace_id]


async def publication(company, job):
    """The row of a job with a single one."""
    (row,) = await rows(company, "SELECT * FROM publications WHERE post_id = :post", post=job.post.id)
    return row


async def told(company, job):
    """The kinds of the job's events, in order, and what each says of a hold."""
    found = await rows(company, "SELECT kind, data FROM events WHERE post_id = :post ORDER BY id", post=job.post.id)
    return [f"{each.kind.removeprefix('publication.')}{'/' + each.data['hold'] if 'hold' in each.data else ''}" for each in found]


async def make_due(company, job, hours=0.0):
    """As if it had been due for so long."""
    await rows(
        company,
        "UPDATE publications SET due_at = now() - make_interval(secs => :seconds) WHERE post_id = :post",
        post=job.post.id,
        seconds=hours * 3600,
    )


async def set_status(company, account, status):
    await rows(company, "UPDATE accounts SET status = :status WHERE id = :id", id=account.id, status=status)


async def audited(company):
    return [each.action for each in await rows(company, "SELECT action FROM audit_events ORDER BY seq")]
