"""Names of metrics that somebody sent."""

from collections.abc import Iterable
from difflib import get_close_matches

from ocma.errors import Invalid, Issue
from ocma.platforms.metrics import METRICS


def unknown_metric(name: str, path: str, own: Iterable[str] = (), *, platforms: bool = True) -> Invalid:
    """An error that tells the known ones, and which was meant, perhaps. `own`: a workspace's; `platforms`: theirs, too."""
    known = [*(METRICS if platforms else ()), *own]
    near = [each for each in known if each.lower() == name.lower()] or get_close_matches(name[:40], known, 1)
    meant = f" Did you mean `{near[0]}`?" if near else ""
    message = f"There is no {'' if platforms else 'custom '}metric `{name[:40]}`.{meant}"
    remediation = f"Known: {', '.join(known)}." if known else "There are none yet: POST /api/social/metrics/custom makes one."
    issues = [Issue(path, "unknownMetric", message, remediation)]
    return Invalid(message, code="unknownMetric", issues=issues, remediation=remediation)
