"""The way to a platform's authorize page and back: state and PKCE verifier are kept here, bound to the caller, for one use."""

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy import Select, select, update

from ocma.errors import Invalid, Issue
from ocma.features.accounts import apps
from ocma.features.accounts.desk import Desk
from ocma.features.accounts.models import OAuthState
from ocma.features.workspaces.caller import Caller
from ocma.ids import new_id
from ocma.infra.vault import Place
from ocma.platforms.manifest import Manifest
from ocma.platforms.registry import get_connector

LIFETIME = timedelta(minutes=10)
HOST = re.compile(r"(?=.{1,253}(:|$))[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:[0-9]{1,5})?")
VISIBLE = re.compile(r"[\x21-\x7e]+")


@dataclass(frozen=True, slots=True)
class Begun:
    """Send the user to `url`; `state` comes back with the code."""

    url: str
    state: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Pending:
    """What was kept for the exchange."""

    platform: str
    host: str
    redirect_uri: str
    caller: str
    verifier: str = field(repr=False)
    kept: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


async def begin(
    desk: Desk, caller: Caller, platform: str, redirect_uri: str | None, host: str | None, handle: str | None = None
) -> Begun:
    """`handle`: of the account that is to be connected, for platforms that find its server by it."""
    connector = get_connector(platform)
    where, redirect = clean_host(connector.manifest, desk, host), clean_redirect(redirect_uri or desk.callback_url)
    app = await apps.get_app(desk, caller.workspace_id, connector, where, redirect)
    state, state_id = secrets.token_urlsafe(32), new_id()
    authorization = await desk.gateway.flow(connector, app, where).authorize(redirect, state, handle)
    now = desk.clock()
    row = OAuthState(
        id=state_id,
        workspace_id=caller.workspace_id,
        state_hash=_hash(state),
        caller=caller.name,
        platform=connector.manifest.key,
        host=where,
        redirect_uri=redirect,
        verifier=desk.vault.encrypt(authorization.verifier, Place(caller.workspace_id, state_id, "verifier")),
        kept=_seal(desk, authorization.kept, Place(caller.workspace_id, state_id, "kept")),
        key_id=desk.vault.active,
        created_at=now,
        expires_at=now + LIFETIME,
    )
    async with desk.database.transaction(caller.workspace_id) as session:
        session.add(row)
    return Begun(authorization.url, state, row.expires_at)


async def find_workspace(desk: Desk, state: str) -> UUID | None:
    """Whose authorization is this? For the browser, which comes back without credentials."""
    rows = await desk.database.system("SELECT find_state_workspace($1)", _hash(state))
    return rows[0][0] if rows else None


async def use(desk: Desk, workspace_id: UUID, state: str, caller: str | None = None) -> Pending:
    """Takes the kept values, once. `caller` None: the browser flow, where the state itself is the proof."""
    query = select(OAuthState.id).where(OAuthState.state_hash == _hash(state))
    if caller is not None:
        query = query.where(OAuthState.caller == caller)
    found = await _take(desk, workspace_id, query)
    if found is None:
        raise Invalid(
            "This authorization is unknown, used already, or older than ten minutes.",
            code="stateRefused",
            remediation="Start again with POST /api/social/authorize.",
            issues=[Issue("state", "stateRefused", "Unknown, used or expired.")],
        )
    return found


async def use_newest(desk: Desk, caller: Caller, platform: str) -> Pending:
    """For callers that send back the code alone: their pending authorization of that platform."""
    query = select(OAuthState.id).where(OAuthState.caller == caller.name, OAuthState.platform == platform)
    found = await _take(desk, caller.workspace_id, query.order_by(OAuthState.created_at.desc()).limit(1))
    if found is None:
        raise Invalid(
            "There is no pending authorization of this platform to which the code could belong.",
            code="noPendingAuthorization",
            issues=[Issue("state", "noPendingAuthorization", "Left out, and nothing is pending.")],
            remediation="Call POST /api/social/authorize first, or send `state`, or `codeVerifier` with `redirectUri`.",
        )
    return found


async def _take(desk: Desk, workspace_id: UUID, query: Select[UUID]) -> Pending | None:
    now = desk.clock()
    ids = query.where(OAuthState.used_at.is_(None), OAuthState.expires_at > now).with_for_update()
    async with desk.database.transaction(workspace_id) as session:
        row = await session.scalar(
            update(OAuthState).where(OAuthState.id.in_(ids.scalar_subquery())).values(used_at=now).returning(OAuthState)
        )
    if row is None:
        return None
    verifier = desk.vault.decrypt(row.verifier, Place(row.workspace_id, row.id, "verifier"))
    kept = json.loads(desk.vault.decrypt(row.kept, Place(row.workspace_id, row.id, "kept"))) if row.kept else {}
    return Pending(row.platform, row.host, row.redirect_uri, row.caller, verifier, kept)


def _seal(desk: Desk, kept: Mapping[str, str], place: Place) -> str | None:
    return desk.vault.encrypt(json.dumps(dict(kept)), place) if kept else None


def clean_host(manifest: Manifest, desk: Desk, host: str | None) -> str:
    """The bare host in lower case. Empty where the platform is one, or the operator has pinned one."""
    if not manifest.oauth.per_host:
        return ""
    text = (host or "").strip().lower().removeprefix("https://").rstrip("/")
    if text and not HOST.fullmatch(text):
        issue = Issue("host", "hostInvalid", "A host name such as mastodon.social.")
        raise Invalid("`host` is not a host name.", code="hostInvalid", issues=[issue])
    where = desk.gateway.endpoints(manifest, text)
    return text or urlsplit(where.api_url).netloc


def clean_redirect(redirect_uri: str) -> str:
    if not _is_absolute(redirect_uri):
        issue = Issue("redirectUri", "redirectInvalid", "An absolute http(s) URL without a fragment.")
        raise Invalid("`redirectUri` cannot be used.", code="redirectInvalid", issues=[issue])
    return redirect_uri


def _is_absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
        named = bool(parts.hostname) and parts.port != 0  # reading a port that cannot be raises, too
    except ValueError:
        return False
    return named and parts.scheme in {"http", "https"} and not parts.fragment and VISIBLE.fullmatch(url) is not None


def _hash(state: str) -> bytes:
    return hashlib.sha256(state.encode("utf-8", "surrogatepass")).digest()
