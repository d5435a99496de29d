"""Polls: what a server takes, how one is sent, and whether one that is read back is ours."""

from collections.abc import Iterator
from html import unescape
from typing import Any

from pydantic import ValidationError

from ocma.platforms.connector import Access, Call
from ocma.platforms.content import Outgoing, Poll
from ocma.platforms.errors import ContentRejected
from ocma.platforms.mastodon.likeness import is_same
from ocma.platforms.mastodon.wire import Instance, LivePoll, PollLimits, Status, told

INSTANCE, OLD_INSTANCE = "/api/v2/instance", "/api/v1/instance"


def body(poll: Poll) -> dict[str, Any]:
    return {"options": list(poll.options), "expires_in": poll.seconds, "multiple": poll.multiple}


async def accepted(call: Call, access: Access, poll: Poll) -> str:
    """Raises ContentRejected for a poll that the server does not take.

    It is asked first, since some take the status, drop its poll and say yes.
    """
    limits = await _limits(call, access)
    if limits is None:
        raise _refused("pollUnsupported", "This server is not known to take polls.")
    if wrong := next(_wrong(poll, limits), None):
        raise _refused("pollInvalid", f"This server {wrong}.")
    return "accepted"


async def _limits(call: Call, access: Access) -> PollLimits | None:
    """As Mastodon 4 tells them, or Pleroma.

    The same words at Mastodon's older address are not believed: snac 2.75 says them there, and drops every poll.
    """
    if instance := await told(call, access, INSTANCE, Instance):
        return instance.configuration.polls or instance.poll_limits
    old = await told(call, access, OLD_INSTANCE, Instance)
    return old and old.poll_limits


def _wrong(poll: Poll, limits: PollLimits) -> Iterator[str]:
    """A limit that is not told is not held against a poll: the server refuses it by itself then."""
    longest, least, most = limits.option_length, limits.min_expiration, limits.max_expiration
    if limits.max_options is not None and len(poll.options) > limits.max_options:
        yield f"takes {limits.max_options} options at most"
    if longest is not None and any(len(option) > longest for option in poll.options):
        yield f"takes options of {longest} characters at most"
    if (least is not None and poll.seconds < least) or (most is not None and poll.seconds > most):
        yield f"takes polls that are open for {least or 0} to {most or 'any number of'} seconds"


def _refused(rule: str, detail: str) -> ContentRejected:
    remediation = "Change the poll, or leave it out there, by a variant."
    return ContentRejected(detail, platform="mastodon", rule=rule, remediation=remediation)


def is_same_poll(status: Status, outgoing: Outgoing) -> bool | None:
    """Has it our poll, or none where we have none? None: it cannot be told."""
    ours = outgoing.part.poll
    if "poll" not in status.model_fields_set:  # a server that says nothing of polls
        return None if ours else True
    if not status.poll:
        return ours is None
    try:
        live = LivePoll.model_validate(status.poll)
    except ValidationError:
        return None
    return ours is not None and _is_same(ours, live)


def _is_same(ours: Poll, live: LivePoll) -> bool:
    titles = [unescape(each.title) for each in live.options]
    alike = len(titles) == len(ours.options) and all(map(is_same, ours.options, titles))
    return alike and live.multiple in {None, ours.multiple}
