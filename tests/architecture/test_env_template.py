"""`.env.template` is what the program says it reads; filling in nothing changes nothing."""

import os
import re
from pathlib import Path

import pytest
from dotenv import dotenv_values

from ocma.entrypoints.cli.env_template import COMING_VARIABLES, render
from ocma.platforms.configuration import variables
from ocma.platforms.registry import manifests
from ocma.settings import Settings

ROOT = Path(__file__).parents[2]
TEMPLATE = ROOT / ".env.template"
NAMED_BY_THE_MISSION = {
    "DATABASE_URL",
    "REDIS_URL",
    "OPENAI_API_KEY",
    "TWITTER_CLIENT_ID",
    "TWITTER_CLIENT_SECRET",
    "FACEBOOK_APP_ID",
    "LINKEDIN_CLIENT_ID",
}


@pytest.fixture
def no_environment(monkeypatch):
    for name in os.environ:
        monkeypatch.delenv(name)


def names(text: str) -> set[str]:
    return set(re.findall(r"^(?:# )?([A-Z][A-Z0-9_]+)=", text, re.MULTILINE))


def test_the_file_is_what_is_generated():
    assert TEMPLATE.read_text(encoding="utf-8") == render(), "run `make format`"


def test_every_setting_and_every_platform_is_in_it():
    settings = {str(field.alias) for field in Settings.model_fields.values()}
    apps = {name for each in manifests() for name in (each.setup.client_id, each.setup.client_secret) if name}
    places = {name for each in manifests() for name in variables(each)}

    assert names(render()) == settings | apps | places | set(COMING_VARIABLES)
    assert names(render()) >= NAMED_BY_THE_MISSION


def test_every_setting_says_what_it_is_for():
    silent = [name for name, field in Settings.model_fields.items() if not (field.alias and field.description)]

    assert silent == []


def test_a_copy_that_nobody_filled_in_changes_nothing(no_environment):
    assert Settings(_env_file=TEMPLATE) == Settings(_env_file=None)
    assert set(dotenv_values(TEMPLATE).values()) == {""}


def test_a_default_that_is_uncommented_is_the_default(no_environment, tmp_path):
    uncommented = re.sub(r"^# (?=[A-Z][A-Z0-9_]+=.)", "", render(), flags=re.MULTILINE)
    (tmp_path / ".env").write_text(uncommented, encoding="utf-8")

    assert Settings(_env_file=tmp_path / ".env") == Settings(_env_file=None)


def test_what_is_to_come_is_not_read_yet():
    source = {path: path.read_text(encoding="utf-8") for path in (ROOT / "src").rglob("*.py") if path.name != "env_template.py"}
    read = [(str(path), name) for path, text in source.items() for name in COMING_VARIABLES if name in text]

    assert read == []
