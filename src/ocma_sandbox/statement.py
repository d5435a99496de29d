"""GET /_control/figures: what the books of figures say of a post or an account at an instant, and of an account's days."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from ocma_sandbox import books, people
from ocma_sandbox.books import Post, iso
from ocma_sandbox.figures import Counts, Figures
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]
PARAMETERS = ("platform", "account", "id", "at", "from", "to")
MOST_DAYS = 400


class Unclear(ValueError):
    """The question cannot be answered; the message says why."""


def answer(world: World, counts: Counts, asked: Mapping[str, str]) -> Json:
    unknown = sorted(set(asked) - set(PARAMETERS))
    if unknown:
        raise Unclear(f"{unknown[0]} is not one of {', '.join(PARAMETERS)}")
    at = instant(asked["at"], "at") if asked.get("at") else world.clock()
    said = _of_post(world, counts, asked, at) if asked.get("id") else _of_account(world, counts, asked, at)
    return {"platform": counts.platform, "at": iso(at), **said}


def _of_post(world: World, counts: Counts, asked: Mapping[str, str], at: float) -> Json:
    if asked.get("from") or asked.get("to"):
        raise Unclear("days are kept of accounts: leave out id, or from and to")
    post = _post(world, counts, asked["id"])
    author = people.get(world.store, counts.platform, post.person_id)
    if asked.get("account", author.handle).lower() != author.handle.lower():
        raise Unclear(f"post {post.id} is not {asked['account']}'s")
    deleted = post.deleted_at is not None and post.deleted_at <= at
    return {"account": author.handle, "id": post.id, "deleted": deleted, "figures": Figures(world, counts).of_post(post, at)}


def _post(world: World, counts: Counts, post_id: str) -> Post:
    found = books.select(world.store, "platform = ? AND id = ?", counts.platform, post_id)
    if not found:
        raise Unclear(f"no post {post_id} on {counts.platform}")
    return found[0]


def _of_account(world: World, counts: Counts, asked: Mapping[str, str], at: float) -> Json:
    person = _person(world, counts, asked)
    figures = Figures(world, counts)
    said: Json = {"account": person.handle, "zone": counts.zone, "figures": figures.of_account(person, at)}
    if asked.get("from") or asked.get("to"):
        said["days"] = [_day(figures, person, day, at) for day in _days(asked)]
    return said


def _person(world: World, counts: Counts, asked: Mapping[str, str]) -> Person:
    person = people.find(world.store, counts.platform, asked.get("account", ""))
    if person is None:
        raise Unclear(
            f"no account {asked['account']} on {counts.platform}" if asked.get("account") else "account or id is missing"
        )
    return person


def _days(asked: Mapping[str, str]) -> list[date]:
    first, last = (_date(asked.get(name) or asked.get(other, ""), name) for name, other in (("from", "to"), ("to", "from")))
    if not 0 <= (last - first).days < MOST_DAYS:
        raise Unclear(f"from must not be after to, and at most {MOST_DAYS} days before it")
    return [first + timedelta(days=each) for each in range((last - first).days + 1)]


def _day(figures: Figures, person: Person, day: date, at: float) -> Json:
    start, end = figures.span(day)
    return {"date": day.isoformat(), "start": iso(start), "end": iso(end), "figures": figures.of_day(person, day, at)}


def _date(text: str, name: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Unclear(f"{name} must be a day like 2026-01-31, not {text!r}") from None


def instant(text: str, name: str) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise Unclear(f"{name} must be a time like 2026-01-31T12:00:00Z, not {text!r}")
    return moment.timestamp()
