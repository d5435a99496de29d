"""Measuring pages and their posts: counters are fields of the post, everything else its insights."""

from collections.abc import AsyncGenerator
from dataclasses import replace
from datetime import datetime

from ocma.platforms.connector import Access
from ocma.platforms.errors import PlatformError
from ocma.platforms.facebook.measures import DAYS, INSIGHTS, POST, VIDEO, VIDEO_INSIGHTS
from ocma.platforms.facebook.search import url
from ocma.platforms.figures import together
from ocma.platforms.meta.asking import ask
from ocma.platforms.meta.days import windows
from ocma.platforms.meta.graph import Graph
from ocma.platforms.meta.insights import Insights, readings, within, word
from ocma.platforms.meta.live import is_missing
from ocma.platforms.meta.measuring import FIELDS, Question, about, allow, counters, days_since, insights, list_since
from ocma.platforms.meta.wire import at, read
from ocma.platforms.metrics import Measure, Measured, Seen, Target

LONGEST = 89  # days of one answer: about 90, and clocks change
SHOWN = ("id", "message", "created_time", "permalink_url")


def written(measure: Measure) -> str:
    """As it is asked for; a summary is given only with the list that it is of, which may be empty."""
    return f"{word(measure)}.summary(true).limit(0)" if ".summary." in measure.name else word(measure)


async def measure_account(graph: Graph, access: Access, since: datetime, now: datetime) -> Measured:
    allow(access, graph.manifest)
    page, table = access.profile_id, graph.manifest.measuring
    fields = Question(at(access, page), table.asked("account", FIELDS), about(access, "page fields", page))
    now_is, _ = await counters(graph, access, fields, written)
    days = days_since(graph.manifest, since, now)
    of_days = Question(at(access, page, "insights"), table.asked("account", DAYS), about(access, "page", page))
    told = [
        await insights(graph, access, replace(of_days, query={"period": "day", **each.query}))
        for each in reversed(windows(days, LONGEST))
    ]
    return within(together([now_is, *told]), days)


async def measure_post(graph: Graph, access: Access, post: Target) -> Measured:
    """A bare id is a video that has no post of its own, or a story; nor is there anything at the post of a reel."""
    (kind,) = POST if "_" in post.id else VIDEO
    counted = await _count(graph, access, post, kind)
    found = await _insights(graph, access, post, kind)
    if len(found.refused) < len(graph.manifest.measuring.asked("post", INSIGHTS, kind)):
        return together([counted, found])
    watched = await _watch(graph, access, post)
    return together([counted, watched if watched.readings else together([found, watched])])


async def _count(graph: Graph, access: Access, post: Target, kind: str) -> Measured:
    measures, thing = graph.manifest.measuring.asked("post", FIELDS, kind), about(access, f"{kind} fields", post.id)
    found, _ = await counters(graph, access, Question(at(access, post.id), measures, thing, post=post.id), written)
    return found


async def _insights(graph: Graph, access: Access, post: Target, kind: str) -> Measured:
    measures = graph.manifest.measuring.asked("post", INSIGHTS, kind)
    path, thing = at(access, post.id, "insights"), about(access, kind, post.id)
    try:
        return await insights(graph, access, Question(path, measures, thing, post=post.id))
    except PlatformError as error:
        if is_missing(error):  # its counters are there, so it is; only this edge is not
            return Measured(refused=tuple(each.name for each in measures))
        raise


async def _watch(graph: Graph, access: Access, post: Target) -> Measured:
    """Reels have figures of their own, under the video's id. Which of them live is in doubt, so it gives what it has."""
    measures = graph.manifest.measuring.asked("post", VIDEO_INSIGHTS, *VIDEO)
    path = at(access, post.id.rpartition("_")[2], "video_insights")

    async def question(_: object) -> Insights:
        return read(await graph.call(access, "GET", path), Insights, graph.manifest.key)

    try:
        asked = await ask(measures, lambda _: VIDEO_INSIGHTS, question, graph.names, about(access, VIDEO_INSIGHTS, post.id))
    except PlatformError as error:
        if is_missing(error):  # no video is called that
            return Measured()
        raise
    told = [readings(measures, each, post=post.id) for each in asked.answers]
    return together([*told, Measured(refused=asked.refused)])


async def list_posts(graph: Graph, access: Access, since: datetime) -> AsyncGenerator[Seen]:
    allow(access, graph.manifest)
    measures = graph.manifest.measuring.asked("post", FIELDS, *POST)
    fields, path = [*SHOWN, *dict.fromkeys(map(written, measures))], at(access, access.profile_id, "published_posts")
    async for each in list_since(graph, access, path, fields, since):
        yield each.seen(url(each.url, each.id), measures)
