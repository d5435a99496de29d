"""The Analytics API's reports: what came in on the channel's days, in California, once they are old enough.

Unsure, and chosen here: a day or a video to which nothing happened has no row; what a deleted video had stays in the
channel's own rows; videos of others, and deleted ones, have none; `day` and `video` together are not supported.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox.books import Post
from ocma_sandbox.figures import Figures
from ocma_sandbox.people import Person
from ocma_sandbox.world import World
from ocma_sandbox.youtube import bodies, errors, films, ids, settings
from ocma_sandbox.youtube.calls import Caller
from ocma_sandbox.youtube.counts import ANALYTICS, COUNTS, RATES

Json = dict[str, Any]
Row = list[str | float]

SCOPES = ("youtube", "youtube.readonly", "youtubepartner", "yt-analytics.readonly", "yt-analytics-monetary.readonly")
OPTIONAL = ("currency", "dimensions", "filters", "includeHistoricalChannelData", "maxResults", "sort", "startIndex")
MONETARY = frozenset({"estimatedRevenue", "estimatedAdRevenue", "grossRevenue", "cpm", "adImpressions", "monetizedPlaybacks"})
TYPES = {"day": "STRING", "video": "STRING", "averageViewPercentage": "FLOAT"}
MAX_VIDEOS = 500
MAX_DAYS = 3660


@dataclass(frozen=True)
class Report:
    """What is asked. `videos` None: the whole channel."""

    first: date
    last: date
    dimensions: list[str]
    metrics: list[str]
    videos: list[str] | None

    @property
    def columns(self) -> list[str]:
        return [*self.dimensions, *self.metrics]


async def query(world: World, caller: Caller, request: Request) -> Response:
    """GET /v2/reports"""
    _check_channel(caller, request.query_params["ids"])
    report = _read(request)
    rows = _sorted(report, request, list(Rows(world, caller.person, report)))
    first, most = _whole(request, "startIndex", 1), _whole(request, "maxResults", len(rows) or 1)
    rows = rows[first - 1 : first - 1 + most]
    headers = [_header(report, name) for name in report.columns]
    body: Json = {"kind": "youtubeAnalytics#resultTable", "columnHeaders": headers}
    return JSONResponse({**body, "rows": rows} if rows else body)


def _check_channel(caller: Caller, text: str) -> None:
    kind, _, which = text.partition("==")
    if kind != "channel" or not which:
        raise errors.malformed(f"Unknown identifier ({text}) given in field parameters.ids.")
    if which not in {"MINE", ids.channel_id(caller.person.id)}:
        raise errors.refused(403, "forbidden", "Forbidden", status="PERMISSION_DENIED")


def _read(request: Request) -> Report:
    first, last = _date(request, "startDate"), _date(request, "endDate")
    if not 0 <= (last - first).days < MAX_DAYS:
        raise errors.malformed("The end date must be later than the start date.")
    dimensions, metrics = bodies.listed(request, "dimensions"), bodies.listed(request, "metrics")
    if MONETARY & set(metrics):  # nobody earns money here
        raise errors.refused(403, "forbidden", "Forbidden", status="PERMISSION_DENIED")
    for name in metrics:
        if name not in ANALYTICS and name not in RATES:
            raise errors.malformed(f"Unknown identifier ({name}) given in field parameters.metrics.")
    if dimensions not in ([], ["day"], ["video"]):
        raise _unsupported()
    return Report(first, last, dimensions, metrics, _videos(request))


def _videos(request: Request) -> list[str] | None:
    text = request.query_params.get("filters", "")
    if not text:
        return None
    name, _, value = text.partition("==")
    videos = [each for each in dict.fromkeys(value.split(",")) if each]
    if name != "video" or not 1 <= len(videos) <= MAX_VIDEOS:
        raise _unsupported()
    return videos


def _unsupported() -> Exception:
    return errors.malformed("The query is not supported. Check the documentation for supported queries.")


def _date(request: Request, name: str) -> date:
    text = request.query_params[name]
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise errors.malformed(f"Invalid value '{text}'. Values must match the following pattern: YYYY-MM-DD") from None


def _whole(request: Request, name: str, otherwise: int) -> int:
    text = request.query_params.get(name)
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdecimal() and int(text)):
        raise errors.malformed(f"Invalid value at '{name}': {text!r}")
    return int(text)


def _header(report: Report, name: str) -> Json:
    kind = "DIMENSION" if name in report.dimensions else "METRIC"
    return {"name": name, "columnType": kind, "dataType": TYPES.get(name, "INTEGER")}


def _sorted(report: Report, request: Request, rows: list[Row]) -> list[Row]:
    """By the last name first: sorting keeps the order of equals."""
    for name in reversed(bodies.listed(request, "sort")):
        if name.removeprefix("-") not in report.columns:
            raise _unsupported()
        column = report.columns.index(name.removeprefix("-"))
        rows.sort(key=lambda row, column=column: row[column], reverse=name.startswith("-"))
    return rows


class Rows:
    """The rows of a report, one after the other."""

    def __init__(self, world: World, person: Person, report: Report) -> None:
        self._figures = Figures(world, COUNTS)
        self._person = person
        self._report = report
        self._posts = self._figures.posts(person)
        wanted = report.videos
        if wanted is not None:
            self._posts = [film for film in films.of_channel(world, person.id) if film.id in wanted]
        self._until = world.clock() - settings.of(world).analytics_lag_hours * 3600

    def __iter__(self) -> Iterator[Row]:
        days = self._days()
        if not days:
            return
        if self._report.dimensions == ["day"]:
            keyed = [([day.isoformat()], self._values(self._posts, day, day)) for day in days]
        elif self._report.dimensions == ["video"]:
            live = [film for film in self._posts if film.deleted_at is None]
            keyed = [([film.id], self._values([film], days[0], days[-1], split=True)) for film in live]
        else:
            keyed = [([], self._values(self._posts, days[0], days[-1]))]
        yield from ([*key, *values] for key, values in keyed if any(values))

    def _days(self) -> list[date]:
        """Those that are over for as long as the lag is."""
        first, last = self._report.first, self._report.last
        days = [first + timedelta(days=each) for each in range((last - first).days + 1)]
        return [day for day in days if self._figures.span(day)[1] <= self._until]

    def _values(self, posts: list[Post], first: date, last: date, *, split: bool = False) -> list[float]:
        start, end = self._figures.span(first)[0], self._figures.span(last)[1]
        is_channel = self._report.videos is None and not split
        return [self._value(posts, name, start, end, is_channel=is_channel) for name in self._report.metrics]

    def _value(self, posts: list[Post], name: str, start: float, end: float, *, is_channel: bool) -> float:
        if name in RATES:
            rate = self._figures.rate(posts, name, start, end) or 0.0
            return round(rate, 2) if TYPES.get(name) == "FLOAT" else int(rate)
        if is_channel:  # also who came without a video
            return self._figures.between(self._person, name, start, end)
        return self._figures.grown(posts, name, start, end)
