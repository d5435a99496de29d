"""Where the real PDS comes from. Nothing here needs a network or a server."""

import json
import subprocess

import pytest

from real.debian import Unobtainable
from real.pds_packages import PACKAGES, VARIABLE, node, packages

NAMES = ("@atproto/pds", "@did-plc/server")


def holding(folder, *names):
    for name in names:
        (folder / "node_modules" / name).mkdir(parents=True)
        (folder / "node_modules" / name / "package.json").write_text("{}")
    return folder


def test_a_chosen_folder_is_used(tmp_path):
    chosen = holding(tmp_path / "chosen", *NAMES)
    assert packages({VARIABLE: str(chosen)}, tmp_path / "cache") == chosen.resolve()
    assert not (tmp_path / "cache").exists()


def test_a_folder_without_the_packages_is_named_with_what_to_do(tmp_path):
    chosen = holding(tmp_path / "chosen", NAMES[0])
    with pytest.raises(Unobtainable) as missing:
        packages({VARIABLE: str(chosen)}, tmp_path)
    assert f"{VARIABLE}={chosen}" in str(missing.value)
    assert "node_modules with @did-plc/server" in str(missing.value)
    assert "npm" in str(missing.value)


def test_the_tools_bring_a_node_that_is_new_enough():
    said = subprocess.run([node().node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
    assert int(said.removeprefix("v").partition(".")[0]) >= 22
    assert node().npm.is_file()


def test_the_lock_holds_what_is_asked_for_and_says_what_it_must_be():
    asked = json.loads((PACKAGES / "package.json").read_text())
    locked = json.loads((PACKAGES / "package-lock.json").read_text())["packages"]
    wanted = {**asked["dependencies"], **asked["overrides"]}
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted
    assert [name for name, package in locked.items() if name and not package.get("integrity")] == []
