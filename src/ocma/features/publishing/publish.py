"""One publication, from its claim to an outcome that is written down: prepare, write ahead, send, record."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any, TypeVar
from uuid import UUID

import structlog

from ocma.errors import OcmaError
from ocma.features.accounts import tokens
from ocma.features.accounts.tokens import TokenDoubted
from ocma.features.publishing import ledger, outcomes, results
from ocma.features.publishing.fitting import fitted
from ocma.features.publishing.gates import SNOOZE
from ocma.features.publishing.ledger import ClaimLost
from ocma.features.publishing.load import Work
from ocma.features.publishing.outcomes import Verdict
from ocma.features.publishing.press import Press
from ocma.platforms.connector import Access, Processing, Published, Step
from ocma.platforms.content import Content, Outgoing, fingerprint, live_part, step_part
from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    DuplicateContent,
    NotReady,
    OutcomeUnknown,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
)

log = structlog.get_logger(__name__)

EARLIEST = 2.0  # seconds; more is a clock that is wrong
STEP = 900.0  # seconds, for an upload whole
LONG = timedelta(hours=24)  # until when a platform may work on something without costing a try
QUESTION = 120.0  # seconds, for looking at a timeline
Answer = TypeVar("Answer")
Act = Callable[[Press, Work, Access], Awaitable[None]]
AMBIGUOUS = frozenset({"sending", "unknown", "absent"})
UNSETTLED = frozenset({"sending", "processing", "unknown", "published"})


async def publish(press: Press, work: Work) -> None:
    """Whatever happens, the row says what became of it. Raises ClaimLost when it is somebody else's by now."""
    try:
        await with_access(press, work, _send_all)
    except ClaimLost:
        raise
    except OcmaError as caught:
        error = await judged(press, work, caught)
        await conclude(press, work, error)
        await press.gates.told(work, error)
    else:
        await press.gates.told(work, None)


async def judged(press: Press, work: Work, error: OcmaError) -> OcmaError:
    """A refused token that cannot be renewed is over only when it stays refused and others' are not."""
    if isinstance(error, TokenDoubted) and await press.gates.confirms(work):
        return ReauthorizationRequired(platform=error.platform, rule="tokenRevoked", status=error.status)
    return error


async def with_access(press: Press, work: Work, act: Act) -> None:
    """Runs `act` with a line to the platform; a refused token is renewed once."""
    access = await work.line.access()
    try:
        await act(press, work, access)
    except ReauthorizationRequired:
        await _again_with(press, work, await work.line.renew(), act)


async def _again_with(press: Press, work: Work, access: Access, act: Act) -> None:
    """A token that was renewed a moment ago and is refused again is the platform's trouble: nobody is disconnected for it."""
    try:
        await act(press, work, access)
    except ReauthorizationRequired as error:
        raise PlatformUnavailable(platform=work.account.platform, rule="freshTokenRefused", status=error.status) from error


async def _send_all(press: Press, work: Work, access: Access) -> None:
    content, progress = work.content(press), work.publication.progress
    if processing := progress.get("processing"):
        return await _resume(press, work, access, content, processing)
    content = await fitted(press, work, content)
    begin = len(progress.get("parts", []))
    for index in range(begin, len(content.parts)):
        _check_settled(work, index)
        await _prepare(press, work, access, content, ahead=index == begin)
        await _wait_until_due(press, work)
        if not await _send(press, work, access, content, index):
            return None
    return None


def _check_settled(work: Work, index: int) -> None:
    """Before anything of this part is prepared anew: what was sent is looked for by what was prepared for it."""
    if any(each.part == index and each.state in UNSETTLED for each in work.attempts):
        raise OutcomeUnknown("An earlier send of this part is not settled.", platform=work.account.platform)


async def _prepare(press: Press, work: Work, access: Access, content: Content, *, ahead: bool) -> None:
    """Runs the next part's steps whose result is missing or too old, and stores each result before the next begins.

    `ahead`: of the parts after it as well, but for steps that reply.
    """
    await press.reached("prepare")
    steps, live = work.publication.progress.setdefault("steps", {}), len(work.publication.progress.get("parts", []))
    found = [each for each in work.publisher.steps(content) if step_part(each.key) >= live]
    for place, step in enumerate(found):
        is_next = step_part(step.key) == live
        if _is_done(press, steps.get(step.key), step) or not (is_next or (ahead and not step.replies)):
            continue
        result = await within(press, STEP, step.run(access, _known(press, work)), work)
        if step.key in steps:
            _outdate(steps, step, found[place + 1 :])
        steps[step.key] = {**results.keep(press.desk.vault, work, step, result), "at": press.clock().timestamp()}
        await ledger.keep_progress(press, work)
        await press.reached("stored")
    await press.reached("prepared")


def _known(press: Press, work: Work) -> dict[str, str]:
    """What the steps before have stored, and what is live."""
    parts = work.publication.progress.get("parts", [])
    return results.known(press.desk.vault, work) | {live_part(index): each["id"] for index, each in enumerate(parts)}


