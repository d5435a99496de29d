"""What is left of the quotas of apps, as the books in Redis have it. Those of accounts are too many to be listed."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.resources import files
from itertools import groupby

from ocma.features.publishing.breaker import Place, place_of, since_key
from ocma.features.publishing.quotas import Window
from ocma.infra.redis import Client
from ocma.infra.scripts import Script
from ocma.platforms.configuration import quotas
from ocma.platforms.registry import connectors, get_connector

SCRIPT = Script((files("ocma.features.publishing") / "left.lua").read_text())


def own_places(environment: Mapping[str, str]) -> list[Place]:
    """Where this server's own apps stand. A platform that is many servers has no such place."""
    manifests = [each.manifest for each in connectors().values() if not each.manifest.oauth.per_host]
    return [place_of(each, environment, "") for each in manifests]


def windows(environment: Mapping[str, str], places: Iterable[Place]) -> list[Window]:
    """One for each quota that all accounts of a place share."""
    return [
        Window(quota, place, None)
        for place in places
        for quota in quotas(get_connector(place.platform).manifest, environment)
        if quota.of == "app"
    ]


async def fetch_left(redis: Client, asked: Sequence[Window]) -> dict[Window, int]:
    """Calls, without the windows of which nobody knows. Raises RedisError or OSError."""
    left: dict[Window, int] = {}
    for platform, group in groupby(sorted(asked, key=_platform), key=_platform):
        of_one = list(group)
        keys, lengths = [since_key(platform), *(each.key("") for each in of_one)], [int(each.seconds * 1000) for each in of_one]
        made: Sequence[int] = await SCRIPT.run(redis, keys, lengths)
        known = {window: count for window, count in zip(of_one, made, strict=True) if count >= 0}
        left |= {window: max(window.quota.calls - count, 0) for window, count in known.items()}
    return left


def _platform(window: Window) -> str:
    return window.place.platform
