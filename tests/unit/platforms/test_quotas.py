"""The operator's own quotas, in the words of OCMA_X_QUOTAS."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ocma.errors import Invalid
from ocma.platforms.configuration import quotas, write_quotas
from ocma.platforms.manifest import Quota
from ocma.platforms.registry import manifests
from ocma.platforms.x.manifest import MANIFEST

QUOTAS = st.builds(
    Quota,
    calls=st.integers(1, 999_999_999),
    per=st.integers(1, 999_999).map(lambda seconds: timedelta(seconds=seconds)),
    on=st.sampled_from(["publish", "media"]),
    of=st.sampled_from(["account", "app"]),
)


def test_without_a_word_the_manifest_counts():
    assert quotas(MANIFEST, {}) == quotas(MANIFEST, {"OCMA_X_QUOTAS": " "}) == MANIFEST.quotas


def test_the_operators_word_replaces_all_of_it():
    found = quotas(MANIFEST, {"OCMA_X_QUOTAS": "publish:account=17/1d, publish:app=500/30d"})
    assert found == (Quota(17, timedelta(days=1)), Quota(500, timedelta(days=30), of="app"))


def test_off_is_none():
    assert quotas(MANIFEST, {"OCMA_X_QUOTAS": "off"}) == ()


@given(st.lists(QUOTAS, max_size=4).map(tuple))
def test_what_is_written_is_read(given):
    assert quotas(MANIFEST, {"OCMA_X_QUOTAS": write_quotas(given)}) == given


@pytest.mark.parametrize("manifest", list(manifests()), ids=lambda each: each.key)
def test_every_default_can_be_written(manifest):
    name = f"OCMA_{manifest.key.upper()}_QUOTAS"
    assert quotas(manifest, {name: write_quotas(manifest.quotas)}) == manifest.quotas


@pytest.mark.parametrize(
    "wrong", ["100", "publish=1/1m", "publish:account=0/1m", "publish:account=1/1w", "on", "publish:team=1/1m"]
)
def test_what_cannot_be_meant_is_named(wrong):
    with pytest.raises(Invalid, match="OCMA_X_QUOTAS") as caught:
        quotas(MANIFEST, {"OCMA_X_QUOTAS": f"publish:account=1/1m,{wrong}"})
    assert "publish:account=100/15m" in caught.value.remediation
