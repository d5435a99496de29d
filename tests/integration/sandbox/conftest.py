from collections.abc import Iterator

import pytest

from integration.sandbox.walks import Clock, Control, MastodonApp, MastodonUser, XApp, XUser
from ocma_sandbox.config import Config
from ocma_sandbox.server import running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def url(clock: Clock) -> Iterator[str]:
    """A fresh sandbox in this process, on a free port, with a clock that the test moves."""
    with running(Config(clock=clock, seed=7)) as address:
        yield address


@pytest.fixture
def control(url: str) -> Control:
    return Control(url)


@pytest.fixture
def x(url: str) -> XApp:
    return XApp(url)


@pytest.fixture
def alice(x: XApp) -> XUser:
    return x.connect("alice")


@pytest.fixture
def mastodon(url: str) -> MastodonApp:
    return MastodonApp(url)


@pytest.fixture
def ann(mastodon: MastodonApp) -> MastodonUser:
    return mastodon.connect("ann")
