"""What is handed over when an account is connected: who we are there, where the user is sent, what its owner gave us."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class App:
    """A developer app at a platform: ours by configuration, registered with one host, or described at a URL of ours."""

    client_id: str
    client_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Grant:
    """What an account's owner gave us.

    `expires_at`: of the access token (None: does not end by itself). `ends_at`: until when it can be renewed; then the owner has
    to connect again (None: unknown, or never). `scopes`: those that were granted. `extra`: further secrets that calls need,
    sealed like the tokens, e.g. a DPoP key.
    """

    access_token: str = field(repr=False)
    refresh_token: str | None = field(default=None, repr=False)
    expires_at: datetime | None = None
    scopes: tuple[str, ...] = ()
    ends_at: datetime | None = None
    extra: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)


@dataclass(frozen=True, slots=True)
class Authorization:
    """Where the user is sent, and what is kept (sealed) until the code comes back: the PKCE verifier, and more where needed."""

    url: str
    verifier: str = field(repr=False)
    kept: Mapping[str, str] = field(default_factory=dict[str, str], repr=False)
