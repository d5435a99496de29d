"""A trained model as files: `NAME.npz` (arrays and word lists, never pickles) and `NAME.json` (its card)."""

import hashlib
import io
import json
import re
import zipfile
from collections.abc import Generator, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from ocma.errors import Invalid, NotFound

FORMAT = 1
SHIPPED = Path(__file__).parent / "models"
LARGEST = 5_000_000  # bytes of a file
_UNPACKED = 64_000_000  # bytes of all arrays: a small file may not become a large process
_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")
_WORDS = "words."  # a word list's array begins with that; it is UTF-8, a word a line
_folder: ContextVar[Path] = ContextVar("folder", default=SHIPPED)


@dataclass(frozen=True, slots=True, eq=False)
class Artefact:
    """`arrays`: numbers and truth values, finite, not to be written to. `card`: JSON, for people (see `ocma models card`)."""

    name: str
    arrays: Mapping[str, np.ndarray]
    words: Mapping[str, tuple[str, ...]]
    card: Mapping[str, Any]

    def array(self, name: str, *shape: int) -> np.ndarray:
        """Raises Invalid when there is none of that shape."""
        found = self.arrays.get(name)
        if found is None or found.shape != shape:
            told = "none" if found is None else f"one of {found.shape}"
            raise Invalid(f"The model {self.name} should have an array {name} of {shape}: it has {told}.", code="modelBroken")
        return found

    def listed(self, name: str) -> tuple[str, ...]:
        """A word list. Raises Invalid when there is none, or a word stands in it twice."""
        found = self.words.get(name)
        if found is None or len(set(found)) != len(found):
            raise Invalid(f"The model {self.name} should have a word list {name}, no word twice.", code="modelBroken")
        return found


@contextmanager
def looked_for_in(folder: Path) -> Generator[None]:
    """Inside, `load` takes models from there."""
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)


def load(name: str, folder: Path | None = None) -> Artefact:
    """Read once per process. Raises NotFound when there is none, Invalid when a file is not what it should be."""
    if not _NAME.fullmatch(name):
        raise Invalid(f"A model cannot be named {name!r}.", code="modelName")
    return _load(name, folder or _folder.get())


@lru_cache(maxsize=64)
def _load(name: str, folder: Path) -> Artefact:
    about = folder / f"{name}.json"
    if not about.is_file():
        raise NotFound(
            f"There is no model {name} in {folder}.", code="modelMissing", remediation="`ocma models list` shows which there are."
        )
    try:
        return _read(name, about, folder / f"{name}.npz")
    except Exception as error:  # whatever the readers of zip, JSON and numpy make of bytes that anybody may have written
        why = str(error).partition("\n")[0] or type(error).__name__
        raise Invalid(
            f"The model {name} in {folder} is broken: {why}",
            code="modelBroken",
            remediation="Install OCMA anew, or train it again with `ocma models train`.",
        ) from error


def _read(name: str, about: Path, packed: Path) -> Artefact:
    told = json.loads(_bytes(about).decode("utf-8"))
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise ValueError(f"{about.name} is not of format {FORMAT}")
    if told["name"] != name or not isinstance(told["card"], dict):
        raise ValueError(f"{about.name} is not the card of {name}")
    data = _bytes(packed)
    if hashlib.sha256(data).hexdigest() != told["digest"]:
        raise ValueError(f"{packed.name} is not the file that {about.name} tells of")
    found = dict(_unpack(data))
    if {each: _shape(array) for each, array in found.items()} != told["arrays"]:
        raise ValueError(f"{packed.name} does not hold the arrays that {about.name} tells of")
    words = {each.removeprefix(_WORDS): _split(array) for each, array in found.items() if each.startswith(_WORDS)}
    arrays = {each: array for each, array in found.items() if not each.startswith(_WORDS)}
    return Artefact(name, arrays, words, told["card"])


def _bytes(path: Path) -> bytes:
    with path.open("rb") as file:
        data = file.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise ValueError(f"{path.name} is larger than {LARGEST:,} bytes")
    return data


