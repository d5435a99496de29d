"""A model's server of our own, and consultants that ask it: as a process has them, with the tests' PostgreSQL and Valkey."""

from contextlib import asynccontextmanager

import pytest
from pydantic import BaseModel, Field

from conftest import make_settings
from model_server import KEY, MODEL, serving
from ocma import bootstrap
from ocma.features.assistant.consult import Question

DEADLINE = 4.0
PRICES = {"OCMA_AI_PRICE_INPUT": "2", "OCMA_AI_PRICE_OUTPUT": "8"}


class Mood(BaseModel):
    mood: str = Field(max_length=40)
    strength: int | None = None


def question(draft="Good morning!", *, name="mood", max_tokens=50, version=1):
    return Question(
        name=name,
        instruction="Name the mood of the draft.",
        data={"draft": draft},
        schema=Mood,
        max_tokens=max_tokens,
        version=version,
    )


def in_time(fault):
    """Little time for faults that use it up; for others enough, however busy the machine is."""
    return {"OCMA_AI_TIMEOUT_SECONDS": DEADLINE if fault in {"hang", "drip", "stream_hang"} else 60}


@pytest.fixture
async def server():
    async with serving() as server:
        server.answer = lambda _: {"mood": "sunny", "strength": 3}
        yield server


@pytest.fixture
def open_resources(services, tmp_path):
    """Resources of a process of its own whose model is at `server`."""

    @asynccontextmanager
    async def opened(server, **more):
        given = {"OPENAI_API_KEY": KEY, "OPENAI_BASE_URL": server.url, "OCMA_AI_MODEL": MODEL, **in_time(None)}
        settings = make_settings(services, OCMA_MEDIA_DIR=tmp_path, **{**given, **PRICES, **more})
        async with bootstrap.resources(settings) as resources:
            yield resources

    return opened


@pytest.fixture
async def asked(open_resources, server):
    """Resources of a process that has asked before, so that nothing has to be loaded."""
    async with open_resources(server) as resources:
        await resources.consultant.oracle.model._load(1e12)
        yield resources
