"""What Instagram says by its own subcodes; the rest is as in all of Meta's APIs (meta/refusal.py)."""

import re

import httpx2

from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    PermissionMissing,
    PlatformUnavailable,
    PreparationLost,
    Throttled,
)
from ocma.platforms.meta.refusal import CHECKPOINT, HOUR, MINUTE, WAIT, Table
from ocma.platforms.refusals import LONGEST, Refusal

SUBCODE = re.compile(r"\b22\d{5}\b")  # in a container's status
JPEG = "Convert it to JPEG, at most 8 MB, 320 to 1440 pixels wide, between 4:5 and 1.91:1."
VIDEO = "Convert it: MP4 or MOV, H.264 or HEVC with AAC, 23 to 60 pictures a second, at most 1920 pixels wide."
REACH = "See that the file's public address answers without redirects, and that nothing keeps Meta's crawler from it."


def _again(rule: str, why: str, remediation: str = WAIT, seconds: float = 15.0) -> Refusal:
    """Nothing is wrong with what was sent: the same call does it later."""
    return Refusal(PlatformUnavailable, rule, f"{{name}} {why}.", remediation, seconds)


def _anew(rule: str, why: str) -> Refusal:
    return Refusal(PreparationLost, rule, f"{{name}} {why}.", "Nothing: it is prepared anew.")


def _rejected(rule: str, why: str, remediation: str) -> Refusal:
    return Refusal(ContentRejected, rule, f"{{name}} {why}.", remediation)


NOT_FETCHED = _again("fetchFailed", "could not fetch a file", REACH, MINUTE)
NOT_READY = _again("containerNotReady", "still works on what was prepared")
TOO_LARGE = _rejected("imageTooLarge", "finds an image too large", JPEG)
BAD_IMAGE = _rejected("imageFormat", "does not take this kind of image", JPEG)
BAD_RATIO = _rejected("imageRatio", "does not take an image of this shape", JPEG)
BAD_CAPTION = _rejected("caption", "does not take this caption", "At most 2200 characters, 30 hashtags and 20 mentions.")
BAD_VIDEO = _rejected("videoRefused", "cannot use the video", VIDEO)
BAD_PEOPLE = _rejected("tags", "does not take one of the tags or collaborators", "Check the names; private accounts cannot be.")
SPENT = Refusal(Throttled, "dailyLimit", "{name} takes no more posts of this account today.", WAIT, HOUR)
LIMITED = Refusal(AccountRestricted, "restricted", "{name} has restricted this account.", CHECKPOINT)
NO_ACCOUNT = Refusal(
    PermissionMissing,
    "noAccounts",
    "No page of this Facebook login has an Instagram account.",
    "Link a professional Instagram account to the page, and choose both in Facebook's dialog.",
)
UNDELETABLE = Refusal(
    ContentRejected,
    "deleteUnsupported",
    "Instagram deletes nothing for apps that were connected by its own login: the post is still live.",
    "Delete it in the Instagram app, or connect the account by Facebook's login.",
)
FAILED = _anew("containerFailed", "could not prepare this, and does not say why")
FEW = _rejected("fewViewers", "tells no figures of what so few have seen", "Nothing: look again when more have.")
BEFORE = _rejected("beforeProfessional", "has no figures of what was posted before the account became professional", "Nothing.")
SILENT = frozenset({FEW.rule, BEFORE.rule})  # no error: there are no figures
FEW_VIEWERS = b"not enough viewers"  # with the code of a missing permission

REFUSALS: Table = {
    (None, 2207003): _again("fetchTooSlow", "took too long to fetch a file", REACH, MINUTE),
    (None, 2207001): _again("serverError", "asks to try again", seconds=MINUTE),
    (None, 2207008): _again("containerNotFound", "does not see yet what was prepared"),
    (None, 2207027): NOT_READY,
    (9007, None): NOT_READY,
    (None, 2207052): NOT_FETCHED,
    (9004, None): NOT_FETCHED,
    (None, 2207020): _anew("containerExpired", "says that what was prepared has expired"),
    (None, 2207032): _anew("containerFailed", "could not prepare this"),
    (None, 2207053): _anew("uploadFailed", "could not take the upload"),
    (None, 2207006): _anew("containerMissing", "no longer has what was prepared"),
    (None, 2207057): _rejected("thumbOffset", "does not take this thumb_offset", "Choose one within the video's length."),
    (None, 2207023): _rejected("mediaType", "does not take this kind of post", "Check the option kind, and the files."),
    (None, 2207028): _rejected("carouselSize", "does not take a carousel of this size", "2 to 10 files."),
    **{(None, subcode): BAD_PEOPLE for subcode in range(2207035, 2207041)},
    (None, 2207004): TOO_LARGE,
    (36000, None): TOO_LARGE,
    (None, 2207005): BAD_IMAGE,
    (36001, None): BAD_IMAGE,
    (None, 2207009): BAD_RATIO,
    (36003, None): BAD_RATIO,
    (None, 2207010): BAD_CAPTION,
    (36004, None): BAD_CAPTION,
    (352, None): BAD_VIDEO,
    **{(None, subcode): BAD_VIDEO for subcode in (2207026, 2207076, 2207077, 2207082, 2207085)},
    (None, 2207081): _rejected("trialReel", "does not let this account post trial reels", "Post it as an ordinary reel."),
    (None, 2207042): SPENT,
    (9, None): SPENT,
    (None, 2207051): Refusal(  # with code 4, but no rate limit
        AccountRestricted, "actionBlocked", "{name} has blocked this account's action as spam.", CHECKPOINT
    ),
    (None, 2207050): LIMITED,
    (None, 2108006): BEFORE,
    (25, None): LIMITED,
}


def reason(status: str) -> Refusal:
    """Why a container failed: its status names a subcode among other words."""
    found = (REFUSALS.get((None, int(code))) for code in SUBCODE.findall(status))
    return next((each for each in found if each), FAILED)


def by_words(response: httpx2.Response) -> Refusal | None:
    """What its codes do not tell; only of a definite refusal."""
    few = response.is_client_error and FEW_VIEWERS in response.content[:LONGEST].lower()
    return FEW if few else None
