"""Whatever happens, in whatever order: a post is live at most once, and never lost.

Hypothesis makes up sequences of posts, faults, dying and sleeping workers, lost messages and people's hands; after each step and
when all is well again `story.py` compares the database with the platforms' own books. The sequences are the same in every run.
With `SEQUENCES=500` in the environment of pytest it tries 500 others, and longer ones; a second or two each.
"""

import asyncio
import os
from collections.abc import Coroutine
from typing import Any, cast

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from integration.publishing.steps.people import LATER
from integration.publishing.steps.story import FAULTS, PLATFORMS, Story
from ocma.bootstrap import Resources
from stage import Sandbox

SEQUENCES = int(os.environ.get("SEQUENCES", "0"))
SETTINGS = settings(
    max_examples=SEQUENCES or 20,
    stateful_step_count=25 if SEQUENCES else 12,
    derandomize=not SEQUENCES,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],  # real servers; a step takes what it takes
)
LIMIT = 60.0  # seconds of one step

some_platforms = st.sampled_from([("x",), ("mastodon",), ("threads",), PLATFORMS])
some_parts = st.integers(1, 3)
some_post = st.integers(0, 1)
some_stage = st.sampled_from(["prepare", "stored", "prepared", "send", "answered", "recorded"])
two_stages = st.tuples(st.sampled_from(["prepared", "send", "answered"]), st.sampled_from(["send", "answered", "prepared"]))
which = st.integers(1, 2)  # arrival at a stage


class Publishing(RuleBasedStateMachine):
    """Steps take nothing from what came before but the number of posts, so that a sequence can be run again."""

    def __init__(self, story: Story, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__()
        self.story, self.loop, self.broken = story, loop, False
        self.do(story.begin())

    def do(self, step: Coroutine[Any, Any, Any]) -> None:
        """On the loop where the servers' connections live; Hypothesis has a thread of its own."""
        try:
            asyncio.run_coroutine_threadsafe(step, self.loop).result(LIMIT)
        except BaseException:
            self.broken = True
            raise

    @initialize(platforms=some_platforms, parts=some_parts, on_unknown=st.sampled_from(["settle", "hold"]))
    def first(self, platforms: tuple[str, ...], parts: int, on_unknown: str) -> None:
        self.do(self.story.schedule(platforms, parts, on_unknown))

    @rule(platforms=some_platforms, parts=some_parts, on_unknown=st.sampled_from(["settle", "hold"]))
    def schedule(self, platforms: tuple[str, ...], parts: int, on_unknown: str) -> None:
        self.do(self.story.schedule(platforms, parts, on_unknown))

    @rule()
    def work(self) -> None:
        self.do(self.story.work())

    @rule(platform=st.sampled_from(PLATFORMS), fault=st.sampled_from(sorted(FAULTS)), after=st.integers(0, 2))
    def work_with_fault(self, platform: str, fault: str, after: int) -> None:
        self.do(self.story.work_with_fault(platform, fault, after))

    @rule(stage=some_stage, number=which)
    def die(self, stage: str, number: int) -> None:
        self.do(self.story.die(stage, number))
        self.do(self.story.lapse())  # or hardly anything could follow

    @rule(stage=some_stage, number=which)
    def fall_asleep(self, stage: str, number: int) -> None:
        self.do(self.story.fall_asleep(stage, number))

    @rule()
    def wake(self) -> None:
        self.do(self.story.wake())

    @rule(stages=two_stages, number=which, old_first=st.booleans())
    def overtake(self, stages: tuple[str, str], number: int, old_first: bool) -> None:
        self.do(self.story.overtake(stages, number, old_first=old_first))

    @rule()
    def lapse(self) -> None:
        self.do(self.story.lapse())

    @rule()
    def pass_time(self) -> None:
        self.do(self.story.pass_time())

    @rule()
    def hand_over(self) -> None:
        self.do(self.story.hand_over())

    @rule(copies=st.integers(1, 2))
    def deliver(self, copies: int) -> None:
        self.do(self.story.deliver(copies))

    @rule()
    def lose_redis(self) -> None:
        self.do(self.story.lose_redis())

    @rule(post=some_post)
    def cancel(self, post: int) -> None:
        self.do(self.story.cancel(post))

    @rule(post=some_post)
    def retry(self, post: int) -> None:
        self.do(self.story.retry(post))

    @rule(
        post=some_post,
        body=st.sampled_from([{"content": "one"}, {"content": "two", "scheduledAt": "now"}, {"scheduledAt": LATER}]),
    )
    def edit(self, post: int, body: dict[str, Any]) -> None:
        self.do(self.story.edit(post, body))

    @rule(paused=st.booleans())
    def pause_or_resume(self, paused: bool) -> None:
        self.do(self.story.pause() if paused else self.story.resume())

    @rule()
    def resolve(self) -> None:
        self.do(self.story.resolve())

    @invariant()
    def once_and_known(self) -> None:
        self.do(self.story.check())

    def teardown(self) -> None:
        """What is broken already stays as it is, for the report."""
        try:
            if not self.broken:
                self.do(self.story.end())
        finally:
            self.do(self.story.close())


X = ("schedule", ("x",), 1, "settle")
DIED = [("die", "answered", 1), ("lapse",)]  # the platform said yes to a worker that was gone by then
TOLD = [  # each finds a mistake that the workers' other precautions hide from most sequences
    [X, ("overtake_at", "prepared", "send")],  # writes that do not ask for the fence
    [X, ("overtake_at", "prepared", "answered")],
    [X, *DIED, ("cancel", 0)],  # a sweeper that takes what was sent and has no answer for not sent
    [X, *DIED, ("edit", 0, {"content": "later"})],
    [X, *DIED, ("work",), ("work",)],  # an unknown outcome that is sent again
    [("schedule", PLATFORMS, 3, "hold"), ("die", "answered", 2), ("lapse",), ("resolve",), ("die", "send", 1), ("pass_time",)],
]


@pytest.mark.parametrize("steps", TOLD)
@pytest.mark.usefixtures("unguarded")
async def test_a_sequence_that_is_told(opened: Resources, sandbox: Sandbox, steps: list[tuple[Any, ...]]):
    story = Story(opened, sandbox)
    try:
        await story.begin()
        for name, *arguments in steps:
            await getattr(story, name)(*arguments)
            await story.check()
        await story.end()
    finally:
        await story.close()


@pytest.mark.timeout(900 + 10 * SEQUENCES)  # a failure is made as short as possible first
@pytest.mark.usefixtures("unguarded")
async def test_no_sequence_of_events_doubles_or_loses_a_post(opened: Resources, sandbox: Sandbox):
    loop = asyncio.get_running_loop()

    def machine() -> Publishing:
        return Publishing(Story(opened, sandbox), loop)

    made = cast("type[RuleBasedStateMachine]", machine)  # it is only called
    await asyncio.to_thread(run_state_machine_as_test, made, settings=SETTINGS)
