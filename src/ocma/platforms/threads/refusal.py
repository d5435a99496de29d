"""What Threads says in its own way; the rest is as in all of Meta's APIs (meta/refusal.py)."""

import httpx2

from ocma.platforms.errors import AccountRestricted, ContentRejected, PlatformUnavailable, PreparationLost
from ocma.platforms.meta.refusal import CHECKPOINT, MINUTE, WAIT, Table
from ocma.platforms.refusals import LONGEST, Refusal

REACH = "See that the file's public address answers without redirects, and that nothing keeps Meta's crawler from it."
VIDEO = "Convert it: MP4 or MOV, H.264 or HEVC with AAC, 23 to 60 pictures a second, at most 5 minutes and 1920 pixels wide."


def _rejected(rule: str, why: str, remediation: str) -> Refusal:
    return Refusal(ContentRejected, rule, f"{{name}} {why}.", remediation)


def _video(rule: str, why: str) -> Refusal:
    return _rejected(rule, f"cannot use the file: {why}", VIDEO)


def _anew(rule: str, why: str, remediation: str = "Nothing: it is prepared anew.") -> Refusal:
    return Refusal(PreparationLost, rule, f"{{name}} {why}.", remediation)


BLOCKED = Refusal(AccountRestricted, "actionBlocked", "{name} has blocked this account's action.", CHECKPOINT)
RESTRICTED = Refusal(AccountRestricted, "restricted", "{name} has restricted this account.", CHECKPOINT)
PARENT = Refusal(PlatformUnavailable, "parentNotFound", "{name} does not see yet what this answers.", WAIT, 10.0)
FAILED = _anew("containerFailed", "could not prepare this, and does not say why")

REFUSALS: Table = {
    (None, 4279013): RESTRICTED,
    (None, 2207051): BLOCKED,
    (24, None): PARENT,
}

# What its codes do not tell, its words do.
WORDS = {
    b"could not be fetched from this uri": Refusal(
        PlatformUnavailable, "fetchFailed", "{name} could not fetch a file.", REACH, MINUTE
    ),
    b"threads_api__feature_not_available": _rejected(
        "featureNotAvailable", "does not offer this to the account", "Leave out what is special about this post."
    ),
    b"threads_api__geo_gating_invalid_country_codes": _rejected(
        "countryCodes", "does not take these country codes", "Leave out the countries."
    ),
    b"threads_api__link_limit_exceeded": _rejected("links", "takes at most five different links", "Leave some of them out."),
}

# `error_message` of a container.
REASONS = {
    "FAILED_DOWNLOADING_VIDEO": _anew("fetchFailed", "could not fetch a file", REACH),
    "UNKNOWN": FAILED,
    "FAILED_PROCESSING_AUDIO": _video("audioProcessing", "its sound"),
    "FAILED_PROCESSING_VIDEO": _video("videoProcessing", "its pictures"),
    "INVALID_ASPEC_RATIO": _video("ratio", "its shape"),  # as Threads spells it
    "INVALID_ASPECT_RATIO": _video("ratio", "its shape"),
    "INVALID_BIT_RATE": _video("bitRate", "its bit rate"),
    "INVALID_DURATION": _video("duration", "its length"),
    "INVALID_FRAME_RATE": _video("frameRate", "its frame rate"),
    "INVALID_AUDIO_CHANNELS": _video("audioChannels", "its sound channels"),
    "INVALID_AUDIO_CHANNEL_LAYOUT": _video("audioChannels", "its sound channels"),
}


def reason(message: str) -> Refusal:
    return REASONS.get(message.strip().upper(), FAILED)


def by_words(response: httpx2.Response) -> Refusal | None:
    """Only of a definite refusal."""
    content = response.content[:LONGEST].lower()
    return next((each for word, each in WORDS.items() if word in content), None) if response.is_client_error else None
