from contextlib import ExitStack

import pytest

from real.debian import Unobtainable
from real.pds import started as start_pds
from real.pds_packages import may_be_left_out
from real.snac import started


@pytest.fixture(scope="session")
def snac(tmp_path_factory):
    """A real server with the users alice and bob. Fails, and never skips, where it cannot be had."""
    with ExitStack() as stack:
        try:
            server, why = stack.enter_context(started(tmp_path_factory.mktemp("snac"), users=("alice", "bob"))), ""
        except Unobtainable as error:
            server, why = None, str(error)
        if server is None:
            pytest.fail(why, pytrace=False)
        yield server


@pytest.fixture(scope="session")
def pds(tmp_path_factory):
    """A real Bluesky PDS with the users alice and bob. Left out, and said so, only where none can be had; never where CI is set."""
    with ExitStack() as stack:
        try:
            server = stack.enter_context(start_pds(tmp_path_factory.mktemp("pds"), users=("alice", "bob")))
        except Unobtainable as error:
            (pytest.skip if may_be_left_out(error) else pytest.fail)(str(error))
        yield server
