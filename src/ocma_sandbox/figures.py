"""The books of figures: what is true of a platform's posts and accounts at an instant, by the platform's own names.

What a platform answers begins here, and is then late, rounded, or kept from whom it does not concern. With the setting
`audience` of a platform off, nobody sees anything: figures are what /_control/metrics was told, and what was really
done here, such as replies.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from ocma_sandbox import audience, books, people
from ocma_sandbox.books import Post
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]
Count = Callable[[str], int]
"""How often something was done: a kind of `audience.HABITS`, plays, watch_seconds, run_seconds; of accounts followers etc."""
Formula = Callable[[Count], int]
Rate = Callable[[Count], float | None]


def add(*kinds: str) -> Formula:
    """A figure that adds up kinds."""
    return lambda count: sum(count(kind) for kind in kinds)


def _accepted(post: Post) -> float | None:
    return post.at


def _every(_post: Post) -> bool:
    return True


def _all(_whose: Post | Person, _name: str) -> bool:
    return True


@dataclass(frozen=True)
class Counts:
    """What a platform counts, under its own names.

    `post`: figures that only grow. `account`: the same of an account, a formula or the names of the posts' figures whose sum
    it is. `gauges`: of an account, at an instant. `rates`: what does not add up, of a post or of a day. `since`: when a post
    was there to be seen; None: never, or it is no post. `comments`: which posts comment on the one with the id `?`.
    `same`: another name of the same figure, under which it may have been told. `tallies`: which posts are counted as what.
    `has`, `keeps`: whether a post, or an account, has the figure of this name, where they are of several kinds.
    """

    platform: str
    post: Mapping[str, Formula]
    account: Mapping[str, Formula | str | Sequence[str]] = field(default_factory=dict[str, Formula | str | Sequence[str]])
    gauges: Mapping[str, Formula] = field(default_factory=dict[str, Formula])
    rates: Mapping[str, Rate] = field(default_factory=dict[str, Rate])
    zone: str = "UTC"
    since: Callable[[Post], float | None] = _accepted
    comments: str = "reply_to = ?"
    same: Mapping[str, str] = field(default_factory=dict[str, str])
    tallies: Mapping[str, Callable[[Post], bool]] = field(default_factory=lambda: {"posts": _every})
    has: Callable[[Post, str], bool] = _all
    keeps: Callable[[Person, str], bool] = _all


class Figures:
    """One platform's figures. Times are seconds since the epoch. Made for each request: it remembers what it read."""

    def __init__(self, world: World, counts: Counts) -> None:
        self._world = world
        self._counts = counts
        self.is_watched = bool(getattr(world.settings[counts.platform], "audience", False))
        self._owners: dict[str, Person] = {}
        self._posts: dict[str, list[Post]] = {}

    def of_post(self, post: Post, at: float | None = None) -> Json:
        """Every figure and rate of a post."""
        now = self._at(at)
        figures: Json = {name: self.value(post, name, now) for name in self._counts.post if self._counts.has(post, name)}
        rates = {name: self.rated(post, name, now) for name in self._counts.rates if self._counts.has(post, name)}
        return figures | rates

    def value(self, post: Post, name: str, at: float | None = None) -> int:
        """One figure of a post. What was told holds from the moment of publishing on."""
        now, since = self._at(at), self._counts.since(post)
        told = self._told(post, name)
        if told is not None:
            return told if since is None or since <= now else 0
        if not self._counts.has(post, name):
            return 0
        return self._counts.post[name](lambda kind: self.count(post, kind, now))

    def rated(self, post: Post, name: str, at: float | None = None) -> float | None:
        """One rate of a post, over all its life."""
        now, told = self._at(at), self._told(post, name)
        return self._counts.rates[name](lambda kind: self.count(post, kind, now)) if told is None else told

    def _told(self, post: Post, name: str) -> int | None:
        return post.metrics.get(name, post.metrics.get(self._counts.same.get(name, "")))

    def count(self, post: Post, kind: str, at: float) -> int:
        """A deleted post stays as it was."""
        until = at if post.deleted_at is None else min(at, post.deleted_at)
        if kind == "comments":
            return self._commented(post, until) + self._seen(post, kind, until)
        if kind == "plays":
            return self._seen(post, "engaged_views", until) if is_film(post) else 0
        if kind == "run_seconds":
            return int(self._seen(post, "views", until) * duration(post))
        if kind == "watch_seconds":
            return int(self._seen(post, "views", until) * watched(post) * duration(post))
        return self._seen(post, kind, until)

    def _seen(self, post: Post, kind: str, at: float) -> int:
        since = self._counts.since(post)
        if not self.is_watched or since is None or at <= since:
            return 0
        return audience.grown(post.platform, post.id, kind, at - since, self._owner(post.person_id).followers)

    def _commented(self, post: Post, at: float) -> int:
        """By people of this sandbox."""
        where = f"platform = ? AND {self._counts.comments} AND at <= ? AND (deleted_at IS NULL OR deleted_at > ?)"
        return books.count(self._world.store, where, post.platform, post.id, at, at)

    def _owner(self, person_id: str) -> Person:
        if person_id not in self._owners:
            self._owners[person_id] = people.get(self._world.store, self._counts.platform, person_id)
        return self._owners[person_id]

    def _at(self, at: float | None) -> float:
        return self._world.clock() if at is None else at

    def grown(self, posts: Iterable[Post], name: str, start: float, end: float) -> int:
        """What one figure of these posts grew by."""
        return sum(self._until_deleted(post, name, end) - self._until_deleted(post, name, start) for post in posts)

    def rate(self, posts: Iterable[Post], name: str, start: float, end: float) -> float | None:
        """A rate of what came in for these posts."""
        chosen = list(posts)
        return self._counts.rates[name](
            lambda kind: sum(self.count(post, kind, end) - self.count(post, kind, start) for post in chosen)
        )

    def of_account(self, person: Person, at: float | None = None) -> Json:
        """All totals and gauges."""
        now = self._at(at)
        totals = {name: self.total(person, name, now) for name in self._kept(person, self._counts.account)}
        return totals | self._gauges(person, now)

    def _gauges(self, person: Person, at: float) -> Json:
        return {name: self.gauge(person, name, at) for name in self._kept(person, self._counts.gauges)}

    def _kept(self, person: Person, names: Iterable[str]) -> list[str]:
        return [name for name in names if self._counts.keeps(person, name)]

    def gauge(self, person: Person, name: str, at: float | None = None) -> int:
        now = self._at(at)
        return self._counts.gauges[name](lambda kind: self._of(person, kind, now))

    def total(self, person: Person, name: str, at: float | None = None) -> int:
        """One total of an account, over the posts that are still there."""
        now = self._at(at)
        live = [post for post in self.posts(person) if post.deleted_at is None or post.deleted_at > now]
        return self._sum(person, live, name, now)

    def between(self, person: Person, name: str, start: float, end: float) -> int:
        """What one total grew by; also with posts that were deleted since."""
        posts = self.posts(person)
        return self._sum(person, posts, name, end) - self._sum(person, posts, name, start)

    def of_day(self, person: Person, day: date, at: float | None = None) -> Json:
        """A day of the platform's zone: what each total grew by up to `at`, the rates of that, and the gauges at its end."""
        now = self._at(at)
        start, end = self.span(day)
        start, until = min(start, now), min(end, now)
        posts = self.posts(person)
        grown = {name: self.between(person, name, start, until) for name in self._kept(person, self._counts.account)}
        rates = {name: self.rate(posts, name, start, until) for name in self._kept(person, self._counts.rates)}
        return {**grown, **rates, **self._gauges(person, until)}

    def span(self, day: date) -> tuple[float, float]:
        """From midnight to midnight."""
        zone = ZoneInfo(self._counts.zone)
        midnights = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
        start, end = (midnight.astimezone(UTC).timestamp() for midnight in midnights)
        return start, end

    def posts(self, person: Person) -> list[Post]:
        """All that were ever there to be seen, oldest first, the deleted too."""
        if person.id not in self._posts:
            whose = (person.platform, person.id)
            found = books.select(self._world.store, "platform = ? AND person_id = ?", *whose, newest_first=False)
            self._posts[person.id] = [post for post in found if self._counts.since(post) is not None]
        return self._posts[person.id]

    def _sum(self, person: Person, posts: list[Post], name: str, at: float) -> int:
        formula = self._counts.account[name]
        if callable(formula):
            return formula(lambda kind: self._of(person, kind, at, posts))
        names = [formula] if isinstance(formula, str) else formula
        return sum(self._until_deleted(post, each, at) for post in posts for each in names)

    def _until_deleted(self, post: Post, name: str, at: float) -> int:
        return self.value(post, name, at if post.deleted_at is None else min(at, post.deleted_at))

    def _of(self, person: Person, kind: str, at: float, posts: list[Post] | None = None) -> int:
        if kind == "following":
            return person.following
        if kind == "followers":
            return person.followers + self._of(person, "follows", at) - self._of(person, "unfollows", at)
        if kind in {"follows", "unfollows"} and not self.is_watched:
            return 0
        if kind in {"follows", "unfollows"}:  # who came stays, whatever becomes of the post that made them
            stream = audience.come if kind == "follows" else audience.gone
            without = stream(person.platform, person.id, at - person.created_at, person.followers)
            return without + sum(self.count(post, kind, at) for post in self.posts(person))
        if kind in self._counts.tallies:
            is_meant = self._counts.tallies[kind]
            return sum(self._is_there(post, at) for post in self.posts(person) if is_meant(post))
        return sum(self.count(post, kind, at) for post in (self.posts(person) if posts is None else posts))

    def _is_there(self, post: Post, at: float) -> bool:
        since = self._counts.since(post)
        return since is not None and since <= at and (post.deleted_at is None or post.deleted_at > at)


def is_film(post: Post) -> bool:
    """Whether anything in it moves."""
    return any(str(medium.get("mimeType", "")).startswith("video/") for medium in post.media)


def duration(post: Post) -> float:
    """Of the post's video, in seconds."""
    return sum(medium.get("seconds") or 0 for medium in post.media)


def watched(post: Post) -> float:
    """How much of it one view sees on average, as a part of 1."""
    return 0.3 + 0.6 * audience.share(post.platform, post.id, "watched")
