"""Media on both kinds of storage: a folder, and a bucket behind a real server."""

import httpx2
import pytest

from bucket import bucket as opened_bucket
from conftest import make_settings
from ocma import bootstrap
from ocma.entrypoints.api.app import create_app


@pytest.fixture(scope="session")
def bucket():
    with opened_bucket() as found:
        yield found


@pytest.fixture(scope="session", params=["folder", "bucket"])
async def shop(request, services, tmp_path_factory):
    """Resources whose media are on this kind of storage."""
    more = request.getfixturevalue("bucket").settings() if request.param == "bucket" else {}
    limits = {"OCMA_IMAGE_MAX_BYTES": 3_000_000, "OCMA_GIF_MAX_BYTES": 500_000, "OCMA_VIDEO_MAX_BYTES": 30_000_000}
    settings = make_settings(services, OCMA_MEDIA_DIR=tmp_path_factory.mktemp("media"), **limits, **more)
    async with bootstrap.resources(settings) as found:
        yield found


@pytest.fixture(scope="session")
async def door(shop):
    app = create_app(shop)
    client = httpx2.AsyncClient(transport=httpx2.ASGITransport(app), base_url="http://api.test")
    async with app.router.lifespan_context(app), client:
        yield client
