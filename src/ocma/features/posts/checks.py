"""The check that a caller asks for: what each platform would say, with every length it measures. Nothing is written."""

from collections.abc import Sequence

from ocma.errors import Issue
from ocma.features.media.library import Library, find_media
from ocma.features.posts.content import content, variants
from ocma.features.posts.review import Draft, Review, review, unrelated
from ocma.features.posts.schemas import Check, Checked, Finding, PlatformCheck, TextLength
from ocma.features.posts.variants import media_ids
from ocma.features.workspaces.caller import Caller
from ocma.infra.database import Database
from ocma.platforms.registry import get_connector

UNFETCHED = "Files named by mediaUrls are fetched, and checked, when the post is scheduled."


async def check_post(database: Database, library: Library, caller: Caller, wanted: Check) -> Checked:
    """Raises Invalid for an unknown platform."""
    names = {get_connector(name, f"platforms.{index}").manifest.key: name for index, name in enumerate(wanted.platforms)}
    own, different = content(wanted, []), variants(wanted.variants)
    async with database.transaction(caller.workspace_id) as session:
        media = await find_media(session, media_ids(own, different))
    draft = Draft(own, different, media, library.outgoing, library.foreseen)
    general = unrelated(draft, names)
    missing = any(each.code == "mediaMissing" for each in general)
    reviews = [] if missing else [review(draft, key) for key in names]
    found = [_view(each, names[each.platform]) for each in reviews]
    ok = not general and all(each.ok for each in found)
    warnings = [advice for each in reviews for advice in each.advice] + ([UNFETCHED] if wanted.media_urls else [])
    return Checked(ok=ok, platforms=found, issues=_findings(general), warnings=warnings)


def _view(found: Review, name: str) -> PlatformCheck:
    manifest = get_connector(found.platform).manifest
    return PlatformCheck(
        platform=name,
        name=manifest.name,
        ok=not found.issues,
        kind=manifest.kind_of(found.content) or None,
        texts=[
            TextLength(
                part=each.part,
                role=found.content.parts[each.part].role,
                length=each.length,
                limit=each.limit,
                left=each.limit - each.length,
                unit=each.unit,
            )
            for each in found.lengths
        ],
        issues=_findings(found.issues),
    )


def _findings(issues: Sequence[Issue]) -> list[Finding]:
    return [Finding(path=each.path, rule=each.code, message=each.message, remediation=each.remediation) for each in issues]
