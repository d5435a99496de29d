"""Every kind of event that is told outside: its name, when it happens, and which fields its data has.

The subscriptions of webhooks are checked against this list, and docs/howto/webhooks.md shows it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ocma.errors import Invalid, Issue

EVERYTHING, TESTED = "*", "webhook.tested"


@dataclass(frozen=True, slots=True)
class EventType:
    """`fields` of its `data`, but for those that are null and left out; `jobId` is the post's id, too."""

    name: str
    when: str
    fields: tuple[str, ...]


_PLACE = ("jobId", "publicationId", "accountId", "platform", "status", "attempt", "scheduledAt", "dueAt", "url", "error")
_WAITING = ("jobId", "publicationId", "accountId", "platform", "status", "hold", "attempt", "scheduledAt", "dueAt", "error")
_ACCOUNT = ("accountId", "platform", "status", "accountHandle", "reason")


def _audited(name: str, when: str, subject: str, *more: str) -> EventType:
    return EventType(name, when, (subject, "actor", *more))


_ALL = (
    EventType("publication.scheduled", "A publication waits for its time: planned, or to be tried again.", _PLACE),
    EventType("publication.publishing", "A worker took it up.", _PLACE),
    EventType("publication.published", "It is live; `url` shows it.", _PLACE),
    EventType("publication.failed", "It failed for good; `error` says why and what to do.", _PLACE),
    EventType("publication.unknown", "The platform did not answer; it is being looked for.", _PLACE),
    EventType(
        "publication.held",
        "It waits: for its account or workspace, for a person because it is late or nothing can tell whether it is live"
        " (`hold`: `account`, `workspace`, `late`, `unknown`).",
        _WAITING,
    ),
    EventType("publication.resumed", "What it waited for before it began is over.", _WAITING),
    EventType("publication.cancelled", "A person cancelled it before it began.", _PLACE),
    _audited("post.scheduled", "A post was planned, on one account or several.", "jobId", "publications", "scheduledAt"),
    EventType("post.updated", "A post was moved or edited.", ("jobId", "scheduledAt", "timezone", "changed")),
    _audited("post.resumed", "What was held of a post for being late is sent all the same.", "jobId", "publications"),
    _audited("post.cancelled", "What had not begun of a post was cancelled.", "jobId", "publications"),
    _audited("post.retried", "Failed publications of a post are tried again.", "jobId", "publications"),
    EventType(
        "publications.requeued",
        "Failed publications that matched a filter are tried again.",
        ("actor", "publications", "platform", "account_id", "code"),
    ),
    EventType("account.connected", "An account was connected for the first time.", _ACCOUNT),
    EventType("account.reconnected", "It was connected again, after one of the next three.", _ACCOUNT),
    EventType("account.needsReauthorization", "Its platform takes our token no more: connect it again.", _ACCOUNT),
    EventType("account.restricted", "Its platform closed or locked it.", _ACCOUNT),
    EventType("account.disconnected", "A person disconnected it.", _ACCOUNT),
    _audited("media.added", "A file was uploaded.", "mediumId", "mimeType", "size"),
    _audited("media.deleted", "A file was removed.", "mediumId"),
    _audited("member.added", "Somebody joined the workspace.", "userId", "role"),
    _audited("member.roleChanged", "A member has another role.", "userId", "from", "to", "revokedKeys"),
    _audited("member.removed", "Somebody left the workspace.", "userId", "role", "revokedKeys"),
    _audited("key.created", "An API key was made.", "keyId", "name", "scopes"),
    _audited("key.revoked", "An API key was ended.", "keyId", "name"),
    _audited("metric.created", "A custom metric was made; `subject` is its key.", "subject", "formula", "unit"),
    _audited("metric.updated", "A custom metric was renamed, or has another formula.", "subject", "formula", "unit"),
    _audited("metric.deleted", "A custom metric was removed.", "subject", "formula"),
    _audited("experiment.created", "An experiment was made; `subject` is its id.", "subject", "name", "metric", "variants"),
    _audited("experiment.started", "Its first round was scheduled.", "subject", "posts"),
    _audited("experiment.extended", "One more round of it was scheduled.", "subject", "posts"),
    _audited("experiment.decided", "It has a winner, or all its posts and none.", "subject", "winner", "reason", "p", "blocks"),
    _audited("experiment.stopped", "A person stopped it; `cancelled` posts do not go out.", "subject", "cancelled"),
    _audited("experiment.deleted", "A person deleted it.", "subject", "name", "cancelled"),
    _audited("workspace.created", "The workspace was made.", "workspaceId", "name"),
    _audited("workspace.updated", "Settings of the workspace changed; those are in the data.", "workspaceId"),
    _audited("workspace.paused", "Nothing of the workspace is published until it is resumed.", "workspaceId"),
    _audited("workspace.resumed", "The workspace goes on.", "workspaceId"),
    _audited("webhook.created", "A webhook endpoint was added.", "endpointId", "events"),
    _audited("webhook.updated", "A webhook endpoint was changed; `changed` names the fields.", "endpointId", "changed"),
    _audited("webhook.secretRotated", "A webhook endpoint has a new secret.", "endpointId"),
    _audited("webhook.deleted", "A webhook endpoint was removed.", "endpointId"),
    EventType(
        "webhook.disabled",
        "OCMA gave a webhook endpoint up; `reason` is `gone` or `failing`.",
        ("endpointId", "description", "reason"),
    ),
    EventType(TESTED, "A person asked for a test; sent to the tested endpoint only.", ("endpointId",)),
)
EVENTS: Mapping[str, EventType] = {each.name: each for each in _ALL}
FAMILIES = tuple(dict.fromkeys(name.split(".")[0] for name in EVENTS))
SUBSCRIBABLE = (EVERYTHING, *(f"{family}.*" for family in FAMILIES), *(name for name in EVENTS if name != TESTED))


def check_subscription(events: Sequence[str]) -> list[str]:
    """Each once, in the order given. Raises Invalid that names the unknown ones."""
    known = "Known: " + ", ".join(SUBSCRIBABLE) + "."
    issues = [
        Issue(f"events.{index}", "unknownEventType", f"There is no event type {name[:60]!r}.", known)
        for index, name in enumerate(events)
        if name not in SUBSCRIBABLE
    ]
    if issues:
        raise Invalid("Some event types are unknown.", code="unknownEventType", issues=issues, remediation=known)
    return list(dict.fromkeys(events))