def _outdate(steps: dict[str, Any], step: Step, after: Sequence[Step]) -> None:
    """What comes after a step that was run anew is run anew, too, by whoever goes on: it may have been made of the old result."""
    for each in after:
        if each.key in steps and step_part(each.key) == step_part(step.key):
            steps[each.key]["lost"] = True


async def within(press: Press, seconds: float, asked: Awaitable[Answer], work: Work) -> Answer:
    """A server that keeps on answering, byte by byte, must not keep the claim. Not for the call that publishes."""
    try:
        async with _calls(press, work), asyncio.timeout(seconds):
            return await asked
    except TimeoutError as error:
        raise PlatformUnavailable(platform=work.account.platform, rule="tooSlow") from error


def _is_done(press: Press, stored: dict[str, float] | None, step: Step) -> bool:
    if stored is None or "lost" in stored:
        return False
    return step.keeps is None or press.clock().timestamp() - stored["at"] < step.keeps.total_seconds()


async def _wait_until_due(press: Press, work: Work) -> None:
    """The claim came a moment early, so that preparation costs no lateness. What was waited for is late already."""
    waited = (work.publication.error or {}).get("kind") == NotReady.code
    at = work.publication.scheduled_at if waited else work.claim.due_at
    early = (at - press.clock()).total_seconds()
    if early > 0:
        await asyncio.sleep(min(early, EARLIEST))


def outgoing(press: Press, work: Work, content: Content, index: int) -> Outgoing:
    """The very same for every send of this part, and for looking for it."""
    part, parts = content.parts[index], work.publication.progress.get("parts", [])
    seen = fingerprint(part, content.options)
    ambiguous = [each.started_at for each in work.attempts if each.part == index and each.state in AMBIGUOUS]
    return Outgoing(
        part=part,
        index=index,
        key=f"{work.publication.id}:{index}:{seen[:16]}",
        fingerprint=seen,
        options=content.options,
        prepared=results.known(press.desk.vault, work),
        reply_to=parts[index - 1]["id"] if index else None,
        root=parts[0]["id"] if index else None,
        first_sent_at=min(ambiguous, default=None),
    )


async def _send(press: Press, work: Work, access: Access, content: Content, index: int) -> bool:
    """Sends one part. False: accepted but not live yet, somebody asks again later."""
    out = outgoing(press, work, content, index)
    async with _calls(press, work):
        attempt_id = await ledger.begin_send(press, work, index, out.fingerprint)
        if index == 0:
            _clock(press, work)
        answer = await _ask(press, work, access, out, attempt_id)
    await press.reached("answered")
    if isinstance(answer, Processing):
        wait = outcomes.next_look(answer.check_after, answer.most, 0.0)
        await ledger.record_processing(press, work, attempt_id, answer.id, wait)
        await press.reached("recorded")
        return False
    await ledger.record_part(press, work, attempt_id, answer, last=index + 1 == len(content.parts))
    await press.reached("recorded")
    return True


def _clock(press: Press, work: Work) -> None:
    """How late the first send is, by the database's clock, which every time here is of."""
    late = work.attempts[-1].started_at - work.claim.due_at
    press.meters.sent(work.claim.platform, late.total_seconds())


def _calls(press: Press, work: Work) -> asyncio.Semaphore:
    return press.lanes.calls(work.account.platform, work.account.host)


async def _ask(press: Press, work: Work, access: Access, out: Outgoing, attempt_id: UUID) -> Published | Processing:
    """After the write-ahead. A refusal is written down before it is raised."""
    await press.reached("send")
    if not press.keeper.holds(work.claim):
        await ledger.never_sent(press, work, attempt_id)
        raise ClaimLost
    try:
        return await _call(press, work, access, out)
    except OcmaError as error:
        await ledger.end_send(press, work, attempt_id, error)
        await press.reached("refused")
        raise


async def _call(press: Press, work: Work, access: Access, out: Outgoing) -> Published | Processing:
    """The one call. What is not a definite answer is OutcomeUnknown, a mistake of ours in reading it included."""
    try:
        async with asyncio.timeout(press.timeout):
            return await work.publisher.publish(access, out)
    except DuplicateContent as error:
        if out.first_sent_at is not None:  # an earlier send of ours is the one that is live
            raise OutcomeUnknown("The platform says this is live already.", platform=work.account.platform) from error
        raise
    except OcmaError:
        raise
    except Exception as error:
        log.exception("publish.unreadable", publication=str(work.claim.id), error=type(error).__name__)
        raise OutcomeUnknown(platform=work.account.platform) from error


