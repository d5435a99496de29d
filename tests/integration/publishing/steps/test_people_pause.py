"""A post that meets a grant which its owner has ended on the platform: it waits, and goes on after they connect again."""

from answers import good
from integration.publishing.steps.people import publication, told
from ocma.features.accounts import tokens
from ocma.platforms.registry import get_connector


async def end_grant(company, account):
    """On the platform, behind our back."""
    desk, x = company.resources.desk, get_connector("x")
    grant, _ = await tokens.fresh(desk, account)
    await desk.gateway.flow(x, desk.gateway.configured_app(x.manifest), "").revoke(grant)


async def test_a_post_that_meets_a_revoked_grant_waits_for_a_new_connection(company, sandbox, door, hand):
    account = await company.connect("x", "endsit")
    await end_grant(company, account)
    job = await company.schedule("after the new connection", account)
    for _ in range(2):
        await hand.step()
    row = await publication(company, job)
    assert (row.state, row.hold, row.tries) == ("scheduled", "account", 0)
    view = good(await door.get(f"/api/queue/jobs/{job.post.id}"))
    assert (view["status"], view["publications"][0]["hold"]) == ("pending", "account")
    assert good(await door.get(f"/api/social/accounts/{account.id}"))["status"] == "needsReauthorization"
    assert (await told(company, job))[-2:] == ["scheduled", "held/account"]
    await company.connect("x", "endsit")
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"
    assert len(await sandbox.books("x", "after the new connection")) == 1
