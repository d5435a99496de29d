"""What OCMA_RATE_LIMIT_READ and its like may say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ocma.errors import Invalid
from ocma.infra.limits import UNITS, Policy, policies
from ocma.settings import Settings

NAMES = {"ai", "read", "write", "upload", "download", "auth"}


def found(**limits):
    given = {f"OCMA_RATE_LIMIT_{name.upper()}": text for name, text in limits.items()}
    return policies(Settings(_env_file=None, **given))


def test_every_kind_has_a_limit_by_default(monkeypatch):
    for name in NAMES:
        monkeypatch.delenv(f"OCMA_RATE_LIMIT_{name.upper()}", raising=False)
    assert set(found()) == NAMES
    assert found()["read"] == Policy("read", 3000, 60)


@settings(deadline=None)
@given(st.integers(1, 999_999_999), st.integers(1, 99_999), st.sampled_from(sorted(UNITS)))
def test_number_and_window(quota, length, unit):
    assert found(write=f" {quota}/{length}{unit}\n")["write"] == Policy("write", quota, length * UNITS[unit])


def test_off_is_none():
    assert set(found(read="off", auth=" off ")) == NAMES - {"read", "auth"}


@pytest.mark.parametrize(
    "wrong", ["", "100", "0/1m", "-1/1m", "100/0s", "100/m", "100/1w", "1.5/1m", "on", "100/1m,5/1s", "٣/1m"]
)
def test_what_cannot_be_meant_is_named(wrong):
    with pytest.raises(Invalid, match="OCMA_RATE_LIMIT_UPLOAD") as caught:
        found(upload=wrong)
    assert caught.value.rule == "settings"
    assert "600/1m" in caught.value.remediation
