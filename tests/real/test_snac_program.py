"""Where the real server's program comes from. Nothing here needs a network or a server."""

import stat

import pytest

from real.debian import Source, Unobtainable, sources
from real.snac import VARIABLE, program

SUITE = "bookworm-backports"
DEB822 = """# a comment
Types: deb deb-src
URIs: http://mirror.example/debian
# another
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Enabled: no
Types: deb
URIs: http://off.example/debian
Suites: bookworm
Components: main

Types: deb
URIs: https://vendor.example/apt
Suites: bookworm
Components: stable
"""
ONE_LINE = """# deb http://commented.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main contrib # ours
deb http://mirror.example/debian-security bookworm-security main
deb https://vendor.example/apt bookworm stable
deb http://second.example/debian/ trixie non-free main
"""


@pytest.fixture
def etc(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    return tmp_path


def test_a_mirror_is_derived_from_deb822_with_its_keys(etc):
    (etc / "sources.list.d" / "debian.sources").write_text(DEB822)
    (source,) = sources(SUITE, etc)
    assert source.ending == "sources"
    assert source.content == (
        "types: deb\nuris: http://mirror.example/debian\nsuites: bookworm-backports\ncomponents: main\n"
        "signed-by: -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mQINBF\n -----END PGP PUBLIC KEY BLOCK-----\n"
    )


def test_mirrors_are_derived_from_one_line_sources_with_their_options(etc):
    (etc / "sources.list").write_text(ONE_LINE)
    (etc / "sources.list.d" / "again.list").write_text(ONE_LINE)
    assert sources(SUITE, etc) == [
        Source("list", "deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm-backports main\n"),
        Source("list", "deb http://second.example/debian/ bookworm-backports main\n"),
    ]


def test_a_machine_without_a_debian_mirror_has_none(etc):
    (etc / "sources.list").write_text("deb http://archive.example/ubuntu noble main universe\n")
    assert sources(SUITE, etc) == []


def script(folder, text):
    path = folder / "snac"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def test_a_chosen_program_is_used(tmp_path):
    chosen = script(tmp_path, "echo 'snac 2.75 - A simple, minimalistic ActivityPub instance'; exit 1")
    assert program({VARIABLE: str(chosen)}, tmp_path / "cache") == chosen.resolve()
    assert not (tmp_path / "cache").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [("echo hello", "hello"), ("echo 'error while loading shared libraries: libcurl.so.4' >&2; exit 127", "libcurl.so.4")],
)
def test_a_program_that_does_not_work_is_named_with_what_to_do(tmp_path, text, said):
    chosen = script(tmp_path, text)
    with pytest.raises(Unobtainable) as missing:
        program({VARIABLE: str(chosen)}, tmp_path)
    assert said in str(missing.value)
    assert str(chosen) in str(missing.value)
    assert "libcurl4" in str(missing.value)


def test_a_program_that_is_not_there_is_named_with_what_to_do(tmp_path):
    with pytest.raises(Unobtainable, match=f"{VARIABLE}=/no/snac cannot be run: No such file"):
        program({VARIABLE: "/no/snac"}, tmp_path)
