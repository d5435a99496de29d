"""The data folder: everything one installation keeps, below one path.

    ocma.lock            who runs it (folder_lock.py)
    ports.json           the ports of the last start
    secrets/             passwords, made once
    logs/                a file per process
    servers/             PostgreSQL's and Valkey's own data; a link when root's folder is out of their account's reach

Root runs the servers under an unprivileged account, which must be able to walk to its files. No folder above ours is
ever opened for that: when one is closed, `servers` becomes a link to a new folder below /var/lib/ocma.
"""

import os
import secrets
import shutil
import stat
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ocma.errors import Conflict, Unavailable
from ocma.infra.embedded import folder_lock, private_file
from ocma.infra.embedded.account import Account, find_account, find_closed

ELSEWHERE = Path("/var/lib/ocma")
ORIGIN = "origin"
SERVERS = ("postgres", "valkey")


@dataclass(frozen=True, slots=True)
class DataFolder:
    """`servers` is the real place, links followed. `account` None: the servers run as we do."""

    path: Path
    servers: Path
    account: Account | None

    def log(self, name: str) -> Path:
        return self.path / "logs" / f"{name}.log"

    def secret(self, name: str) -> str:
        """A password under this name, made the first time."""
        return private_file.read_or_make(self.path / "secrets" / name, private_file.new_password)

    def give(self, path: Path) -> Path:
        """Hands a file or folder of ours to the servers' account."""
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid, follow_symlinks=False)
        return path

    def home(self, server: str) -> Path:
        """A server's own folder, made when missing; nobody else may look inside."""
        path = self.servers / server
        path.mkdir(mode=0o700, exist_ok=True)
        return self.give(path)


def create(path: Path) -> Path:
    """The folder as an absolute path, made when missing. Root's is opened for passing through, if it is new or ours."""
    path = path.expanduser().resolve()
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.geteuid() == 0 and _is_ours(path):
            path.chmod(stat.S_IMODE(path.stat().st_mode) | stat.S_IXOTH)
    except OSError as error:
        raise _unusable(path, error) from error
    return path


def _is_ours(path: Path) -> bool:
    return (path / folder_lock.NAME).exists() or not any(path.iterdir())


def prepare(path: Path, say: Callable[[str], None]) -> DataFolder:
    """Makes what belongs inside. The caller holds the lock."""
    try:
        for name in ("secrets", "logs"):
            (path / name).mkdir(mode=0o700, exist_ok=True)
        return _with_servers(path, say)
    except OSError as error:
        raise _unusable(path, error) from error


def _with_servers(path: Path, say: Callable[[str], None]) -> DataFolder:
    servers = path / "servers"
    account = find_account(servers / name for name in SERVERS)
    if servers.is_symlink() and not servers.exists():
        raise Conflict(
            f"{servers} leads to {servers.readlink()}, which holds the database and is gone.",
            remediation=f"Put it back, or remove {path} to start anew.",
        )
    if not servers.exists():
        _make_servers(servers, find_closed(account, path) if account else None, say)
    folder = DataFolder(path, servers.resolve(), account)
    if account and (closed := find_closed(account, folder.servers)):
        raise Unavailable(
            f"{closed} is closed to the account {account.name}, which runs the servers in {folder.servers}.",
            remediation=f"chmod o+x {closed}, or choose another folder with --data, e.g. /var/lib/my-ocma.",
        )
    return folder


def _make_servers(servers: Path, closed: Path | None, say: Callable[[str], None]) -> None:
    """Stays ours; the servers' account walks through it to the folders inside that are its own."""
    if closed is None:
        _make_passage(servers)
    else:
        servers.symlink_to(_make_elsewhere(servers.parent, closed, say))


def _make_passage(path: Path) -> None:
    path.mkdir(exist_ok=True)
    path.chmod(0o711 if os.geteuid() == 0 else 0o700)


def _make_elsewhere(path: Path, closed: Path, say: Callable[[str], None]) -> Path:
    """A new name each time: data of a folder that somebody removed is never taken for the data of the next one."""
    earlier = [each.parent for each in ELSEWHERE.glob(f"*/{ORIGIN}") if each.read_text(encoding="utf-8") == str(path)]
    target = ELSEWHERE / f"{path.name.lstrip('.') or 'data'}-{secrets.token_hex(4)}"
    for each in (ELSEWHERE, target):
        _make_passage(each)
    (target / ORIGIN).write_text(str(path), encoding="utf-8")
    say(f"{closed} is closed to the servers' account, so their data is kept in {target}.")
    for each in earlier:
        say(f"{each} holds data of an earlier {path}; remove it if you do not need it.")
    return target


def remove(path: Path) -> None:
    """Removes the folder and what it keeps elsewhere. For throw-away folders."""
    shutil.rmtree((path / "servers").resolve(), ignore_errors=True)
    shutil.rmtree(path, ignore_errors=True)


def _unusable(path: Path, error: OSError) -> Unavailable:
    return Unavailable(
        f"The data folder {path} cannot be used: {error.strerror or error} ({error.filename or path}).",
        remediation="Choose a folder of your own with --data.",
    )
