"""deploy/: alerts and the dashboard ask for nothing that OCMA does not show."""

import json
import re
from pathlib import Path

import pytest
import yaml

DEPLOY = Path(__file__).parents[3] / "deploy"
DOCUMENT = (DEPLOY.parent / "docs" / "howto" / "monitoring.md").read_text(encoding="utf-8")
RULES = [
    rule
    for group in yaml.safe_load((DEPLOY / "prometheus" / "alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((DEPLOY / "grafana" / "ocma.json").read_text(encoding="utf-8"))
PANELS = [each for each in DASHBOARD["panels"] if each["type"] != "row"]
METRIC = re.compile(r"\b((?:ocma|process)_\w+|up)\b(?:\{([^}]*)\})?")
LABELS = re.compile(r"\b(?:by|on|without|ignoring) \(([^)]*)\)")
MATCHER = re.compile(r'(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"')
PROMETHEUS = {"up": {"job", "instance"}}  # what it adds of its own, to every sample the last two
ADDED = {"job", "instance"}
EXPRESSIONS = [(rule["alert"], rule["expr"]) for rule in RULES] + [
    (panel["title"], target["expr"]) for panel in PANELS for target in panel["targets"]
]


def asked(expression):
    """(metric, matchers) of an expression; and the labels it groups or joins by."""
    metrics = [(name, MATCHER.findall(matchers or "")) for name, matchers in METRIC.findall(expression)]
    return metrics, {label.strip() for group in LABELS.findall(expression) for label in group.split(",")} - {"le"}


@pytest.fixture(scope="module")
def known(everything):
    return everything.labels | PROMETHEUS


@pytest.mark.parametrize(("where", "expression"), EXPRESSIONS, ids=[each[0] for each in EXPRESSIONS])
def test_every_metric_and_label_exists(known, everything, where, expression):
    metrics, grouped = asked(expression)
    assert metrics
    for name, matchers in metrics:
        assert name in known, name
        assert {label for label, _, _ in matchers} <= known[name] | ADDED, name
    assert grouped <= set().union(*(known[name] for name, _ in metrics)) | ADDED


VALUES = [(name, *each) for _, text in EXPRESSIONS for name, matchers in asked(text)[0] for each in matchers if each[0] != "job"]


@pytest.mark.parametrize(("name", "label", "how", "value"), sorted({each for each in VALUES if each[2] in {"=", "!="}}))
def test_what_is_compared_with_is_said_somewhere(everything, name, label, how, value):
    """A value of a label that no process has shown is known to the code, letter by letter."""
    shown = {labels.get(label) for given, labels, _ in everything.samples if given == name}
    sources = "".join(path.read_text(encoding="utf-8") for path in (DEPLOY.parent / "src" / "ocma").rglob("*.py"))
    assert value in shown or f'"{value}"' in sources or (label == "status" and re.fullmatch(r"[1-5]xx", value))


def test_alternatives_are_said_somewhere():
    known = {"publishing", "unknown", "5xx", "noConnection", "noAnswer"}
    assert {part for _, _, how, value in VALUES if how in {"=~", "!~"} for part in value.split("|")} == known


def test_every_alert_says_what_it_is_about():
    assert len(RULES) >= 12
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert rule["annotations"]["summary"]
        assert f"`{rule['alert']}`" in DOCUMENT, rule["alert"]


def test_the_dashboard_can_be_drawn():
    ids = [each["id"] for each in DASHBOARD["panels"]]
    assert len(set(ids)) == len(ids)
    for panel in PANELS:
        assert panel["datasource"]["uid"] == "${datasource}"
        assert panel["description"]
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24
    assert not list(overlaps([each["gridPos"] for each in DASHBOARD["panels"]]))


def overlaps(places):
    for index, one in enumerate(places):
        for other in places[index + 1 :]:
            beside = one["x"] + one["w"] <= other["x"] or other["x"] + other["w"] <= one["x"]
            above = one["y"] + one["h"] <= other["y"] or other["y"] + other["h"] <= one["y"]
            if not (beside or above):
                yield one, other


def test_every_number_of_ours_is_explained(everything):
    ours = {re.sub(r"_(bucket|count|sum|created|total)$", "", name) for name in everything.labels if name.startswith("ocma_")}
    assert sorted(each for each in ours if f"`{each}`" not in DOCUMENT) == []


def test_the_reader_of_expressions_reads_them():
    text = 'max by (a, b) (ocma_x{c="d", e=~"f|g"}) / on (h) up'
    assert asked(text) == ([("ocma_x", [("c", "=", "d"), ("e", "=~", "f|g")]), ("up", [])], {"a", "b", "h"})
