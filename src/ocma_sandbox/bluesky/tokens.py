"""Tokens that look as the platform's do: JWTs, of which clients may read when they end.

The sandbox knows its tokens by their hashes, in the table that all platforms share; so their signatures prove nothing
to it and are random.
"""

import base64
import json
import secrets
from dataclasses import dataclass
from typing import Any

from ocma_sandbox import grants, media
from ocma_sandbox.bluesky.identity import KEY
from ocma_sandbox.world import World

Json = dict[str, Any]


@dataclass(frozen=True)
class Held:
    """A token found, and what it says. `jkt` is the key that it is bound to, empty for an app password's token."""

    token: grants.Token
    claims: Json

    @property
    def jkt(self) -> str:
        return self.claims.get("cnf", {}).get("jkt", "")


def issue(world: World, grant_id: int, kind: str, claims: Json, *, lives: float) -> str:
    now = world.clock()
    stamped = {"jti": secrets.token_hex(16), "iat": int(now), "exp": int(now + lives), **claims}
    raw = ".".join((_part({"typ": "at+jwt", "alg": "HS256"}), _part(stamped), secrets.token_urlsafe(32)))
    # grants.issue_token makes its own text; a JWT has to be told
    world.store.run(
        "INSERT INTO tokens VALUES (?, ?, ?, ?, ?, NULL, NULL)",
        *(media.digest(raw.encode()), grant_id, kind, now, now + lives),
    )
    return raw


def find(world: World, kind: str, raw: str) -> Held | None:
    token = grants.find_token(world.store, KEY, kind, raw, world.clock())
    return Held(token, _claims(raw)) if token else None


def spend_all(world: World, grant_id: int) -> None:
    """The access and refresh tokens that a grant gave so far end, the grant itself does not."""
    world.store.run(
        "UPDATE tokens SET spent_at = ? WHERE grant_id = ? AND spent_at IS NULL AND kind <> 'service'", world.clock(), grant_id
    )


def spent_for(world: World, token: grants.Token) -> float | None:
    """Seconds since the token was exchanged for another; None when it was not."""
    row = world.store.one("SELECT spent_at FROM tokens WHERE hash = ? AND spent_at IS NOT NULL", token.hash)
    return world.clock() - row["spent_at"] if row else None


def _part(content: Json) -> str:
    return base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=").decode()


def _claims(raw: str) -> Json:
    part = raw.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
