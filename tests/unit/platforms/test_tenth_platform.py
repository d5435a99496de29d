"""A platform of a third party: one entry point, and nothing of OCMA's is touched."""

import os
import subprocess
import sys

import pytest

import pigeon
from ocma.entrypoints.cli.env_template import render
from ocma.errors import Invalid
from ocma.features.accounts.facts import platform_view
from ocma.platforms.check import check
from ocma.platforms.configuration import endpoints, find_app, variables
from ocma.platforms.content import Content, Part
from ocma.platforms.grant import App
from ocma.platforms.registry import connectors, get_connector, manifests


@pytest.fixture
def installed(tmp_path, monkeypatch):
    """Beside the nine, for as long as the test takes."""
    monkeypatch.syspath_prepend(pigeon.install(tmp_path))
    connectors.cache_clear()
    yield tmp_path
    connectors.cache_clear()
    sys.modules.pop("pigeon_post", None)


def test_it_is_not_there_by_itself():
    assert "pigeon" not in connectors()


def test_it_is_in_the_registry_among_the_others(installed):
    keys = [each.key for each in manifests()]

    assert len(keys) == 10
    assert keys == sorted(keys)
    assert get_connector("pigeon") is get_connector("Dove") is connectors()["pigeon"]
    with pytest.raises(Invalid, match="mastodon, pigeon, threads"):
        get_connector("owl")


def test_its_settings_are_read_from_variables_of_its_own(installed):
    manifest = get_connector("pigeon").manifest

    assert variables(manifest) == {
        "OCMA_PIGEON_API_URL": "https://api.pigeon.example",
        "OCMA_PIGEON_AUTH_URL": "https://pigeon.example",
        "OCMA_PIGEON_LOFT": "north",
        "OCMA_PIGEON_QUOTAS": "off",
    }
    assert endpoints(manifest, {"OCMA_PIGEON_LOFT": "south"}).settings == {"loft": "south"}
    assert find_app(manifest, {"PIGEON_ID": "ours", "PIGEON_SECRET": "s3cret"}) == App("ours", "s3cret")
    assert {"PIGEON_ID=", "PIGEON_SECRET=", "# OCMA_PIGEON_LOFT=north"} <= set(render().splitlines())


def test_a_draft_is_held_to_its_rules(installed):
    manifest = get_connector("pigeon").manifest

    assert check(Content((Part("Coo."),)), manifest) == []
    issues = check(Content((Part("Coo. " * 5), Part("Coo."))), manifest)
    assert {each.code for each in issues} == {"pigeon.text.length", "pigeon.thread.length"}
    assert {each.platform for each in issues} == {"pigeon"}


def test_it_is_shown_like_the_others(installed):
    view = platform_view(get_connector("pigeon"), {"pigeon": True}, [], None).model_dump(by_alias=True)

    assert (view["platform"], view["name"], view["aliases"], view["configured"]) == ("pigeon", "Pigeon Post", ["dove"], True)
    assert "publish" in view["abilities"]


def test_the_program_itself_knows_it(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(pigeon.install(tmp_path))}
    told = subprocess.run(
        [sys.executable, "-m", "ocma", "env-template"], env=environment, capture_output=True, text=True, check=True, timeout=60
    )

    assert "# OCMA_PIGEON_API_URL=https://api.pigeon.example" in told.stdout.splitlines()
