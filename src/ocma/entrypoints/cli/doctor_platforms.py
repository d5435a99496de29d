"""Each platform: is there a developer app, and if not, where to get one and what to enter there."""

from collections.abc import Iterator, Mapping

from ocma.entrypoints.cli.doctor_finding import Finding, Grade, fine, wrong
from ocma.platforms.configuration import is_played, variables
from ocma.platforms.manifest import Manifest
from ocma.platforms.registry import manifests
from ocma.settings import Settings


def examine(settings: Settings, environment: Mapping[str, str]) -> Iterator[Finding]:
    callback = f"{settings.public_url.rstrip('/')}/api/social/callback"
    for manifest in manifests():
        yield _app(manifest, environment, callback)
        moved = [f"{name}={environment[name]}" for name in variables(manifest) if environment.get(name)]
        if moved:
            yield Finding(f"{manifest.key} URLs", Grade.NOTE, f"{manifest.name} is reached elsewhere: {', '.join(moved)}")


def _app(manifest: Manifest, environment: Mapping[str, str], callback: str) -> Finding:
    setup = manifest.setup
    if not setup.client_id:
        return fine(manifest.key, setup.hint or f"{manifest.name} needs no app.")
    if is_played(manifest, environment):
        return fine(manifest.key, f"{manifest.name}: the sandbox stands in, with an app of its own")
    names = [name for name in (setup.client_id, setup.client_secret) if name]
    missing = [name for name in names if not environment.get(name)]
    if not missing:
        return fine(manifest.key, f"{manifest.name}: {' and '.join(names)} are set; redirect URL {callback}")
    remedy = f"Make an app at {setup.url}. {setup.hint}\nRegister the redirect URL {callback}\nSet {' and '.join(missing)}."
    if len(missing) < len(names):
        return wrong(manifest.key, f"{manifest.name}: {' and '.join(missing)} is not set, the rest is", remedy)
    return Finding(manifest.key, Grade.OPEN, f"{manifest.name}: no app", remedy)
