"""What is special about a platform and needs no code. What it says of posts is in rules.py."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Literal

from ocma.errors import Issue
from ocma.platforms.content import Content
from ocma.platforms.metrics import NOTHING, Measuring
from ocma.platforms.rules import Choice, Kind, LinkRules, MediaRules, PollRules, Rule, Text


@dataclass(frozen=True, slots=True)
class OAuth2:
    """How a platform does OAuth 2.0. Paths are relative to the platform's `auth_url` (authorize) and `api_url` (the rest).

    What stands here is done by OAuthFlow; what does not, by the flow that a connector names.

    `auth_method` is how the app shows itself at the token endpoint (RFC 7591 names). `client_id_name`: what the platform calls
    `client_id`. `pkce`: how the challenge is made of the verifier ("hex": its SHA-256 in hex, as TikTok has it). `*_extra`:
    parameters besides. `refreshes`: access tokens end and can be renewed, `renews_with` which token (an access token has to be
    renewed before it ends); `rotates`: each refresh token works once. `renew_before` is how long before the end a token is
    renewed, `renew_after` how old it has to be for that. `per_host`: every server has its own registration; `host`: where users
    are if they name none. `needs`: ability (`publish`, `read`, …) -> the scopes it takes, all of them; `a|b`: one of the two is
    enough. A granted scope that begins a needed one up to a colon includes it.
    """

    authorize: str
    token: str
    scopes: tuple[str, ...]
    revoke: str | None = None
    pkce: Literal["S256", "hex"] | None = "S256"
    auth_method: str = "client_secret_basic"
    client_id_name: str = "client_id"
    scope_separator: str = " "
    refreshes: bool = True
    renews_with: Literal["refresh_token", "access_token"] = "refresh_token"
    renew_before: timedelta = timedelta(minutes=10)
    renew_after: timedelta = timedelta(0)
    rotates: bool = False
    per_host: bool = False
    host: str = ""
    authorize_extra: Mapping[str, str] = field(default_factory=dict[str, str])
    token_extra: Mapping[str, str] = field(default_factory=dict[str, str])
    needs: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])

    def missing(self, ability: str, granted: Collection[str]) -> tuple[str, ...]:
        """The scopes that `ability` takes and the owner did not grant."""
        return tuple(each for each in self.needs.get(ability, ()) if not _is_granted(each, granted))


def _is_granted(needed: str, granted: Collection[str]) -> bool:
    return any(each in granted or each.partition(":")[0] in granted for each in needed.split("|"))


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


def chosen_kind(content: Content) -> str:
    """As the `kind` option says."""
    return str(content.options.get("kind", ""))


@dataclass(frozen=True, slots=True)
class Manifest:
    """`api_url` and `auth_url` may hold `{host}` when the platform is many servers.

    `urls`: further base URLs by name; `settings`: what else an operator may have to set, such as an API version, by name. The
    variables `OCMA_<KEY>_<NAME>_URL` and `OCMA_<KEY>_<NAME>` overrule them; paths of `oauth` may hold `{name of a setting}`.
    `thread`: most posts of one publication. `comment`: what a first comment is held to (None: there is none). `poll`, `link`:
    None where the platform has none (a link in the text is always text). `kinds`: where several kinds of post have rules of
    their own; `kind_of` tells which one a content is. `options` maps a name to the values it may have, or to a rule; None: any
    short text. `required`: options that have to be given. `app_wide` are the rules of `Throttled` that stop the whole app (on a
    host) and not one account. `closes`: servers close kept connections without a word, so the call that publishes goes over a
    new one. `measuring`: what there is to measure, where the connector `Measures`.
    """

    key: str
    name: str
    oauth: OAuth2
    api_url: str
    auth_url: str
    text: Text
    media: MediaRules
    setup: Setup
    urls: Mapping[str, str] = field(default_factory=dict[str, str])
    settings: Mapping[str, str] = field(default_factory=dict[str, str])
    thread: int = 1
    comment: Text | None = None
    poll: PollRules | None = None
    link: LinkRules | None = None
    kinds: Mapping[str, Kind] = field(default_factory=dict[str, Kind])
    kind_of: Callable[[Content], str] = chosen_kind
    aliases: tuple[str, ...] = ()
    options: Mapping[str, Choice | Rule | None] = field(default_factory=dict[str, Choice | Rule | None])
    required: tuple[str, ...] = ()
    quotas: tuple[Quota, ...] = ()
    limit_headers: tuple[LimitHeaders, ...] = ()
    app_wide: frozenset[str] = frozenset()
    retry: Retry = Retry()
    settle: Settle = Settle()
    closes: bool = False
    measuring: Measuring = NOTHING

    def text_of(self, content: Content) -> Text:
        kind = self.kinds.get(self.kind_of(content))
        return (kind and kind.text) or self.text

    def media_of(self, content: Content) -> MediaRules:
        kind = self.kinds.get(self.kind_of(content))
        return (kind and kind.media) or self.media

    def issue(self, path: str, rule: str, message: str, remediation: str) -> Issue:
        """Something that this platform does not take."""
        return Issue(path, f"{self.key}.{rule}", f"{self.name}: {message}", remediation, self.key)
