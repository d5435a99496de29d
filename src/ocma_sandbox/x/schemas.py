"""What X's bodies may hold, after the published description (version 2.167). Unknown keys are refused."""

from typing import Any

Json = dict[str, Any]

NUMBER_ID = {"type": "string", "pattern": "^[0-9]{1,19}$"}
TEXT = {"type": "string"}
FLAG = {"type": "boolean"}
AUDIENCE = {"type": "string", "enum": ("following", "mentionedUsers", "subscribers", "verified")}
CATEGORIES = ("amplify_video", "tweet_gif", "tweet_image", "tweet_video", "dm_gif", "dm_image", "dm_video", "subtitles")
MEDIA_TYPES = (
    *("video/mp4", "video/webm", "video/mp2t", "video/quicktime", "text/srt", "text/vtt", "image/jpeg", "image/gif"),
    *("image/bmp", "image/png", "image/webp", "image/pjpeg", "image/tiff", "model/gltf-binary"),
    "model/vnd.usdz+zip",
)


def _object(required: tuple[str, ...] = (), **properties: Json) -> Json:
    return {"type": "object", "required": required, "properties": properties}


def _list(items: Json, low: int, high: int | None) -> Json:
    return {"type": "array", "items": items, "minItems": low, "maxItems": high}


_MEDIA = _object(
    ("media_ids",),
    media_ids=_list(NUMBER_ID, 1, 4),
    tagged_user_ids=_list(NUMBER_ID, 0, 10),
    call_to_actions=_object(
        app_install=_object(app_store_id=TEXT, ipad_app_store_id=TEXT, play_store_id=TEXT),
        visit_site=_object(("url",), url=TEXT),
        watch_now=_object(("url",), url=TEXT),
    ),
    description=TEXT,
    embeddable=FLAG,
    preview_media_id=NUMBER_ID,
    title=TEXT,
)
_POLL = _object(
    ("options", "duration_minutes"),
    options=_list({"type": "string", "minLength": 1, "maxLength": 25}, 2, 4),
    duration_minutes={"type": "integer", "minimum": 5, "maximum": 10080},
    reply_settings=AUDIENCE,
)
_REPLY = _object(
    ("in_reply_to_tweet_id",),
    in_reply_to_tweet_id=NUMBER_ID,
    exclude_reply_user_ids=_list(TEXT, 0, None),
    auto_populate_reply_metadata=FLAG,
)

CREATE_POST = _object(
    text=TEXT,
    media=_MEDIA,
    poll=_POLL,
    reply=_REPLY,
    quote_tweet_id=NUMBER_ID,
    reply_settings=AUDIENCE,
    made_with_ai=FLAG,
    paid_partnership=FLAG,
    community_id=NUMBER_ID,
    share_with_followers=FLAG,
    nullcast=FLAG,
    card_uri=TEXT,
    geo=_object(("place_id",), place_id=TEXT),
    edit_options=_object(("previous_post_id",), previous_post_id=NUMBER_ID),
    for_super_followers_only=FLAG,
    direct_message_deep_link=TEXT,
)

# The description marks none of the first three as required; an upload cannot begin without them.
INITIALIZE_UPLOAD = _object(
    ("media_type", "total_bytes", "media_category"),
    media_type={"type": "string", "enum": MEDIA_TYPES},
    total_bytes={"type": "integer", "minimum": 0, "maximum": 17_179_869_184},
    media_category={"type": "string", "enum": CATEGORIES},
    shared=FLAG,
    additional_owners=_list(NUMBER_ID, 0, None),
)

UPLOAD = _object(
    ("media", "media_category"),
    media=TEXT,
    media_category={"type": "string", "enum": tuple(name for name in CATEGORIES if name != "amplify_video")},
    additional_owners=TEXT,
)

APPEND_UPLOAD = _object(("media", "segment_index"), media=TEXT, segment_index={"type": "integer", "minimum": 0, "maximum": 999})

MEDIA_METADATA = {
    **_object(
        ("id",),
        id=NUMBER_ID,
        metadata={
            **_object(
                alt_text={**_object(("text",), text={"type": "string", "maxLength": 1000}), "open": True},
            ),
            "open": True,
        },
    ),
    "open": True,
}
