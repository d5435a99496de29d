"""An upload's address takes the upload of whoever has it: it is stored encrypted, and opened by whoever goes on."""

import asyncio

import pytest

import by_hand
from by_hand import Gate
from smallest import SMALLEST

PLATFORMS = ("tiktok", "youtube")


async def begun(company, platform, mark):
    """A worker has opened an upload, stored its address and died. Gives the job, and what the row says."""
    stored, small = Gate("stored"), SMALLEST[platform]
    async with by_hand.hand(company, reached=stored) as hand:
        job = await small.schedule(company, small.text(mark))
        (claim,) = await hand.claim()
        working = asyncio.create_task(hand.work([claim]))
        await asyncio.wait_for(stored.arrived.wait(), 20)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await hand.lapse(claim)
        ((progress,),) = await hand.sql("SELECT progress::text FROM publications WHERE id = :id", id=claim.id)
    return job, progress


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_an_uploads_address_is_stored_encrypted_and_serves_the_next_worker(company, hand, sandbox, platform):
    job, progress = await begun(company, platform, "goes on")
    assert "session:0" in progress
    assert "://" not in progress  # which no ciphertext has, being letters, digits, `-` and `_`

    job = await hand.rounds(job, "completed", "failed", most=60, pause=0.3)

    assert job.status == "completed", job.publications[0].error
    assert job.publications[0].progress["steps"]["session:0"]["sealed"] in progress
    assert len(await sandbox.marked(platform, SMALLEST[platform].text("goes on"))) == 1


@pytest.mark.parametrize("platform", PLATFORMS)
async def test_what_no_key_opens_is_prepared_anew(company, hand, sandbox, platform):
    job, _ = await begun(company, platform, "begins anew")
    await hand.sql(
        """UPDATE publications SET progress = jsonb_set(progress, '{steps,session:0,sealed}',
            to_jsonb(replace(progress #>> '{steps,session:0,sealed}', 'v1.k1.', 'v1.gone.'))) WHERE post_id = :post""",
        post=job.post.id,
    )

    job = await hand.rounds(job, "completed", "failed", most=60, pause=0.3)

    assert job.status == "completed", job.publications[0].error
    assert job.publications[0].tries == 1
    assert len(await sandbox.marked(platform, SMALLEST[platform].text("begins anew"))) == 1
