"""Which API versions answer. Each month has one at most, and each is kept for a year; the last one known is kept here
until this list is longer, because the sandbox has to outlive it."""

from datetime import UTC, datetime

from ocma_sandbox.linkedin import problems, settings
from ocma_sandbox.world import World

_SUNSETS = {
    "202509": "2026-09-15",
    "202510": "2026-10-15",
    "202511": "2026-11-16",
    "202601": "2027-01-15",
    "202602": "2027-02-15",
    "202603": "2027-03-16",
    "202604": "2027-04-15",
    "202605": "2027-05-15",
    "202606": "2027-06-15",
    "202607": "2027-07-15",
    "202609": "9999-12-31",
}


def check(world: World, version: str) -> None:
    """Raises 400 without a version, 426 for one that is not served (any more)."""
    if not version:
        message = "A version must be present. Please specify a version by adding the LinkedIn-Version header."
        raise problems.refused(400, "VERSION_MISSING", message)
    if version not in _active(world):
        shown = f"{version}01" if len(version) == len("YYYYMM") else version
        raise problems.refused(426, "NONEXISTENT_VERSION", f"Requested version {shown} is not active")


def _active(world: World) -> set[str]:
    chosen, today = settings.of(world), datetime.fromtimestamp(world.clock(), UTC).date().isoformat()
    served = {version for version, sunset in _SUNSETS.items() if today < sunset}
    return (served | set(chosen.extra_versions.split())) - set(chosen.retired_versions.split())
