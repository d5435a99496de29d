import os
import signal
import sys
import tempfile
from pathlib import Path

import pytest

from integration.infra.embedded.installation import ROOT, Installation
from ocma.infra.embedded import folder
from ocma.infra.embedded.account import Account, find_closed


@pytest.fixture(autouse=True, scope="session")
def hang_ups():
    """Under nohup, and on some build machines, a hang-up is ignored, and so by every process that a test starts."""
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, before)


@pytest.fixture
def scratch():
    """A folder that every account can reach, which pytest's own is not when root runs it."""
    path = Path(tempfile.mkdtemp(prefix="ocma-test-"))
    path.chmod(0o755)
    yield path
    for each in path.iterdir():
        folder.remove(each)
    folder.remove(path)


@pytest.fixture
def installation(scratch):
    made = Installation(scratch)
    yield made
    made.end()


@pytest.fixture
def root():
    if os.geteuid() != 0:
        pytest.skip("only root has this")


@pytest.fixture
def nobody(root):
    return Account("nobody", 65534, 65534)


@pytest.fixture
def nobodys_installation(nobody, scratch):
    """Run by an ordinary user; needs an interpreter of our version and a checkout which that user can reach."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    candidates = [Path(sys.executable).resolve(), Path("/usr/bin") / version, Path("/usr/local/bin") / version]
    python = next((each for each in candidates if each.exists() and not find_closed(nobody, each.parent)), None)
    if python is None or find_closed(nobody, ROOT):
        pytest.skip("no interpreter or checkout within an ordinary user's reach")
    os.chown(scratch, nobody.uid, nobody.gid)
    made = Installation(scratch, str(python), nobody)
    yield made
    made.end()
