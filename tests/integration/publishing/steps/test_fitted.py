"""What arrives at a platform of a file: a version that fits, by the platform's own books."""

import hashlib
import io

import pytest
from PIL import Image

from answers import good, problem

PDF = b"""%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
trailer<</Root 1 0 R>>
%%EOF
"""


def photograph() -> bytes:
    """Taken with the camera on its side, and telling so; with what took it."""
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    file = io.BytesIO()
    Image.effect_noise((160, 90), 60).convert("RGB").save(file, "JPEG", exif=exif)
    return file.getvalue()


def drawing() -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (64, 48), "teal").save(file, "PNG")
    return file.getvalue()


async def keep(door, content):
    return good(await door.post("/api/media", files={"file": ("a", content, "image/png")}), 201)["id"]


@pytest.mark.parametrize("platform", ["x", "mastodon"])
async def test_a_photograph_arrives_upright_and_a_drawing_as_it_is(company, sandbox, door, hand, platform):
    media = [await keep(door, photograph()), await keep(door, drawing())]
    text = f"two pictures on {platform}"
    job = await company.schedule(text, await company.connect(platform, f"fits_{platform[:3]}"), mediaIds=media)
    assert (await hand.rounds(job, "completed", "failed")).status == "completed"
    ((photo, drawn),) = [each["media"] for each in await sandbox.books(platform, text)]
    assert (photo["width"], photo["height"]) == (90, 160)
    rows = good(await door.get(f"/api/media/{media[0]}/renditions"))["data"]
    assert [(each["state"], each["size"]) for each in rows] == [("ready", photo["size"])]
    assert drawn["sha256"] == hashlib.sha256(drawing()).hexdigest()
    assert good(await door.get(f"/api/media/{media[1]}/renditions"))["data"] == []


def large() -> bytes:
    """More than X takes of a picture: noise does not compress."""
    file = io.BytesIO()
    Image.effect_noise((2600, 2600), 90).convert("RGB").save(file, "PNG")
    return file.getvalue()


async def test_what_a_rendition_will_mend_is_no_reason_to_refuse_a_post_and_is_made_ahead(company, door):
    content = large()
    assert len(content) > 5 * 1024 * 1024
    medium, account = await keep(door, content), await company.connect("x", "large_one")
    await company.schedule("too large as it is", account, mediaIds=[medium], scheduledAt="2030-01-01T12:00:00Z")
    assert len(good(await door.get(f"/api/media/{medium}/renditions"))["data"]) == 1  # long before the post is due


async def test_what_no_rendition_can_mend_is_refused(company, door):
    account = await company.connect("x", "pdf_one")
    medium = good(await door.post("/api/media", files={"file": ("a", PDF, "application/pdf")}), 201)["id"]
    body = {"content": "a document", "accountIds": [str(account.id)], "mediaIds": [medium], "scheduledAt": "now"}
    problem(await door.post("/api/queue/schedule", json=body), 422, "checkFailed")
