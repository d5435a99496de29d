"""The analysis of a draft: all that is local, and one call of a language model beside it where there is one."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any
from uuid import UUID

from ocma.clock import Clock
from ocma.features.assistant import judgement, opinion
from ocma.features.assistant.analysis_schemas import AnalysisAnswer, AnalysisWish
from ocma.features.assistant.audience import find_demographic
from ocma.features.assistant.consult import Consultant
from ocma.features.assistant.insight import look_with
from ocma.features.assistant.learned import NOTHING, Known, Learned, Subject
from ocma.features.assistant.merge import merge
from ocma.features.assistant.opinion import Case
from ocma.features.assistant.optimize import Tools
from ocma.features.assistant.subjects import find_subject
from ocma.infra.database import Database
from ocma.intelligence import engagement
from ocma.intelligence.engagement import Prediction
from ocma.intelligence.text import read
from ocma.platforms.manifest import Manifest
from ocma.platforms.registry import get_connector


@dataclass(frozen=True, slots=True)
class Analyst:
    """What analyses are made with."""

    database: Database
    learned: Learned
    consultant: Consultant
    clock: Clock

    async def analyze(self, workspace_id: UUID, wish: AnalysisWish) -> AnalysisAnswer:
        """Always an answer, whatever the model does. Raises Invalid for an unknown platform, NotFound for an unknown account."""
        manifest = get_connector(wish.platform).manifest
        subject, followers = await self._subject(workspace_id, wish, manifest)
        consulting = asyncio.create_task(self.consultant.ask(workspace_id, judgement.question(_told(wish, manifest))))
        try:
            known = await self.learned.about(workspace_id, subject) if subject else NOTHING
            case = Case(wish, manifest, subject, known, followers, self.clock())
            local = await asyncio.to_thread(opinion.form, case)
            consulted = await consulting
        finally:
            consulting.cancel()  # who asked is gone, or the history could not be read
        return AnalysisAnswer(
            cached=consulted.cached,
            analyzed_at=case.now,
            platform=wish.platform.lower(),
            account_id=subject and subject.account_id,
            analysis=merge(local, consulted),
        )

    async def tools(self, workspace_id: UUID, platform: str, account_id: UUID | None = None) -> Tools:
        """For texts for that platform, with what is known of the account whose history counts. Raises as `analyze`."""
        key = get_connector(platform).manifest.key
        async with self.database.reading(workspace_id) as session:
            subject = await find_subject(session, workspace_id, key, account_id)
        known = await self.learned.about(workspace_id, subject) if subject else NOTHING
        return Tools(self.consultant, self.clock, look_with(known), partial(_score, known, key))

    async def _subject(self, workspace_id: UUID, wish: AnalysisWish, manifest: Manifest) -> tuple[Subject | None, str | None]:
        async with self.database.reading(workspace_id) as session:
            subject = await find_subject(session, workspace_id, manifest.key, wish.account_id)
            return subject, await find_demographic(session, subject.account_id) if subject else None


def _score(known: Known, platform: str, texts: Sequence[str]) -> list[Prediction]:
    drafts = [read(each) for each in texts]
    return engagement.predict_many(drafts, known.own, media=None, title=None, at=None, platform=platform)


def _told(wish: AnalysisWish, manifest: Manifest) -> dict[str, Any]:
    """What the model is told: the draft, and what the caller says of it."""
    return {
        "draft": wish.content,
        "platform": manifest.name,
        "kind": wish.content_type,
        "audience": wish.target_audience,
        "language": wish.language,
        "reached": wish.metrics.model_dump(exclude_none=True) if wish.metrics else None,
    }
