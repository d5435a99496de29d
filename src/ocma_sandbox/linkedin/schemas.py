"""What LinkedIn's bodies may hold. Unknown keys are refused."""

from typing import Any

Json = dict[str, Any]

TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
COUNT = {"type": "integer", "minimum": 0}
ANYTHING = {"type": "object", "open": True}


def _object(required: tuple[str, ...] = (), **properties: Json) -> Json:
    return {"type": "object", "required": required, "properties": properties}


def _list(items: Json, low: int = 0, high: int | None = None) -> Json:
    return {"type": "array", "items": items, "minItems": low, "maxItems": high}


def _one_of(*values: str) -> Json:
    return {"type": "string", "enum": values}


_DISTRIBUTION = _object(
    ("feedDistribution",),
    feedDistribution=_one_of("MAIN_FEED", "NONE"),
    targetEntities=_list(ANYTHING),
    thirdPartyDistributionChannels=_list(ANYTHING),
)
_POLL = _object(
    ("question", "options", "settings"),
    question=TEXT,
    options=_list(_object(("text",), text=TEXT), 2, 4),
    settings=_object(
        ("duration",),
        duration=_one_of("ONE_DAY", "THREE_DAYS", "ONE_WEEK", "TWO_WEEKS"),
        voteSelectionType=_one_of("SINGLE_VOTE", "MULTIPLE_VOTE"),
        isVoterVisibleToAuthor=FLAG,
    ),
)
_CONTENT = _object(
    media=_object(("id",), id=TEXT, altText=TEXT, title=TEXT),
    multiImage=_object(("images",), images=_list(_object(("id",), id=TEXT, altText=TEXT), 2, 20), altText=TEXT),
    article=_object(("source",), source=TEXT, title=TEXT, description=TEXT, thumbnail=TEXT, thumbnailAltText=TEXT),
    poll=_POLL,
)

CREATE_POST = _object(
    ("author", "commentary", "visibility", "distribution", "lifecycleState"),
    author=TEXT,
    commentary=TEXT,
    visibility=_one_of("PUBLIC", "CONNECTIONS", "LOGGED_IN"),
    distribution=_DISTRIBUTION,
    lifecycleState=_one_of("PUBLISHED"),
    isReshareDisabledByAuthor=FLAG,
    content=_CONTENT,
    reshareContext=_object(("parent",), parent=TEXT, root=TEXT),
    contentLandingPage=TEXT,
    contentCallToActionLabel=TEXT,
)
UPDATE_POST = _object(("patch",), patch=_object(("$set",), **{"$set": _object(("commentary",), commentary=TEXT)}))

CREATE_COMMENT = _object(
    ("actor", "message"),
    actor=TEXT,
    object=TEXT,
    message=_object(("text",), text=TEXT, attributes=_list(ANYTHING)),
    parentComment=TEXT,
)

INITIALIZE_UPLOAD = _object(("initializeUploadRequest",), initializeUploadRequest=_object(("owner",), owner=TEXT))
INITIALIZE_VIDEO = _object(
    ("initializeUploadRequest",),
    initializeUploadRequest=_object(
        ("owner", "fileSizeBytes"), owner=TEXT, fileSizeBytes=COUNT, uploadCaptions=FLAG, uploadThumbnail=FLAG
    ),
)
FINALIZE_VIDEO = _object(
    ("finalizeUploadRequest",),
    finalizeUploadRequest=_object(
        ("video", "uploadToken", "uploadedPartIds"), video=TEXT, uploadToken=TEXT, uploadedPartIds=_list(TEXT, 1)
    ),
)
