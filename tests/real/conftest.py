import pytest

from real.debian import Unobtainable
from real.snac import started


@pytest.fixture(scope="session")
def snac(tmp_path_factory):
    """A real server with the users alice and bob. Fails, and never skips, where it cannot be had."""
    try:
        with started(tmp_path_factory.mktemp("snac"), users=("alice", "bob")) as server:
            yield server
    except Unobtainable as error:
        pytest.fail(str(error), pytrace=False)
