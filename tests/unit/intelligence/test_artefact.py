"""What is kept comes back; what is not a model is named, and nothing in a file is ever run."""

import hashlib
import io
import json
import pickle
import zipfile

import numpy as np
import pytest

from ocma.errors import Invalid, NotFound
from ocma.intelligence import artefact
from ocma.intelligence.artefact import Artefact, load, looked_for_in, save

ARRAYS = {
    "weights": np.arange(12, dtype=np.float16).reshape(3, 4),
    "hashed": np.array([[-128, 127]], dtype=np.int8),
    "known": np.array([True, False]),
    "none": np.zeros((0, 3), dtype=np.float32),
    "one": np.array(2.5),
}
WORDS = {"terms": ("good", "bad day", "größe 🙂"), "nothing": ()}


def model(**changes):
    return Artefact(**{"name": "probe", "arrays": ARRAYS, "words": WORDS, "card": {"summary": "A probe.", "n": 1.5}, **changes})


def npy(array):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, allow_pickle=True)
    return file.getvalue()


def forge(folder, members, *, arrays=None, **told):
    """A file of anybody's making whose card agrees with it."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    data = packed.getvalue()
    (folder / "probe.npz").write_bytes(data)
    about = {"format": 1, "name": "probe", "digest": hashlib.sha256(data).hexdigest(), "arrays": arrays or {}, "card": {}, **told}
    (folder / "probe.json").write_text(json.dumps(about), encoding="utf-8")


def test_what_is_kept_comes_back(tmp_path):
    size = save(model(), tmp_path)
    found = load("probe", tmp_path)

    assert found.words == WORDS
    assert found.card == {"summary": "A probe.", "n": 1.5}
    assert found.arrays.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert found.arrays[name].dtype == array.dtype
        assert found.arrays[name].shape == array.shape
        np.testing.assert_array_equal(found.arrays[name], array)
    assert size == sum(path.stat().st_size for path in tmp_path.iterdir())


def test_the_same_model_is_the_same_bytes(tmp_path):
    for folder in ("a", "b"):
        save(model(arrays=dict(reversed(ARRAYS.items())) if folder == "b" else ARRAYS), tmp_path / folder)

    for name in ("probe.npz", "probe.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_model_is_read_once_and_shared_and_cannot_be_written_to(tmp_path):
    save(model(), tmp_path)
    found = load("probe", tmp_path)

    assert load("probe", tmp_path) is found
    with pytest.raises(ValueError, match="read-only"):
        found.arrays["weights"][0] = 1


def test_a_model_kept_again_is_read_again(tmp_path):
    save(model(), tmp_path)
    load("probe", tmp_path)
    save(model(card={"summary": "Another."}), tmp_path)

    assert load("probe", tmp_path).card == {"summary": "Another."}


def test_models_of_another_folder_can_stand_in(tmp_path):
    save(model(), tmp_path)

    with looked_for_in(tmp_path):
        assert load("probe").card["n"] == 1.5
    with pytest.raises(NotFound, match="no model probe"):
        load("probe")


@pytest.mark.parametrize("name", ["../probe", "/etc/passwd", "", "Probe", "a.b", "probe\n"])
def test_a_name_is_no_path(tmp_path, name):
    with pytest.raises(Invalid, match="cannot be named"):
        load(name, tmp_path)


def test_a_missing_model_is_named(tmp_path):
    with pytest.raises(NotFound, match=r"no model probe in .*"):
        load("probe", tmp_path)


@pytest.mark.parametrize("keep", [0, 1, 10, 200, -1, -30])
@pytest.mark.parametrize("suffix", ["npz", "json"])
def test_a_file_cut_short_is_refused(tmp_path, suffix, keep):
    save(model(), tmp_path)
    path = tmp_path / f"probe.{suffix}"
    path.write_bytes(path.read_bytes()[:keep] if keep != -1 or suffix == "npz" else path.read_bytes()[:-2])

    with pytest.raises(Invalid, match="is broken"):
        load("probe", tmp_path)


def test_a_missing_half_is_refused(tmp_path):
    save(model(), tmp_path)
    (tmp_path / "probe.npz").unlink()

    with pytest.raises(Invalid, match="is broken"):
        load("probe", tmp_path)


def test_every_changed_byte_is_seen(tmp_path):
    save(model(), tmp_path)
    path = tmp_path / "probe.npz"
    whole = path.read_bytes()
    for at in range(0, len(whole), 7):
        artefact._load.cache_clear()
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        with pytest.raises(Invalid, match="not the file that"):
            load("probe", tmp_path)


class Trap:
    def __reduce__(self):
        return (open, ("trap-was-run", "w"))


def test_a_pickle_is_never_opened(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    forge(tmp_path, {"weights.npy": npy(np.array([Trap()], dtype=object))}, arrays={"weights": ["|O", 1]})

    with pytest.raises(Invalid, match="plain numbers"):
        load("probe", tmp_path)
    forge(tmp_path, {"weights.npy": pickle.dumps(Trap())}, arrays={"weights": ["<f8", 1]})
    with pytest.raises(Invalid, match="is broken"):
        load("probe", tmp_path)
    assert not (tmp_path / "trap-was-run").exists()


@pytest.mark.parametrize(
    ("array", "claimed"),
    [
        (np.array([np.nan]), ["<f8", 1]),
        (np.array([np.inf], dtype=np.float16), ["<f2", 1]),
        (np.array(["text"]), ["<U4", 1]),
        (np.array([1], dtype="M8[s]"), ["<M8[s]", 1]),
        (np.array([(1, 2)], dtype=[("a", "i4"), ("b", "i4")]), ["|V8", 1]),
        (np.zeros((2, 3)), ["<f8", 3, 2]),
        (np.zeros(3, dtype=np.float32), ["<f8", 3]),
        (np.asfortranarray(np.zeros((2, 3))), ["<f8", 2, 3]),
    ],
)
def test_what_is_no_plain_finite_array_of_the_told_shape_is_refused(tmp_path, array, claimed):
    forge(tmp_path, {"weights.npy": npy(array)}, arrays={"weights": claimed})

    with pytest.raises(Invalid, match="is broken"):
        load("probe", tmp_path)


def test_a_header_that_claims_more_than_there_is_takes_no_memory(tmp_path):
    honest = npy(np.zeros(8, dtype=np.float64))
    lying = honest.replace(b"(8,), }" + 12 * b" ", b"(8000000000000,), }")
    assert lying != honest
    assert len(lying) == len(honest)
    forge(tmp_path, {"weights.npy": lying}, arrays={"weights": ["<f8", 8000000000000]})

    with pytest.raises(Invalid, match="not as long as its shape"):
        load("probe", tmp_path)


def test_a_header_that_is_none_is_refused(tmp_path):
    for unread in (b"(8", b"{'descr:", b"[" * 50):
        honest = npy(np.zeros(8))
        forge(tmp_path, {"weights.npy": honest[:10] + unread + honest[10 + len(unread) :]}, arrays={"weights": ["<f8", 8]})
        with pytest.raises(Invalid, match="is broken"):
            load("probe", tmp_path)


def test_a_small_file_that_unpacks_to_a_large_one_is_refused(tmp_path):
    forge(tmp_path, {"weights.npy": npy(np.zeros(9_000_000))}, arrays={"weights": ["<f8", 9_000_000]})

    with pytest.raises(Invalid, match="unpacked it is larger"):
        load("probe", tmp_path)


def test_a_word_list_is_text(tmp_path):
    forge(tmp_path, {"words.terms.npy": npy(np.array([0xFF], dtype=np.uint8))}, arrays={"words.terms": ["|u1", 1]})

    with pytest.raises(Invalid, match="is broken"):
        load("probe", tmp_path)


@pytest.mark.parametrize(
    "told", [{"format": 2}, {"name": "other"}, {"card": []}, {"arrays": {"more": ["<f8", 1]}}, {"digest": None}]
)
def test_a_card_of_something_else_is_refused(tmp_path, told):
    forge(tmp_path, {"weights.npy": npy(np.zeros(1))}, **{"arrays": {"weights": ["<f8", 1]}, **told})

    with pytest.raises(Invalid, match="is broken"):
        load("probe", tmp_path)


@pytest.mark.parametrize("text", ["[]", "null", "3", "{}", '{"format": 1}', "\\x00", '{"format": NaN}'])
def test_a_card_that_is_none_is_refused(tmp_path, text):
    save(model(), tmp_path)
    (tmp_path / "probe.json").write_text(text, encoding="utf-8")

    with pytest.raises(Invalid, match="is broken"):
        load("probe", tmp_path)


@pytest.mark.parametrize(
    "changes",
    [
        {"arrays": {"weights": np.array([np.nan])}},
        {"arrays": {"weights": np.array([None])}},
        {"arrays": {"../weights": np.zeros(1)}},
        {"words": {"terms": ("two\nlines",)}},
        {"words": {"terms": ("",)}},
        {"card": {"n": float("nan")}},
        {"name": "../probe"},
    ],
)
def test_what_would_not_be_read_is_not_kept(tmp_path, changes):
    with pytest.raises(Invalid):
        save(model(**changes), tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_model_stays_small(tmp_path):
    noise = np.random.default_rng(0).integers(0, 255, 5_100_000, dtype=np.uint8)

    with pytest.raises(Invalid, match="larger than 5,000,000 bytes"):
        save(model(arrays={"weights": noise}), tmp_path)
    assert list(tmp_path.iterdir()) == []
