"""That the judge of the other tests here can find somebody guilty."""

import httpx2
import pytest

from contract.graph.wire import Broken
from contract.instagram.description import GRAPH
from contract.instagram.host import OWN

NODE = "IGUserForIGOnlyAPI"


def post(**form):
    return httpx2.Request("POST", f"{OWN}/v26.0/1/media", data=form)


@pytest.mark.parametrize(
    ("request_", "edge"),
    [
        (post(img_url="x"), "media"),
        (post(is_carousel_item="True"), "media"),
        (post(image_url="x"), "medias"),
        (httpx2.Request("GET", f"{OWN}/v26.0/1/media?fields=id,captions"), "media"),
        (httpx2.Request("GET", f"{OWN}/v26.0/1/media?until_=1"), "media"),
    ],
)
def test_guilty(request_, edge):
    request_.read()
    with pytest.raises(Broken):
        GRAPH.check(request_, NODE, edge, "IGMedia")


def test_not_guilty():
    request = post(image_url="x", caption="y", is_carousel_item="true")
    request.read()
    GRAPH.check(request, NODE, "media", "IGMedia")
