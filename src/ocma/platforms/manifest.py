"""What is special about a platform and needs no code."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class OAuth2:
    """How a platform does OAuth 2.0. Paths are relative to the platform's `auth_url` (authorize) and `api_url` (the rest).

    `auth_method` is how the app shows itself at the token endpoint (RFC 7591 names). `refreshes`: access tokens expire and a
    refresh token renews them; `rotates`: each refresh token works once. `per_host`: every server has its own registration.
    """

    authorize: str
    token: str
    scopes: tuple[str, ...]
    revoke: str | None = None
    pkce: bool = True
    auth_method: str = "client_secret_basic"
    refreshes: bool = True
    rotates: bool = False
    per_host: bool = False
    authorize_extra: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class Text:
    """`measure` counts as the platform counts, against `limit`."""

    limit: int
    measure: Callable[[str], int] = len
    unit: str = "characters"
    required: bool = True


@dataclass(frozen=True, slots=True)
class MediaRules:
    """Sizes in bytes; `alt_text` in characters. `mixed`: images and videos in one part."""

    images: int = 0
    image_types: tuple[str, ...] = ("image/jpeg", "image/png", "image/gif", "image/webp")
    image_bytes: int = 5 * 1024 * 1024
    gifs: int = 0
    gif_bytes: int = 15 * 1024 * 1024
    videos: int = 0
    mixed: bool = False
    alt_text: int = 1000
    required: bool = False


@dataclass(frozen=True, slots=True)
class Quota:
    """At most `calls` in any `per`. `on`: "publish" (calls that do) or "media" (uploads); `of`: one "account" or the "app"."""

    calls: int
    per: timedelta
    on: str = "publish"
    of: str = "account"


@dataclass(frozen=True, slots=True)
class LimitHeaders:
    """Two headers of an answer: calls that are left, and when there are more (Unix time or ISO 8601), for `of`."""

    remaining: str
    reset: str
    of: str = "account"


@dataclass(frozen=True, slots=True)
class Retry:
    """Full jitter between 0 and `base` · 2ⁿ seconds, capped; at most `attempts` tries, which bridge an hour or two."""

    attempts: int = 12
    base: float = 5.0
    cap: float = 1800.0


@dataclass(frozen=True, slots=True)
class Settle:
    """How an unknown outcome is asked for: seconds to wait before each look. Absent in the last look = provably absent."""

    looks: tuple[float, ...] = (2.0, 6.0, 20.0)


@dataclass(frozen=True, slots=True)
class Setup:
    """What an operator has to do once: the developer page, and the variables that carry the app's id and secret."""

    url: str = ""
    client_id: str = ""
    client_secret: str = ""
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Manifest:
    """`api_url` and `auth_url` may hold `{host}` when the platform is many servers.

    `options` maps a name to the values it may have; None: any short text. `app_wide` are the rules of `Throttled` that stop the
    whole app (on a host) and not one account.
    """

    key: str
    name: str
    oauth: OAuth2
    api_url: str
    auth_url: str
    text: Text
    media: MediaRules
    setup: Setup
    thread: int = 1
    aliases: tuple[str, ...] = ()
    options: Mapping[str, tuple[str | bool, ...] | None] = field(default_factory=dict[str, tuple[str | bool, ...] | None])
    quotas: tuple[Quota, ...] = ()
    limit_headers: tuple[LimitHeaders, ...] = ()
    app_wide: frozenset[str] = frozenset()
    retry: Retry = Retry()
    settle: Settle = Settle()
