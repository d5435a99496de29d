import pytest
from pydantic import ValidationError

from ocma.features.workspaces.schemas import NewWorkspace, Registration, WorkspaceChange

ACCOUNT = {"email": "ann@example.com", "password": "twelve chars"}


def test_a_registration():
    wanted = Registration.model_validate({**ACCOUNT, "workspaceName": " Ann's "})
    assert wanted.workspace_name == "Ann's"
    assert "twelve" not in repr(wanted)


@pytest.mark.parametrize(
    "wrong",
    [
        {"email": "ann"},
        {"email": "ann@localhost"},
        {"email": "ann@example.com\x00"},
        {"password": "eleven char"},
        {"password": "x" * 1025},
        {"workspaceName": "  "},
        {"name": "x" * 101},
        {"nobody": "knows this"},
    ],
)
def test_a_registration_that_is_refused(wrong):
    with pytest.raises(ValidationError) as caught:
        Registration.model_validate({**ACCOUNT, **wrong})
    assert [".".join(map(str, error["loc"])) for error in caught.value.errors()] == list(wrong)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "America/Argentina/Buenos_Aires"])
def test_time_zones_of_the_iana(zone):
    assert NewWorkspace(name="x", timezone=zone).timezone == zone


@pytest.mark.parametrize("zone", ["", "Berlin", "europe/berlin", "UTC+1", "../../etc/passwd", "Europe/Berlin\x00", "x" * 1000])
def test_and_no_others(zone):
    with pytest.raises(ValidationError):
        NewWorkspace(name="x", timezone=zone)


def test_a_change_leaves_out_and_does_not_empty():
    assert WorkspaceChange.model_validate({"name": "New"}).model_dump(exclude_unset=True) == {"name": "New"}
    for field in ("name", "timezone", "onUnknown"):
        with pytest.raises(ValidationError, match="not null"):
            WorkspaceChange.model_validate({field: None})
