"""`ocma posts stats`: how the queue stands, and how late it was."""

from ocma.bootstrap import Resources
from ocma.entrypoints.cli import listing, operation
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.entrypoints.cli.operation import Json, Workspace
from ocma.features.publishing import statistics
from ocma.features.publishing.statistics import PlatformStanding, Standing, Statistics
from ocma.features.workspaces.caller import Caller


def show_stats(workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """What is due, waits, is held, in flight, unknown or dead, and how late posts were in the last 24 hours."""

    async def find(resources: Resources, caller: Caller) -> Statistics:
        async with resources.database.transaction(caller.workspace_id) as session:
            return await statistics.get_statistics(session, resources.clock())

    found = operation.run(find, data, workspace)
    if as_json:
        return listing.show_json(found)
    rows: list[Standing] = [*found.platforms, found]
    return listing.show_table(
        {
            "platform": [each.platform if isinstance(each, PlatformStanding) else "all" for each in rows],
            **{name: [str(getattr(each, field)) for each in rows] for field, name in _COUNTS.items()},
            **{f"late {name}": [_seconds(getattr(each.lateness, name)) for each in rows] for name in ("p50", "p95", "p99")},
        }
    )


_COUNTS = {
    "due": "due",
    "waiting": "waiting",
    "held": "held",
    "in_flight": "in flight",
    "unknown": "unknown",
    "dead": "dead",
    "published_last_hour": "live, 1 h",
    "published_last_day": "live, 24 h",
}


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f} s"
