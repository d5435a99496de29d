"""Everything a worker has to know of the publications it took, in a fixed number of queries per workspace."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from uuid import UUID

from sqlalchemy import select

from ocma.features.accounts.models import Account
from ocma.features.media.library import find_media
from ocma.features.media.models import Medium
from ocma.features.posts.models import Post
from ocma.features.posts.variants import for_platform, media_ids
from ocma.features.publishing.claims import Claim
from ocma.features.publishing.models import Attempt, Publication
from ocma.features.publishing.press import Press
from ocma.platforms.connector import Connector, Publishes
from ocma.platforms.content import Content
from ocma.platforms.registry import get_connector


@dataclass(frozen=True, slots=True)
class Work:
    """One publication under a claim."""

    claim: Claim
    publication: Publication
    post: Post
    account: Account
    media: dict[UUID, Medium]
    attempts: list[Attempt]

    def content(self, press: Press) -> Content:
        """Raises NotFound when a file was deleted since."""
        post, outgoing = self.post, press.library.outgoing
        return for_platform(post.content, post.variants, self.publication.platform, self.media, outgoing)

    @property
    def connector(self) -> Connector:
        return get_connector(self.publication.platform)

    @property
    def publisher(self) -> Publishes:
        connector = self.connector
        if not isinstance(connector, Publishes):
            raise TypeError(connector)  # planning refuses platforms that cannot publish
        return connector


async def load(press: Press, claims: Sequence[Claim]) -> list[Work]:
    """In the order of `claims`."""
    found: dict[UUID, Work] = {}
    for workspace_id, group in groupby(sorted(claims, key=_workspace), key=_workspace):
        found |= await _load_workspace(press, workspace_id, {claim.id: claim for claim in group})
    return [found[claim.id] for claim in claims if claim.id in found]


def _workspace(claim: Claim) -> UUID:
    return claim.workspace_id


async def _load_workspace(press: Press, workspace_id: UUID, claims: dict[UUID, Claim]) -> dict[UUID, Work]:
    query = (
        select(Publication, Post, Account)
        .join(Post, Post.id == Publication.post_id)
        .join(Account, Account.id == Publication.account_id)
        .where(Publication.id.in_(claims))
    )
    sent = select(Attempt).where(Attempt.publication_id.in_(claims)).order_by(Attempt.started_at, Attempt.id)
    async with press.database.transaction(workspace_id) as session:
        rows = (await session.execute(query)).all()
        attempts = (await session.scalars(sent)).all()
        wanted = [each for _, post, _ in rows for each in media_ids(post.content, post.variants)]
        media = await find_media(session, wanted)
    return {
        publication.id: Work(
            claims[publication.id],
            publication,
            post,
            account,
            media,
            [each for each in attempts if each.publication_id == publication.id],
        )
        for publication, post, account in rows
    }
