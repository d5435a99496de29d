"""Posts that are due and wait all the same: for their account, for their workspace, or, when they are very late, for a person.

The database sets and lifts holds: claim_publications and resume_publications in migrations/sql/0001_initial.sql. What is not due
yet carries none; here it is told all the same what it would wait for.
"""

from collections.abc import Mapping, Sequence
from typing import Literal
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from ocma.features.accounts.models import Account
from ocma.features.publishing.models import Publication
from ocma.features.workspaces.models import Workspace

Hold = Literal["account", "workspace", "late"]
REMEDIES: Mapping[Hold, str] = {
    "account": "Connect the account again (POST /api/social/authorize begins); then it goes on by itself.",
    "workspace": "Resume the workspace (POST /api/workspaces/{workspaceId}/resume); then it goes on by itself.",
    "late": "It is later than the workspace's `resumeGraceHours`. POST /api/queue/jobs/{jobId}/resume sends it now, "
    "PATCH /api/queue/jobs/{jobId} moves it, POST /api/queue/jobs/{jobId}/cancel drops it.",
}


async def find_holds(session: AsyncSession, publications: Sequence[Publication]) -> dict[UUID, Hold]:
    """By publication: what keeps it, or will when it is due. Those that nothing keeps are not in it."""
    waiting = [each for each in publications if each.state == "scheduled"]
    if not waiting:
        return {}
    if await session.scalar(select(Workspace.paused_at).where(Workspace.id == waiting[0].workspace_id)):
        return dict.fromkeys((each.id for each in waiting), "workspace")
    named = {each.account_id for each in waiting}
    stopped = set(await session.scalars(select(Account.id).where(Account.id.in_(named), Account.status != "active")))
    late: dict[UUID, Hold] = dict.fromkeys((each.id for each in waiting if each.hold == "late"), "late")
    gone: dict[UUID, Hold] = dict.fromkeys((each.id for each in waiting if each.account_id in stopped), "account")
    return late | gone


async def count_waiting(session: AsyncSession, account_id: UUID) -> int:
    """Publications of the account that have not begun."""
    query = select(func.count()).where(
        Publication.account_id == account_id, Publication.state == "scheduled", Publication.lease_until.is_(None)
    )
    return (await session.scalar(query)) or 0
