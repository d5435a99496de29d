"""An unknown outcome is never resent blindly: the platform is asked until the answer is certain."""

from dataclasses import replace
from datetime import timedelta

import structlog

from ocma.errors import OcmaError
from ocma.features.publishing import ledger, outcomes
from ocma.features.publishing.ledger import ClaimLost
from ocma.features.publishing.load import Sending, Work
from ocma.features.publishing.outcomes import Verdict
from ocma.features.publishing.press import Press
from ocma.features.publishing.publish import QUESTION, hold, judged, mark_account, outgoing, patience, retry, with_access, within
from ocma.platforms.connector import Absent, Access, Published, Unprovable
from ocma.platforms.content import Content
from ocma.platforms.errors import PlatformUnavailable

log = structlog.get_logger(__name__)

LOOK_AGAIN = 15.0  # seconds, when the platform could not be asked
SPARE = timedelta(seconds=2)  # between a call's time limit and the look that may call it absent
GIVE_UP = timedelta(hours=24)  # after so long without an answer a person decides


async def settle(press: Press, work: Work) -> None:
    """One look. Found: published (or on to the next part); absent in every look: scheduled again; not provable: held."""
    try:
        await with_access(press, work, _look)
    except ClaimLost:
        raise
    except OcmaError as caught:
        error = await judged(press, work, caught)
        if outcomes.verdict(error) is Verdict.PAUSE:
            await mark_account(press, work, error)
        await _look_later(press, work, error)
        await press.gates.told(work, error)


async def _look(press: Press, work: Work, access: Access) -> None:
    content, index = work.content(press), len(work.publication.progress.get("parts", []))
    sent = [each for each in work.attempts if each.part == index]
    if live := next((each for each in sent if each.state == "published"), None):  # answered after its claim was lost
        return await _found(press, work, content, live, Published(live.platform_post_id or "", live.url, live.finished_at))
    out = outgoing(press, work, content, index)
    if not sent or out.first_sent_at is None:  # nothing of this part ever left
        return await ledger.free(press, work, "scheduled", 0.0)
    others = await ledger.find_other_posts(press, work, out.first_sent_at)
    found = await within(press, QUESTION, work.publisher.find(access, replace(out, others=others)), work)
    await press.gates.told(work, None)
    match found:
        case Published() as published:
            await _found(press, work, content, sent[-1], published)
        case Absent():
            await _absent(press, work, index)
        case Unprovable():
            await hold(press, work, "This platform cannot be asked whether the post is live.")
    return None


async def _found(press: Press, work: Work, content: Content, attempt: Sending, published: Published) -> None:
    index = len(work.publication.progress.get("parts", []))
    last = index + 1 == len(content.parts)
    await ledger.record_part(press, work, attempt.id, published, last=last)
    log.info("publication.found", publication=str(work.claim.id), part=index)
    if not last:
        await ledger.free(press, work, "scheduled", 0.0, looks=0)


async def _absent(press: Press, work: Work, part: int) -> None:
    """The last look counts only when no call of ours can be under way still: it begins within a lease of its attempt."""
    looks, policy = work.publication.looks + 1, work.connector.manifest.settle.looks
    last_at = max(each.started_at for each in work.attempts if each.part == part)
    over_at = last_at + press.lease + timedelta(seconds=press.timeout) + SPARE
    if looks < len(policy):
        return await ledger.free(press, work, "unknown", policy[looks] * patience(press, work), looks=looks)
    if not await ledger.is_past(press, over_at):
        return await ledger.free(press, work, "unknown", over_at)
    await ledger.record_absent(press, work, part)
    error = PlatformUnavailable("The platform took nothing; it was asked.", platform=work.account.platform, rule="provenAbsent")
    await retry(press, work, error)
    return None


async def _look_later(press: Press, work: Work, error: OcmaError) -> None:
    """The platform could not be asked now. After a day a person is asked instead."""
    part = len(work.publication.progress.get("parts", []))
    since = max((each.started_at for each in work.attempts if each.part == part), default=press.clock())
    if await ledger.is_past(press, since + GIVE_UP):
        return await hold(press, work, "The platform could not be asked for a day.")
    described = outcomes.describe(error, press.clock())
    wait = max(LOOK_AGAIN * press.patience * press.random.uniform(0.5, 1.5), error.retry_after or 0)
    return await ledger.free(press, work, "unknown", wait, error=described)