def _unpack(data: bytes) -> Iterator[tuple[str, np.ndarray]]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        members = archive.infolist()
        if sum(each.file_size for each in members) > _UNPACKED:
            raise ValueError(f"unpacked it is larger than {_UNPACKED:,} bytes")
        for member in members:
            yield member.filename.removesuffix(".npy"), _array(member.filename, archive.read(member))


def _array(name: str, data: bytes) -> np.ndarray:
    """By numpy's header, but never by its reader, which makes room for whatever shape a header claims."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError(f"{name} is of an unknown version")
    shape, fortran, dtype = np.lib.format.read_array_header_1_0(file)
    body = data[file.tell() :]
    if fortran or dtype.kind not in "biuf" or any(each < 0 for each in shape):
        raise ValueError(f"{name} does not hold plain numbers")
    if int(np.prod(shape, dtype=object)) * dtype.itemsize != len(body):
        raise ValueError(f"{name} is not as long as its shape {shape} says")
    array = np.frombuffer(body, dtype=dtype).reshape(shape)
    _check_finite(name, array)
    return array


def _check_finite(name: str, array: np.ndarray) -> None:
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise ValueError(f"{name} holds what is no finite number")


def _split(array: np.ndarray) -> tuple[str, ...]:
    text = array.tobytes().decode("utf-8")
    return tuple(text.split("\n")) if text else ()


def _shape(array: np.ndarray) -> list[Any]:
    return [array.dtype.str, *array.shape]


def save(artefact: Artefact, folder: Path) -> int:
    """Writes both files, the same bytes for the same model, and returns how many. Raises Invalid for what `load` would refuse."""
    try:
        data, shapes = _pack(artefact)
        about = _about(artefact, data, shapes)
    except ValueError as error:
        raise Invalid(f"The model {artefact.name} cannot be kept: {error}", code="modelBroken") from error
    if max(len(data), len(about)) > LARGEST:
        raise Invalid(f"The model {artefact.name} is larger than {LARGEST:,} bytes.", code="modelTooLarge")
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{artefact.name}.npz").write_bytes(data)
    (folder / f"{artefact.name}.json").write_bytes(about)
    _load.cache_clear()
    return len(data) + len(about)


def _about(artefact: Artefact, data: bytes, shapes: Mapping[str, list[Any]]) -> bytes:
    told = {
        "format": FORMAT,
        "name": artefact.name,
        "digest": hashlib.sha256(data).hexdigest(),
        "arrays": shapes,
        "card": artefact.card,
    }
    return (json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n").encode()


def _pack(artefact: Artefact) -> tuple[bytes, dict[str, list[Any]]]:
    arrays = {**artefact.arrays, **{_WORDS + each: _join(words) for each, words in artefact.words.items()}}
    if unfit := [each for each in (artefact.name, *arrays) if not _NAME.fullmatch(each.removeprefix(_WORDS))]:
        raise ValueError(f"nothing can be named {unfit[0]!r}")
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(arrays):
            member = zipfile.ZipInfo(f"{name}.npy")  # dated 1980, so that the same model is the same bytes
            member.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(member, _written(name, arrays[name]))
    return packed.getvalue(), {name: _shape(arrays[name]) for name in sorted(arrays)}


def _written(name: str, array: np.ndarray) -> bytes:
    if array.dtype.kind not in "biuf":
        raise ValueError(f"{name} does not hold plain numbers")
    _check_finite(name, array)
    file = io.BytesIO()
    np.lib.format.write_array(file, np.ascontiguousarray(array).reshape(array.shape), version=(1, 0), allow_pickle=False)
    return file.getvalue()


def _join(words: tuple[str, ...]) -> np.ndarray:
    if any("\n" in each for each in words) or words == ("",):
        raise ValueError("a word of a list is a line by itself")
    return np.frombuffer("\n".join(words).encode("utf-8"), dtype=np.uint8)
