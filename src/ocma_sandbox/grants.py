import hashlib
import secrets
from dataclasses import dataclass

from ocma_sandbox.store import Store

Seconds = float


@dataclass(frozen=True)
class Code:
    """An authorization code's meaning; `challenge` is empty when the request had none."""

    platform: str
    client_id: str
    person_id: str
    redirect_uri: str
    scope: str
    challenge: str
    challenge_method: str


@dataclass(frozen=True)
class Token:
    """`person_id` is None for an app's own token. A grant is the family of tokens that one approval gave."""

    hash: str
    kind: str
    grant_id: int
    client_id: str
    person_id: str | None
    scope: str
    created_at: float
    is_expired: bool
    is_revoked: bool
    is_spent: bool

    @property
    def is_live(self) -> bool:
        return not (self.is_expired or self.is_revoked or self.is_spent)


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def issue_code(store: Store, code: Code, *, expires_at: float) -> str:
    raw = secrets.token_urlsafe(32)
    store.run(
        "INSERT INTO codes VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, NULL)",
        *(_hash(raw), code.platform, code.client_id, code.person_id, code.redirect_uri, code.scope),
        *(code.challenge, code.challenge_method, expires_at),
    )
    return raw


def find_code(store: Store, platform: str, raw: str, now: float) -> Code | None:
    """None: unknown, older than it may be, or redeemed already."""
    row = store.one(
        "SELECT * FROM codes WHERE hash = ? AND platform = ? AND redeemed_at IS NULL AND expires_at > ?",
        *(_hash(raw), platform, now),
    )
    if row is None:
        return None
    names = ("platform", "client_id", "person_id", "redirect_uri", "scope", "challenge", "challenge_method")
    return Code(**{name: row[name] for name in names})


def redeem_code(store: Store, raw: str, now: float) -> None:
    store.run("UPDATE codes SET redeemed_at = ? WHERE hash = ?", now, _hash(raw))


def open_grant(store: Store, platform: str, *, client_id: str, person_id: str | None, scope: str, now: float) -> int:
    grant_id = store.next_id("grants", 1)
    store.run("INSERT INTO grants VALUES (?, ?, ?, ?, ?, ?, NULL)", grant_id, platform, client_id, person_id, scope, now)
    return grant_id


def issue_token(store: Store, grant_id: int, kind: str, *, now: float, lives: Seconds | None) -> str:
    """A new token (`kind`: access or refresh); `lives` None means that it does not expire."""
    raw = secrets.token_urlsafe(48)
    expires_at = None if lives is None else now + lives
    store.run("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, NULL, NULL)", _hash(raw), grant_id, kind, now, expires_at)
    return raw


def find_token(store: Store, platform: str, kind: str, raw: str, now: float) -> Token | None:
    row = store.one(
        "SELECT t.*, g.client_id, g.person_id, g.scope, g.revoked_at AS grant_revoked_at FROM tokens t"
        " JOIN grants g ON g.id = t.grant_id WHERE t.hash = ? AND t.kind = ? AND g.platform = ?",
        *(_hash(raw), kind, platform),
    )
    if row is None:
        return None
    return Token(
        **{name: row[name] for name in ("hash", "kind", "grant_id", "client_id", "person_id", "scope", "created_at")},
        is_expired=row["expires_at"] is not None and row["expires_at"] <= now,
        is_revoked=row["revoked_at"] is not None or row["grant_revoked_at"] is not None,
        is_spent=row["spent_at"] is not None,
    )


def expire(store: Store, token: Token, now: float) -> None:
    store.run("UPDATE tokens SET expires_at = ? WHERE hash = ?", now, token.hash)


def spend(store: Store, token: Token, now: float) -> None:
    store.run("UPDATE tokens SET spent_at = ? WHERE hash = ?", now, token.hash)


def revoke(store: Store, token: Token, now: float) -> None:
    store.run("UPDATE tokens SET revoked_at = ? WHERE hash = ? AND revoked_at IS NULL", now, token.hash)


def revoke_grant(store: Store, grant_id: int, now: float) -> None:
    store.run("UPDATE grants SET revoked_at = ? WHERE id = ? AND revoked_at IS NULL", now, grant_id)
