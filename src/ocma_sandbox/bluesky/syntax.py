"""The string formats of the AT Protocol, each with the name that a refusal gives it."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?"
HANDLE = re.compile(rf"(?:{_LABEL}\.)+[a-zA-Z](?:[a-zA-Z0-9-]{{0,61}}[a-zA-Z0-9])?")
DID = re.compile(r"did:[a-z]+:[a-zA-Z0-9._:%-]*[a-zA-Z0-9._-]")
NSID = re.compile(r"[a-zA-Z](?:[a-zA-Z0-9-]{0,62})(?:\.[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,62}))+\.[a-zA-Z][a-zA-Z0-9]{0,62}")
RECORD_KEY = re.compile(r"[a-zA-Z0-9_~.:-]{1,512}")
TID = re.compile(r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}")
CID = re.compile(r"[a-zA-Z0-9+=]{8,256}")
RAW_CID = re.compile(r"bafkrei[a-z2-7]{52}")
LANGUAGE = re.compile(r"(?:i|[a-z]{2,3})(?:-[a-z0-9]{1,8})*", re.IGNORECASE)
URI = re.compile(r"[a-z][a-z0-9.+-]*:[^\s]+", re.IGNORECASE)
DATETIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,20})?(?:Z|[+-]\d\d:\d\d)")
AT_URI = re.compile(r"at://(?P<authority>[^/\s#]+)(?:/(?P<collection>[^/\s#]+)(?:/(?P<rkey>[^/\s#]+))?)?")


@dataclass(frozen=True)
class AtUri:
    authority: str
    collection: str
    rkey: str


def is_handle(text: str) -> bool:
    return len(text) <= 253 and HANDLE.fullmatch(text) is not None


def is_did(text: str) -> bool:
    return len(text) <= 2048 and DID.fullmatch(text) is not None


def is_at_identifier(text: str) -> bool:
    return is_did(text) or is_handle(text)


def is_nsid(text: str) -> bool:
    return len(text) <= 317 and NSID.fullmatch(text) is not None


def is_record_key(text: str) -> bool:
    return text not in {".", ".."} and RECORD_KEY.fullmatch(text) is not None


def is_tid(text: str) -> bool:
    return TID.fullmatch(text) is not None


def is_datetime(text: str) -> bool:
    """RFC 3339 with a zone. The 30th of February is one, too: the reference takes it for a day in March."""
    if DATETIME.fullmatch(text) is None or text.endswith("-00:00") or not 1 <= int(text[8:10]) <= 31:
        return False
    try:
        datetime.fromisoformat(f"{text[:8]}01{text[10:]}")
    except ValueError:
        return False
    return True


def is_at_uri(text: str) -> bool:
    found = AT_URI.fullmatch(text)
    if found is None or not is_at_identifier(found["authority"]):
        return False
    collection, rkey = found["collection"], found["rkey"]
    return (collection is None or is_nsid(collection)) and (rkey is None or is_record_key(rkey))


def read_at_uri(text: str) -> AtUri | None:
    """None also for the address of a whole repository or collection."""
    found = AT_URI.fullmatch(text) if is_at_uri(text) else None
    if found is None or found["rkey"] is None:
        return None
    return AtUri(found["authority"], found["collection"], found["rkey"])


def _matches(pattern: re.Pattern[str]) -> Callable[[str], bool]:
    return lambda text: pattern.fullmatch(text) is not None


FORMATS: Mapping[str, tuple[str, Callable[[str], bool]]] = {
    "at-identifier": ("AT identifier", is_at_identifier),
    "at-uri": ("at-uri", is_at_uri),
    "cid": ("CID string", _matches(CID)),
    "datetime": ("datetime", is_datetime),
    "did": ("DID", is_did),
    "handle": ("handle", is_handle),
    "language": ("language", _matches(LANGUAGE)),
    "nsid": ("NSID", is_nsid),
    "record-key": ("record key", is_record_key),
    "tid": ("TID string", is_tid),
    "uri": ("uri", _matches(URI)),
}
