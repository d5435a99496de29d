"""How platforms stand, as answers show it: breakers, and accounts that a platform throttles. Without Redis nobody knows: null."""

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime
from uuid import UUID

from ocma.bootstrap import Resources
from ocma.features.accounts.accounts import list_hosts
from ocma.features.accounts.models import Account
from ocma.features.accounts.schemas import BreakerView
from ocma.features.publishing.admission import account_door, app_door
from ocma.features.publishing.allowance import own_places
from ocma.features.publishing.breaker import Place, place_of
from ocma.features.publishing.health import Health, fetch_closed, fetch_health
from ocma.infra.line import Away
from ocma.platforms.registry import connectors, get_connector

HOSTS_SECONDS = 30.0
ACCOUNTS = "accounts"  # the tag of what is made of a workspace's connected accounts
WORST = {"open": 2, "halfOpen": 1, "closed": 0}


async def hosts_of(resources: Resources, workspace_id: UUID) -> list[tuple[str, str]]:
    """(platform, host) of the workspace's accounts. Kept: what the command line connects is seen a little later."""

    async def read() -> list[tuple[str, str]]:
        async with resources.database.transaction(workspace_id) as session:
            return sorted(await list_hosts(session))

    found = await resources.cache.get_json_or(workspace_id, ("hosts",), HOSTS_SECONDS, read, tags=(ACCOUNTS,))
    return [(platform, host) for platform, host in found]


async def of_platforms(resources: Resources, hosts: Iterable[tuple[str, str]]) -> dict[str, BreakerView]:
    """By platform; `hosts` are (platform, host) of the accounts that matter."""
    found = await _healths(resources, _places(resources, hosts))
    if found is None:
        return {}
    worst = {key: BreakerView(state="closed") for key in connectors()}
    for health in sorted(found.values(), key=lambda each: (WORST[each.state], each.failures)):
        worst[health.place.platform] = _view(health)
    return worst


async def of_apps(resources: Resources, hosts: Iterable[tuple[str, str]]) -> dict[str, datetime]:
    """By platform: until when it wants nothing from our app there. Of many servers the last."""
    doors = {app_door(each): each.platform for each in _places(resources, hosts)}
    closed = await _closed(resources, doors)
    until: dict[str, datetime] = {}
    for door in sorted(closed, key=lambda each: closed[each]):
        until[doors[door]] = closed[door]
    return until


async def of_accounts(resources: Resources, accounts: Sequence[Account]) -> tuple[dict[UUID, BreakerView], dict[UUID, datetime]]:
    """Their breakers, and until when the platform wants nothing from them; both by account."""
    places = {each.id: _place(resources, each.platform, each.host) for each in accounts}
    found = await _healths(resources, set(places.values()))
    if found is None:
        return {}, {}
    doors = {each.id: (account_door(each.platform, each.id), app_door(places[each.id])) for each in accounts}
    closed = await _closed(resources, {door for pair in doors.values() for door in pair})
    until = {key: max((closed[door] for door in pair if door in closed), default=None) for key, pair in doors.items()}
    return {key: _view(found[place]) for key, place in places.items()}, {key: at for key, at in until.items() if at}


def _places(resources: Resources, hosts: Iterable[tuple[str, str]]) -> set[Place]:
    """Those of these accounts, and those of this server's own apps."""
    return {_place(resources, platform, host) for platform, host in hosts} | set(own_places(resources.environment))


async def _closed(resources: Resources, doors: Iterable[str]) -> dict[str, datetime]:
    with suppress(Away):
        return await resources.line.ask(lambda redis: fetch_closed(redis, sorted(doors), resources.clock))
    return {}


def _place(resources: Resources, platform: str, host: str) -> Place:
    return place_of(get_connector(platform).manifest, resources.environment, host)


async def _healths(resources: Resources, places: set[Place]) -> dict[Place, Health] | None:
    ordered = sorted(places, key=lambda each: each.key(""))
    with suppress(Away):
        return await resources.line.ask(lambda redis: fetch_health(redis, ordered, resources.clock))
    return None


def _view(health: Health) -> BreakerView:
    return BreakerView(state=health.state, until=health.until, reason=health.reason, recent_failures=health.failures)
