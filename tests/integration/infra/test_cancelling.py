"""Who asks again and again ends when it is cancelled, at whatever instant: libraries forget a cancellation that comes with an answer."""

import asyncio

import pytest

from cancelling import count_going_on, went_on
from integration.infra.test_sending_once import YES, Users, serving
from ocma.infra.outbound import Outbound


async def answer_soon(wire):
    while True:
        await wire.read()
        await asyncio.sleep(0.001)
        await wire.write(YES)


async def asks(client):
    while True:
        assert (await client.get("/")).status_code == 200


@pytest.mark.parametrize("outbound", [Outbound, Users])
async def test_a_question_that_is_cancelled_is_over(outbound):
    way = outbound()
    async with serving(answer_soon) as (url, seen), way.client(url, chosen=outbound is Outbound) as client:
        found = await count_going_on(lambda: went_on(asks(client), 0.05), 600)
    await way.close()
    assert found == 0
    assert seen["GET"] > 100
