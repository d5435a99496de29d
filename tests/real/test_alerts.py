"""deploy/prometheus/alerts.yml as Prometheus itself reads it: every alert fires where it has to, and nowhere else."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from real import promtool
from real.debian import Unobtainable

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
TESTS = Path(__file__).parent / "alerts_test.yml"

pytestmark = [pytest.mark.real, pytest.mark.timeout(600)]  # the package is large


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("alerts")
    for path in (RULES, TESTS):
        shutil.copy(path, folder)
    try:
        program, why = promtool.program(), ""
    except Unobtainable as error:
        program, why = None, str(error)
    if program is None:
        pytest.fail(why, pytrace=False)

    def run(*arguments):
        return subprocess.run([program, *arguments], cwd=folder, capture_output=True, text=True, timeout=60, check=False)

    return run


def test_the_rules_are_rules(run):
    done = run("check", "rules", "--lint-fatal", RULES.name)
    assert done.returncode == 0, done.stderr


def test_they_fire_where_they_have_to(run):
    done = run("test", "rules", TESTS.name)
    assert done.returncode == 0, done.stdout + done.stderr


def test_each_has_a_case_in_which_it_fires_and_one_in_which_it_does_not():
    asked = [each for test in yaml.safe_load(TESTS.read_text(encoding="utf-8"))["tests"] for each in test["alert_rule_test"]]
    alerts = {rule["alert"] for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]}
    assert {each["alertname"] for each in asked if each["exp_alerts"]} == alerts
    assert {each["alertname"] for each in asked if not each["exp_alerts"]} == alerts
