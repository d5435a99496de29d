"""Which platforms there are: entry points of the group `ocma.platforms`, ours and third parties' alike."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import entry_points

from ocma.errors import Invalid, Issue
from ocma.platforms.connector import Connector
from ocma.platforms.manifest import Manifest


@cache
def connectors() -> Mapping[str, Connector]:
    """Every connector by its platform's key."""
    found = [entry.load()() for entry in entry_points(group="ocma.platforms")]
    return {connector.manifest.key: connector for connector in sorted(found, key=lambda each: each.manifest.key)}


def manifests() -> Iterator[Manifest]:
    return (connector.manifest for connector in connectors().values())


def get_connector(name: str, path: str = "platform") -> Connector:
    """By key or alias (`twitter` is `x`). Raises Invalid that names the known ones."""
    found, own = connectors(), name.lower()
    if own in found:
        return found[own]
    for each in found.values():
        if own in each.manifest.aliases:
            return each
    known = ", ".join(connectors())
    message = f"Unknown platform {name[:40]!r}. Known: {known}."
    raise Invalid(message, code="unknownPlatform", issues=[Issue(path, "unknownPlatform", message)])
