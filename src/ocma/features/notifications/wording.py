"""What a notification says to a person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from ocma.features.notifications.models import Notification

Severity = Literal["error", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Wording:
    """`title` and `detail` hold the names of what `_words` gives."""

    severity: Severity
    title: str
    detail: str
    remediation: str | None = None


WORDINGS: Mapping[str, Wording] = {
    "publication.failed": Wording("error", "A post was not published on {where}", "It failed for good."),
    "publication.held:unknown": Wording("warning", "Is this post live on {where}?", "Nothing can tell; you have to look."),
    "publication.held:account": Wording(
        "warning", "A post waits for {where}", "It is due, and the account cannot be used.", "Connect the account again."
    ),
    "publication.held:late": Wording(
        "warning",
        "A post for {where} is late",
        "It could not go out in time and waits for you to decide.",
        "Send it now, move it or cancel it.",
    ),
    "publication.published": Wording("info", "A post was published late on {where}", "It is live, {late} after its time."),
    "account.needsReauthorization": Wording(
        "error", "{where} has to be connected again", "The platform takes our access no more.", "Connect the account again."
    ),
    "account.restricted": Wording(
        "error", "{where} is restricted", "The platform closed or locked this account.", "Look at the account on the platform."
    ),
    "webhook.disabled": Wording(
        "warning", "A webhook endpoint was disabled", "{reason}", "Mend the receiver, then enable the endpoint again."
    ),
}
_REASONS = {
    "gone": "Its server answered 410 Gone.",
    "failing": "For days, nothing could be delivered there.",
}


def words(row: Notification, handle: str | None) -> tuple[Severity, str, str, str | None]:
    """Severity, title, detail, remediation. The platform's own words, where it has refused or is not to be asked."""
    hold = row.data.get("hold")
    wording, error = WORDINGS[f"{row.kind}:{hold}" if hold else row.kind], row.data.get("error") or {}
    known = _words(row, handle)
    detail, remediation = wording.detail.format(**known), wording.remediation
    if row.kind == "publication.failed" or hold == "unknown":
        detail, remediation = error.get("detail") or detail, error.get("remediation") or remediation
    return wording.severity, wording.title.format(**known), detail, remediation


def _words(row: Notification, handle: str | None) -> dict[str, str]:
    platform = str(row.data.get("platform", ""))
    return {
        "where": f"{handle} ({platform})" if handle else platform,
        "late": _late(row.data.get("scheduledAt"), row.at),
        "reason": _REASONS.get(str(row.data.get("reason")), "It was given up."),
    }


def _late(scheduled: str | None, at: datetime) -> str:
    minutes = int((at - datetime.fromisoformat(scheduled)).total_seconds() // 60) if scheduled else 0
    return f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
