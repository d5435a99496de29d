"""The JSON bodies that the Data API takes, in the terms of `shape`, and reading them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from starlette.requests import Request

from ocma_sandbox import shape
from ocma_sandbox.world import World
from ocma_sandbox.youtube import errors, settings

Json = dict[str, Any]

TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
ANY = {"type": "object", "open": True}


def _object(properties: Mapping[str, Any], *required: str) -> Json:
    return {"type": "object", "properties": properties, "required": required}


def _texts(*names: str) -> Json:
    return dict.fromkeys(names, TEXT)


SNIPPET = _object(
    {
        **_texts("title", "description", "categoryId", "defaultLanguage", "defaultAudioLanguage"),
        "tags": {"type": "array", "items": TEXT},
        # what only YouTube sets is known, and ignored
        **_texts("channelId", "channelTitle", "publishedAt", "liveBroadcastContent"),
        **dict.fromkeys(("thumbnails", "localized"), ANY),
    }
)
STATUS = _object(
    {
        "privacyStatus": {"type": "string", "enum": ("public", "unlisted", "private")},
        "license": {"type": "string", "enum": ("youtube", "creativeCommon")},
        **_texts("publishAt", "uploadStatus", "failureReason", "rejectionReason"),
        **dict.fromkeys(("embeddable", "publicStatsViewable", "selfDeclaredMadeForKids", "madeForKids"), FLAG),
        "containsSyntheticMedia": FLAG,
    }
)
VIDEO = _object(
    {
        **_texts("id", "kind", "etag"),
        "snippet": SNIPPET,
        "status": STATUS,
        **dict.fromkeys(("localizations", "recordingDetails", "paidProductPlacementDetails"), ANY),
    }
)
_REPLY = _object(_texts("textOriginal", "parentId", "videoId", "channelId"))
REPLY = _object({**_texts("id", "kind", "etag"), "snippet": _REPLY}, "snippet")
THREAD = _object(
    {
        **_texts("id", "kind", "etag"),
        "snippet": _object({**_texts("videoId", "channelId"), "topLevelComment": REPLY}, "topLevelComment"),
    },
    "snippet",
)


async def read(world: World, request: Request, schema: Json) -> Json:
    """400 with the first thing that is wrong. Unknown names are refused, as Google does: youtube.strict_bodies."""
    raw = await request.body()
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if raw and kind != "application/json":
        raise errors.malformed(f"Content-Type must be application/json, not {kind!r}.", "parseError")
    try:
        body = json.loads(raw or b"{}")
    except ValueError:
        raise errors.malformed("Parse Error", "parseError") from None
    issue = next(shape.check(schema if settings.of(world).strict_bodies else _opened(schema), body), None)
    if issue is not None:
        raise errors.malformed(f"Invalid JSON payload received. {issue.message}")
    return body


def _opened(schema: Mapping[str, Any]) -> Json:
    inner = {name: _opened(value) for name, value in schema.get("properties", {}).items()}
    return {**schema, **({"open": True, "properties": inner} if schema["type"] == "object" else {})}


def parts(request: Request, known: Iterable[str]) -> list[str]:
    """The parts of a resource that a request names."""
    wanted = [part for value in request.query_params.getlist("part") for part in value.split(",") if part]
    for part in wanted:
        if part not in known:
            raise errors.refused(400, "unknownPart", f"'{part}'", "youtube.part")
    return list(dict.fromkeys(wanted))


def listed(request: Request, name: str) -> list[str]:
    values = [value for text in request.query_params.getlist(name) for value in text.split(",") if value]
    return list(dict.fromkeys(values))
