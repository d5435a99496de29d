"""Where a platform is, which developer app we are there and how much it grants us: the manifest, overruled by the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from ocma.errors import Invalid, Issue
from ocma.platforms.connector import App
from ocma.platforms.manifest import Manifest, Quota

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}  # of a quota's window, in seconds
QUOTA = re.compile(r"(publish|media):(account|app)=([1-9]\d{0,8})/([1-9]\d{0,5})([smhd])")
NO_QUOTAS = "off"


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs without a trailing slash. `chosen`: set by the operator, so trusted; else a user may have named the host."""

    api_url: str
    auth_url: str
    chosen: bool


def variables(manifest: Manifest) -> dict[str, str]:
    """The environment variables that overrule a manifest, with the default of each."""
    return addresses(manifest) | {_quotas_variable(manifest): write_quotas(manifest.quotas)}


def addresses(manifest: Manifest) -> dict[str, str]:
    """Those of them that move the platform's base URLs."""
    prefix = f"OCMA_{manifest.key.upper()}"
    return {f"{prefix}_API_URL": manifest.api_url, f"{prefix}_AUTH_URL": manifest.auth_url}


def _quotas_variable(manifest: Manifest) -> str:
    return f"OCMA_{manifest.key.upper()}_QUOTAS"


def endpoints(manifest: Manifest, environment: Mapping[str, str], host: str = "") -> Endpoints:
    """`host` is needed when the platform is many servers and the operator has not pinned one."""
    api, auth = (environment.get(name, "").rstrip("/") for name in addresses(manifest))
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


def quotas(manifest: Manifest, environment: Mapping[str, str]) -> tuple[Quota, ...]:
    """What the platform grants: the operator's word instead of the whole manifest's. Raises Invalid that names the variable."""
    name = _quotas_variable(manifest)
    value = environment.get(name, "").strip()
    if not value:
        return manifest.quotas
    return () if value == NO_QUOTAS else tuple(_read_quota(name, each.strip()) for each in value.split(","))


def _read_quota(name: str, text: str) -> Quota:
    if (found := QUOTA.fullmatch(text)) is None:
        raise Invalid(
            f"{name}: {text[:60]!r} is no quota.",
            code="settings",
            issues=[Issue(name, "settings", "No quota.")],
            remediation=f"Write publish:account=100/15m,publish:app=10000/24h (also media; s, m, h, d), or {NO_QUOTAS} for none.",
        )
    on, of, calls, length, unit = found.groups()
    return Quota(int(calls), timedelta(seconds=int(length) * UNITS[unit]), on=on, of=of)


def write_quotas(given: tuple[Quota, ...]) -> str:
    """As the variable has it."""
    return ",".join(f"{each.on}:{each.of}={each.calls}/{_length(each.per)}" for each in given) or NO_QUOTAS


def _length(per: timedelta) -> str:
    seconds = int(per.total_seconds())
    unit = next(each for each in "hms" if seconds % UNITS[each] == 0)
    return f"{seconds // UNITS[unit]}{unit}"
