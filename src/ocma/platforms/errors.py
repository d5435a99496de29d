"""What platforms answer when it is not yes, classed by what happens next (the whole tree: ocma/errors.py)."""

from collections.abc import Collection
from typing import Any, ClassVar

from ocma.errors import OcmaError


class PlatformError(OcmaError):
    """The platform refused."""

    code: ClassVar[str] = "platform"

    def __init__(
        self,
        detail: str | None = None,
        *,
        platform: str | None = None,
        rule: str | None = None,
        status: int | None = None,
        remediation: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        """`rule` is our stable name of the refusal; `status` the platform's HTTP status. Platform bodies are never carried."""
        super().__init__(detail, code=rule, remediation=remediation, retry_after=retry_after)
        self.platform = platform
        self.status = status


class ContentRejected(PlatformError):
    """The platform does not accept this post."""

    code = "contentRejected"


class DuplicateContent(ContentRejected):
    """The platform says that this very post is live already."""

    code = "duplicateContent"


class PermissionMissing(PlatformError):
    """The connection lacks a permission this needs."""

    code = "permissionMissing"


class ReauthorizationRequired(PlatformError):
    """The account has to be connected again."""

    code = "reauthorizationRequired"


class AccountRestricted(PlatformError):
    """The platform has restricted this account."""

    code = "accountRestricted"


class Throttled(PlatformError):
    """The platform asks to wait."""

    code = "throttled"


class PlatformUnavailable(PlatformError):
    """The platform does not answer; nothing was accepted."""

    code = "platformUnavailable"


class NotReady(PlatformError):
    """The platform still works on what was prepared."""

    code = "notReady"

    def __init__(self, detail: str | None = None, *, most: float | None = None, **more: Any) -> None:
        """`retry_after`: seconds until the next look; with `most` it waits longer the longer it has taken, up to so many."""
        super().__init__(detail, **more)
        self.most = most


class PreparationLost(PlatformError):
    """What was prepared at the platform is gone or of no use; it is prepared anew."""

    code = "preparationLost"

    def __init__(self, detail: str | None = None, *, steps: Collection[str] = (), **more: Any) -> None:
        """`steps`: the keys of those whose results are lost, with what came after them (none: all of them)."""
        super().__init__(detail, **more)
        self.steps = frozenset(steps)


class OutcomeUnknown(PlatformError):
    """The request was sent and no answer came: it may have been accepted."""

    code = "outcomeUnknown"
