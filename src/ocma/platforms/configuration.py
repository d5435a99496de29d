"""Where a platform is, which developer app we are there and how much it grants us: the manifest, overruled by the environment."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache

import httpx2

from ocma.errors import Invalid, Issue
from ocma.platforms.grant import App
from ocma.platforms.manifest import Manifest, Quota

UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}  # of a quota's window, in seconds
QUOTA = re.compile(r"(publish|media):(account|app)=([1-9]\d{0,8})/([1-9]\d{0,5})([smhd])")
NO_QUOTAS = "off"
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
SANDBOX = "OCMA_SANDBOX_URL"  # set by `ocma up --sandbox`: it stands in for every platform


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Base URLs without a trailing slash. `chosen`: set by the operator, so trusted; else a user may have named the host."""

    api_url: str
    auth_url: str
    chosen: bool
    urls: Mapping[str, str] = field(default_factory=dict[str, str])
    settings: Mapping[str, str] = field(default_factory=dict[str, str])

    @property
    def is_here(self) -> bool:
        """Does this machine play the platform, as the sandbox does?"""
        return httpx2.URL(self.api_url).host in LOOPBACK

    @property
    def origins(self) -> frozenset[str]:
        """The addresses that no user has named; another one, even if the platform gives it to us, is a stranger's."""
        named = (self.api_url, self.auth_url) if self.chosen else ()
        return frozenset(origin(each) for each in (*named, *self.urls.values()))


@lru_cache(maxsize=4096)
def origin(url: str) -> str:
    """Scheme, host and port, in one spelling. Empty for what is no URL."""
    try:
        parts = httpx2.URL(url)
    except httpx2.InvalidURL:
        return ""
    return f"{parts.scheme}://{parts.netloc.decode()}" if parts.host and not parts.userinfo else ""


def variables(manifest: Manifest) -> dict[str, str]:
    """The environment variables that overrule a manifest, with the default of each."""
    return addresses(manifest) | settings(manifest) | {_quotas_variable(manifest): write_quotas(manifest.quotas)}


def settings(manifest: Manifest) -> dict[str, str]:
    """Those of them that are the manifest's own `settings`."""
    return {_named(manifest, name): default for name, default in manifest.settings.items()}


def addresses(manifest: Manifest) -> dict[str, str]:
    """Those of them that move the platform's base URLs."""
    own = {_named(manifest, f"{name}_url"): default for name, default in manifest.urls.items()}
    return {_named(manifest, "api_url"): manifest.api_url, _named(manifest, "auth_url"): manifest.auth_url, **own}


def _named(manifest: Manifest, name: str) -> str:
    return f"OCMA_{manifest.key}_{name}".upper()


def _quotas_variable(manifest: Manifest) -> str:
    return _named(manifest, "quotas")


def endpoints(manifest: Manifest, environment: Mapping[str, str], host: str = "") -> Endpoints:
    """`host` is needed when the platform is many servers, has no usual one, and the operator has not pinned one."""
    api = _address(manifest, environment, "api")
    auth = _address(manifest, environment, "auth")
    host = host or manifest.oauth.host
    chosen = bool(api) or not manifest.oauth.per_host
    if not chosen and not host:
        raise Invalid(
            f"{manifest.name} is many servers: which one?",
            code="hostMissing",
            issues=[Issue("host", "hostMissing", "Which server?")],
            remediation="Send `host`, e.g. mastodon.social.",
        )
    api = api or manifest.api_url.format(host=host)
    return Endpoints(
        api_url=api,
        auth_url=auth or (api if manifest.oauth.per_host else manifest.auth_url),
        chosen=chosen,
        urls={name: _address(manifest, environment, name) or default for name, default in manifest.urls.items()},
        settings={name: environment.get(_named(manifest, name)) or default for name, default in manifest.settings.items()},
    )


def _address(manifest: Manifest, environment: Mapping[str, str], name: str) -> str:
    """As the operator has it; empty: not set. The sandbox stands in for all of a platform's hosts under one prefix."""
    given = environment.get(_named(manifest, f"{name}_url"), "").rstrip("/")
    sandbox = environment.get(SANDBOX, "").rstrip("/")
    return given or (f"{sandbox}/{manifest.key}" if sandbox else "")


def find_app(manifest: Manifest, environment: Mapping[str, str]) -> App | None:
    """The developer app from the environment; None when the operator has not set one.

    Where the sandbox stands in it is the sandbox's own: real keys do not go there.
    """
    if is_played(manifest, environment):
        name = _sandbox_name(manifest, environment)
        return App(f"sandbox-{name}-client", f"sandbox-{name}-secret")
    client_id, secret = (environment.get(name, "") for name in (manifest.setup.client_id, manifest.setup.client_secret))
    return App(client_id, secret) if client_id else None


def is_played(manifest: Manifest, environment: Mapping[str, str]) -> bool:
    """The sandbox stands in for the platform, and has an app of its own there."""
    return bool(manifest.setup.client_id and environment.get(SANDBOX) and not environment.get(_named(manifest, "api_url")))


def _sandbox_name(manifest: Manifest, environment: Mapping[str, str]) -> str:
    """A platform with several logins has an app for each: `login` among its settings says which, unless it is the usual one."""
    if "login" not in manifest.settings:
        return manifest.key
    usual = manifest.settings["login"]
    login = environment.get(_named(manifest, "login")) or usual
    return manifest.key if login == usual else f"{manifest.key}-{login}"


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
