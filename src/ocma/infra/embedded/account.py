"""The account the servers run as. PostgreSQL refuses to run as root, so root lends it an unprivileged one."""

import os
import pwd
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ocma.errors import Unavailable

# initdb looks the account up, so a bare number is not enough: it needs an entry in the account database.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    name: str
    uid: int
    gid: int


def find_account(owned: Iterable[Path]) -> Account | None:
    """None when we are an ordinary user and stay so. Root: the owner of one of `owned`, else a candidate."""
    if os.geteuid() != 0:
        return None
    owners = {path.stat().st_uid for path in owned if path.exists()} - {0}
    entry = _entry_of(min(owners)) if owners else _first_candidate()
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _entry_of(uid: int) -> pwd.struct_passwd:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        raise Unavailable(
            f"The data folder belongs to user id {uid}, which has no account on this machine.",
            remediation="Give it to an account that exists (chown -R), or choose another folder with --data.",
        ) from None


def _first_candidate() -> pwd.struct_passwd:
    known = {entry.pw_name: entry for entry in pwd.getpwall() if entry.pw_uid != 0}
    for name in CANDIDATES:
        if name in known:
            return known[name]
    raise Unavailable(
        "PostgreSQL does not run as root, and this machine has neither an account `postgres` nor `nobody`.",
        remediation="Run OCMA as an ordinary user, or create one of the two accounts.",
    )


def find_closed(account: Account, folder: Path) -> Path | None:
    """The outermost folder on the way to (and including) `folder` that the account may not enter."""
    for each in [*reversed(folder.parents), folder]:
        if not _may_enter(account, each.stat()):
            return each
    return None


def _may_enter(account: Account, found: os.stat_result) -> bool:
    if found.st_uid == account.uid:
        return bool(found.st_mode & stat.S_IXUSR)
    if found.st_gid == account.gid:
        return bool(found.st_mode & stat.S_IXGRP)
    return bool(found.st_mode & stat.S_IXOTH)
