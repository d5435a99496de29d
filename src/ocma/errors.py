"""Every failure OCMA can name. A class's docstring is its default message.

    OcmaError
    * Invalid                      cannot be meant
    * NotFound                     no such thing
    * Conflict                     not in this state
    * Unauthenticated              unknown caller
    * Forbidden                    known, but may not
    * QuotaExceeded                our own limit
    * Unavailable                  something of ours is down
    * PlatformError                a platform said no, or nothing        (platforms/errors.py)
      x ContentRejected            change the post
        . DuplicateContent         the same text is live already
      x PermissionMissing          grant more
      x ReauthorizationRequired    connect again
      x AccountRestricted          the platform closed it
      x Throttled                  wait
      x PlatformUnavailable        later; nothing was accepted
      x NotReady                   come back
      x PreparationLost            prepare anew
      x OutcomeUnknown             sent, no answer

What each leaf means outside is told once per door: entrypoints/api/problems.py (HTTP), features/publishing/outcomes.py (what the
worker does next), entrypoints/cli/exits.py (exit codes).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class Issue:
    """One thing that is wrong: where (`path`, dotted), which rule (`code`), and a sentence."""

    path: str
    code: str
    message: str
    remediation: str | None = None
    platform: str | None = None


class OcmaError(Exception):
    """Something went wrong."""

    code: ClassVar[str] = "error"

    def __init__(
        self,
        detail: str | None = None,
        *,
        code: str | None = None,
        issues: Sequence[Issue] = (),
        remediation: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """`detail` is shown to users: no secrets, no bodies. `retry_after` is in seconds."""
        self.detail = detail or (self.__doc__ or "").splitlines()[0]
        self.rule = code or self.code
        self.issues = tuple(issues)
        self.remediation = remediation
        self.retry_after = retry_after
        super().__init__(self.detail)


class Invalid(OcmaError):
    """The request cannot be meant."""

    code = "invalid"


class NotFound(OcmaError):
    """There is no such thing."""

    code = "notFound"


class Conflict(OcmaError):
    """This cannot be done in the present state."""

    code = "conflict"


class Unauthenticated(OcmaError):
    """Who is calling is not known."""

    code = "unauthenticated"


class Forbidden(OcmaError):
    """The caller may not do this."""

    code = "forbidden"


class QuotaExceeded(OcmaError):
    """A limit of this workspace is used up."""

    code = "quotaExceeded"


class Unavailable(OcmaError):
    """A part of OCMA does not answer."""

    code = "unavailable"