async def _resume(press: Press, work: Work, access: Access, content: Content, processing: str) -> None:
    index = len(work.publication.progress.get("parts", []))
    attempt = next(each for each in reversed(work.attempts) if each.part == index)
    try:
        answer = await within(press, QUESTION, work.publisher.resume(access, Processing(processing, 0)), work)
    except (ContentRejected, PreparationLost) as error:  # it will never be live: it may be sent anew
        await ledger.take_back(press, work, attempt.id, error)
        raise
    if isinstance(answer, Processing):
        age = press.clock() - attempt.started_at
        if age > LONG:
            return await hold(press, work, "The platform has worked on it for a day.")
        wait = outcomes.next_look(answer.check_after, answer.most, age.total_seconds())
        return await ledger.record_processing(press, work, attempt.id, answer.id, wait)
    last = index + 1 == len(content.parts)
    await ledger.record_part(press, work, attempt.id, answer, last=last)
    return None if last else await _send_all(press, work, access)


async def conclude(press: Press, work: Work, error: OcmaError) -> None:
    """Writes down what an error means for the publication, and for its account."""
    log.info("publication.error", publication=str(work.claim.id), platform=work.account.platform, rule=error.rule)
    described = outcomes.describe(error, press.clock())
    if press.tracing is not None:
        press.tracing.went_wrong(error.code)
    if isinstance(error, PreparationLost):
        forget(work, error)
        await ledger.keep_progress(press, work)
    match verdict(press, work, error):
        case Verdict.SETTLE:
            await become_unknown(press, work, described)
        case Verdict.SNOOZE:
            await _again(press, work, _patience(press, work, error), error=described)
        case Verdict.RETRY:
            await retry(press, work, error)
        case Verdict.PAUSE:
            await _pause(press, work, error)
        case Verdict.FAIL:
            await ledger.free(press, work, "failed", None, error=described)


def verdict(press: Press, work: Work, error: OcmaError) -> Verdict:
    """What a platform works on for longer than a day costs tries from then on, so that it ends. Parts begin one by one."""
    begun = max([work.publication.scheduled_at, *(each.started_at for each in work.attempts)])
    if isinstance(error, NotReady) and press.clock() > begun + LONG:
        return Verdict.RETRY
    return outcomes.verdict(error)


def _patience(press: Press, work: Work, error: OcmaError) -> float:
    """What is worked on is as old as the last result that was stored: that is what the step made, or waited for."""
    wait = error.retry_after or SNOOZE
    if not isinstance(error, NotReady):
        return wait
    now = press.clock().timestamp()
    made_at = max((each["at"] for each in work.publication.progress.get("steps", {}).values()), default=now)
    return outcomes.next_look(wait, error.most, now - made_at)


def forget(work: Work, lost: PreparationLost) -> None:
    """So that these steps, and what comes after them, are run anew."""
    steps = work.publication.progress.get("steps", {})
    for key in lost.steps or frozenset(steps):
        if key in steps:
            steps[key]["lost"] = True


async def _pause(press: Press, work: Work, error: OcmaError) -> None:
    """It waits until the account is back: the next claim holds it. What was accepted is asked for then, not sent again."""
    await mark_account(press, work, error)
    described = outcomes.describe(error, press.clock())
    if work.publication.progress.get("processing"):
        await become_unknown(press, work, described)
    else:
        await ledger.free(press, work, "scheduled", 0.0, error=described)


async def retry(press: Press, work: Work, error: OcmaError) -> None:
    """Another try later, or the end when they are used up."""
    tries = work.publication.tries + 1
    described = outcomes.describe(error, press.clock())
    if tries >= work.publication.max_attempts:
        return await ledger.free(press, work, "failed", None, tries=tries, error=described)
    wait = outcomes.backoff(work.connector.manifest.retry, tries, error, press.random)
    return await _again(press, work, wait, tries=tries, error=described)


async def _again(press: Press, work: Work, wait: float, **values: object) -> None:
    await ledger.free(press, work, "scheduled", wait, **values)


async def become_unknown(press: Press, work: Work, error: dict[str, object]) -> None:
    """Held for a person when the post wants that; else the platform is asked soon."""
    looks = work.connector.manifest.settle.looks
    index = len(work.publication.progress.get("parts", []))
    answered = any(each.part == index and each.state == "published" for each in work.attempts)
    hold = work.publication.on_unknown == "hold" and not answered
    wait = None if hold else looks[0] * patience(press, work)
    await ledger.free(press, work, "unknown", wait, looks=0, error=error)


def patience(press: Press, work: Work) -> float:
    """Real platforms show a post late, and would get it twice if they were asked too soon: hurry is for those played here."""
    here = press.desk.gateway.endpoints(work.connector.manifest, work.account.host).is_here
    return press.patience if here else max(press.patience, 1.0)


async def hold(press: Press, work: Work, why: str) -> None:
    """A person decides."""
    remediation = "Look at the account, then POST …/resolve with `published` or `notPublished`."
    error = {"code": "held", "detail": why, "remediation": remediation, "at": press.clock().isoformat()}
    await ledger.free(press, work, "unknown", None, error=error)


async def mark_account(press: Press, work: Work, error: OcmaError) -> None:
    status = "restricted" if isinstance(error, AccountRestricted) else "needsReauthorization"
    if work.account.status == "active":
        await tokens.mark(press.desk, work.account, status, error.rule, work.line.version)
