"""Where a platform is and which developer app we are there: the manifest, overruled by the environment."""

from collections.abc import Mapping
from dataclasses import dataclass

from ocma.errors import Invalid, Issue
from ocma.platforms.connector import App
from ocma.platforms.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs without a trailing slash. `chosen`: set by the operator, so trusted; else a user may have named the host."""

    api_url: str
    auth_url: str
    chosen: bool


def variables(manifest: Manifest) -> dict[str, str]:
    """The environment variables that move a platform's base URLs, with the default of each."""
    prefix = f"OCMA_{manifest.key.upper()}"
    return {f"{prefix}_API_URL": manifest.api_url, f"{prefix}_AUTH_URL": manifest.auth_url}


def endpoints(manifest: Manifest, environment: Mapping[str, str], host: str = "") -> Endpoints:
    """`host` is needed when the platform is many servers and the operator has not pinned one."""
    api, auth = (environment.get(name, "").rstrip("/") for name in variables(manifest))
    chosen = bool(api) or not manifest.oauth.per_host
    if not chosen and not host:
        raise Invalid(
            f"{manifest.name} is many servers: which one?",
            code="hostMissing",
            issues=[Issue("host", "hostMissing", "Which server?")],
            remediation="Send `host`, e.g. mastodon.social.",
        )
    api = api or manifest.api_url.format(host=host)
    return Endpoints(api, auth or (api if manifest.oauth.per_host else manifest.auth_url), chosen)


def find_app(manifest: Manifest, environment: Mapping[str, str]) -> App | None:
    """The developer app from the environment; None when the operator has not set one."""
    client_id, secret = (environment.get(name, "") for name in (manifest.setup.client_id, manifest.setup.client_secret))
    return App(client_id, secret) if client_id else None
