"""Content identifiers as the AT Protocol makes them: SHA-256 over DAG-CBOR for records, over the bytes for blobs."""

import base64
import hashlib
from typing import Any

_SHA256 = b"\x12\x20"
_DAG_CBOR, _RAW = b"\x01\x71", b"\x01\x55"


def of_record(value: Any) -> str:
    return _text(_DAG_CBOR + _SHA256 + hashlib.sha256(encode(value)).digest())


def of_blob(sha256: str) -> str:
    """From the bytes' digest in hexadecimal."""
    return _text(_RAW + _SHA256 + bytes.fromhex(sha256))


def _text(raw: bytes) -> str:
    return "b" + base64.b32encode(raw).decode().rstrip("=").lower()


def _raw(text: str) -> bytes:
    padded = text[1:].upper()
    return base64.b32decode(padded + "=" * (-len(padded) % 8))


def encode(value: Any) -> bytes:
    """DAG-CBOR, the one canonical form: no floats, keys by length and then by bytes."""
    if value is None or isinstance(value, bool):
        return {None: b"\xf6", False: b"\xf4", True: b"\xf5"}[value]
    if isinstance(value, int):
        return _head(0, value) if value >= 0 else _head(1, -1 - value)
    if isinstance(value, str):
        return _head(3, len(value.encode())) + value.encode()
    if isinstance(value, list):
        return _head(4, len(value)) + b"".join(encode(item) for item in value)
    if isinstance(value, dict):
        return _mapping(value)
    raise TypeError(f"{type(value).__name__} is no AT Protocol data")


def _mapping(value: dict[str, Any]) -> bytes:
    if value.keys() == {"$link"}:
        raw = b"\x00" + _raw(value["$link"])
        return _head(6, 42) + _head(2, len(raw)) + raw
    if value.keys() == {"$bytes"}:
        raw = base64.b64decode(value["$bytes"] + "=" * (-len(value["$bytes"]) % 4))
        return _head(2, len(raw)) + raw
    names = sorted(value, key=lambda name: (len(name.encode()), name.encode()))
    return _head(5, len(value)) + b"".join(encode(name) + encode(value[name]) for name in names)


def _head(major: int, number: int) -> bytes:
    if number < 24:
        return bytes([major << 5 | number])
    for code, size in ((24, 1), (25, 2), (26, 4)):
        if number < 1 << 8 * size:
            return bytes([major << 5 | code]) + number.to_bytes(size, "big")
    return bytes([major << 5 | 27]) + number.to_bytes(8, "big")
