"""The figures of a member, for apps that LinkedIn has let see them: one metric to a call, of one post or of all together."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

from ocma.platforms.connector import Access, Call
from ocma.platforms.days import span
from ocma.platforms.errors import ContentRejected, Throttled
from ocma.platforms.figures import measured, together
from ocma.platforms.linkedin.elements import elements
from ocma.platforms.linkedin.measures import MEASURING, MEMBER_DAYS, MEMBER_POSTS, MEMBER_SIZE, MEMBER_TOTALS
from ocma.platforms.linkedin.refusal import NOT_PERMITTED
from ocma.platforms.linkedin.wire import Counted, Told, segment
from ocma.platforms.metrics import Measure, Measured
from ocma.platforms.questions import Question

POSTS, FOLLOWERS = "r_member_postAnalytics", "r_member_profileAnalytics"
ANALYTICS = "/rest/memberCreatorPostAnalytics"


def questions(call: Call, access: Access, first: date, end: date) -> list[Question]:
    """Of all days from `first` to before `end`. Raises PermissionMissing when no figures were granted."""
    need(access, POSTS, FOLLOWERS)
    asked = [Question(MEMBER_SIZE, partial(_followers, call, access))]
    asked += [Question([each], partial(_total, call, access, each, "q=me")) for each in MEMBER_TOTALS]
    if first < end:
        asked += [Question([each], partial(_days, call, access, each, first, end)) for each in MEMBER_DAYS]
    return asked


def need(access: Access, *scopes: str) -> None:
    """One of them, where it is known which were granted. What LinkedIn would refuse is not asked, since calls are counted."""
    if access.scopes and not any(each in access.scopes for each in scopes):
        raise NOT_PERMITTED.to_error("linkedin")


async def posts(call: Call, access: Access, ids: Sequence[str]) -> Measured:
    """Ten calls for a post. What they gave before a limit is reached is kept; what is left then is named in `refused`.

    A no to the first metric, which every version knows, is about the post; one to another, about the metric: asked no more.
    """
    need(access, POSTS)
    found: list[Measured] = []
    left = list(MEMBER_POSTS)
    for post, entity in [(each, entity) for each in ids if (entity := _entity(access, each))]:
        for measure in tuple(left):
            try:
                found.append(await _total(call, access, measure, f"q=entity&entity={entity}", post))
            except ContentRejected:
                found.append(_refused(measure))
                if measure is MEMBER_POSTS[0]:
                    break
                left.remove(measure)
            except Throttled:
                if not any(each.readings for each in found):
                    raise
                return together([*found, _refused(*left)])
    return together(found)


def _entity(access: Access, urn: str) -> str | None:
    """How a post is named there; None: it cannot be asked for, as a comment. LinkedIn's pages differ about `ugc`."""
    kinds = {"urn:li:share:": "share", "urn:li:ugcPost:": access.settings["ugc_entity"]}
    return next((f"({kind}:{segment(urn)})" for begin, kind in kinds.items() if urn.startswith(begin)), None)


async def _followers(call: Call, access: Access) -> Measured:
    need(access, FOLLOWERS)
    path = "/rest/memberFollowersCount?q=me"
    return together(measured(MEMBER_SIZE, each.figures) for each in await elements(call, access, path, Counted))


async def _total(call: Call, access: Access, measure: Measure, finder: str, post: str = "") -> Measured:
    need(access, POSTS)
    found = await elements(call, access, f"{ANALYTICS}?{finder}&queryType={measure.name}&aggregation=TOTAL", Told)
    return together(_read(measure, each, post=post) for each in found[:1])


async def _days(call: Call, access: Access, measure: Measure, first: date, end: date) -> Measured:
    need(access, POSTS)
    path = f"{ANALYTICS}?q=me&queryType={measure.name}&aggregation=DAILY&dateRange=(start:{_written(first)},end:{_written(end)})"
    return together(_of_day(measure, each, first, end) for each in await elements(call, access, path, Told))


def _of_day(measure: Measure, told: Told, first: date, end: date) -> Measured:
    if (day := told.date_range.start) is None:
        return _refused(measure)
    return _read(measure, told, **span(MEASURING, day)) if first <= day < end else Measured()


def _written(day: date) -> str:
    return f"(day:{day.day},month:{day.month},year:{day.year})"


def _read(measure: Measure, told: Told, post: str = "", start: datetime | None = None, end: datetime | None = None) -> Measured:
    if told.metric_type not in {measure.name, None}:
        return _refused(measure)
    return measured([measure], {measure.name: told.count}, post=post, start=start, end=end)


def _refused(*measures: Measure) -> Measured:
    return Measured(refused=tuple(each.name for each in measures))
