import pytest

from ocma_sandbox.shape import check

SCHEMA = {
    "type": "object",
    "required": ("name",),
    "properties": {
        "name": {"type": "string", "minLength": 2, "maxLength": 4},
        "count": {"type": "integer", "minimum": 1, "maximum": 3},
        "share": {"type": "number"},
        "kind": {"type": "string", "enum": ("a", "b")},
        "ids": {"type": "array", "minItems": 1, "maxItems": 2, "items": {"type": "string", "pattern": "^[0-9]+$"}},
        "inner": {"type": "object", "properties": {"on": {"type": "boolean"}}},
    },
}


def paths(value):
    return [issue.path for issue in check(SCHEMA, value)]


def test_what_fits_has_no_issue():
    assert paths({"name": "abc", "count": 2, "share": 0.5, "kind": "a", "ids": ["1"], "inner": {"on": True}}) == []


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ([], "$"),
        ({}, "$.name"),
        ({"name": None}, "$.name"),
        ({"name": "a"}, "$.name"),
        ({"name": "abcde"}, "$.name"),
        ({"name": "abc", "other": 1}, "$.other"),
        ({"name": "abc", "count": True}, "$.count"),
        ({"name": "abc", "count": 0}, "$.count"),
        ({"name": "abc", "count": 4}, "$.count"),
        ({"name": "abc", "share": "1"}, "$.share"),
        ({"name": "abc", "kind": "c"}, "$.kind"),
        ({"name": "abc", "ids": []}, "$.ids"),
        ({"name": "abc", "ids": ["1", "2", "3"]}, "$.ids"),
        ({"name": "abc", "ids": ["1", "x"]}, "$.ids[1]"),
        ({"name": "abc", "ids": ["1\n"]}, "$.ids[0]"),
        ({"name": "abc", "inner": {"on": 1}}, "$.inner.on"),
        ({"name": "abc", "inner": {"off": True}}, "$.inner.off"),
    ],
)
def test_what_does_not_fit_is_named(value, path):
    assert paths(value) == [path]


def test_all_issues_come_at_once():
    assert paths({"count": 9, "other": 1}) == ["$.name", "$.count", "$.other"]
