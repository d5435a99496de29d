"""What TikTok means when it does not say yes: the one table of its codes. None of its words are passed on."""

from collections.abc import Mapping
from dataclasses import replace

import httpx2

from ocma.platforms.errors import (
    AccountRestricted,
    ContentRejected,
    PermissionMissing,
    PlatformError,
    PlatformUnavailable,
    PreparationLost,
    ReauthorizationRequired,
    Throttled,
)
from ocma.platforms.refusals import Refusal, body_of

PLATFORM = "tiktok"
MINUTE, DAY = 60.0, 86_400.0
FINE = frozenset({"", "ok"})


TOKEN = Refusal(
    ReauthorizationRequired, "tokenRefused", "TikTok does not accept the account's token.", "Connect the account again."
)
SCOPE = Refusal(
    PermissionMissing,
    "scopeMissing",
    "The connection lacks a permission at TikTok.",
    "Connect the account again and allow everything; the app needs the product and scopes in TikTok's developer portal.",
)
RATE = Refusal(Throttled, "rateLimited", "TikTok asks to wait: a minute's limit is used up.", "Nothing: it goes on.", MINUTE)
DOWN = Refusal(PlatformUnavailable, "unavailable", "TikTok does not work at the moment.", "Nothing: it is tried again.")
INVALID = Refusal(
    ContentRejected, "invalid", "TikTok finds something in this post invalid.", "Check text, files and options, and try again."
)
FILE = Refusal(ContentRejected, "fileInvalid", "TikTok does not take this file.", "Export it as MP4 with H.264, and try again.")
UNKNOWN_ID = Refusal(
    ContentRejected, "publishIdUnknown", "TikTok does not know this upload (any more).", "Look at the account in the app."
)
PRIVACY = Refusal(
    ContentRejected,
    "privacyNotOffered",
    "The account's owner cannot post with this privacy.",
    "Choose another `privacy_level`: a private account has no PUBLIC_TO_EVERYONE.",
)
ADDRESS = Refusal(
    PermissionMissing,
    "addressNotVerified",
    "TikTok fetches photos only from addresses that the app has verified.",
    "Operator: add this server's public URL to the app's URL properties in TikTok's developer portal.",
)
UNAUDITED = Refusal(
    PermissionMissing,
    "appNotAudited",
    "TikTok has not audited the app: it may post only to private accounts, and only as SELF_ONLY.",
    "Operator: apply for the audit. Until then: make the account private and choose SELF_ONLY.",
)
POSTS = Refusal(
    Throttled, "dailyPostsReached", "TikTok takes no more posts of this account today.", "Nothing: it goes on in a day.", DAY
)
USERS = Refusal(
    Throttled,
    "activeUsersReached",
    "The app may post for no more accounts today.",
    "Operator: have TikTok raise the app's cap of active creators. It goes on in a day.",
    DAY,
)
PENDING = Refusal(
    Throttled, "pendingSharesReached", "Too many drafts wait in the account's inbox.", "Finish some in the app.", DAY
)
BANNED = Refusal(
    AccountRestricted,
    "bannedFromPosting",
    "TikTok has banned this account from posting.",
    "Look into the app, do what TikTok asks there, then resume the account here.",
)
SPAM = Refusal(ContentRejected, "spamRisk", "TikTok takes this post for spam.", "Change the post, or wait and post by hand.")
FORMAT = Refusal(ContentRejected, "fileFormat", "TikTok does not take this file format.", "Export it as MP4 with H.264.")
DURATION = Refusal(ContentRejected, "duration", "The video is too long or too short for this account.", "Cut the video.")
FRAMES = Refusal(ContentRejected, "frameRate", "TikTok does not take this frame rate.", "Convert it to 23 to 60 a second.")
PICTURE = Refusal(ContentRejected, "pictureSize", "TikTok does not take this picture size.", "Make it 360 to 4096 pixels a side.")
PULL = Refusal(
    PreparationLost,
    "pullFailed",
    "TikTok could not fetch the files.",
    "It is tried again. If it stays: see that this server's public URL answers without a redirect.",
)
INTERNAL = Refusal(PreparationLost, "processingFailed", "TikTok failed to process the post.", "Nothing: it is sent anew.")
CANCELLED = Refusal(ContentRejected, "publishCancelled", "The post was cancelled at TikTok.", "Send it again, if it is wanted.")
EXPIRED = Refusal(PreparationLost, "uploadLost", "TikTok has dropped the upload.", "Nothing: it is begun anew.")
UNLISTED = Refusal(
    ContentRejected,
    "notListed",
    "TikTok tells only of public videos, and this is none: photos, a private video, or deleted.",
    "Look into the TikTok app.",
)
UNDELETABLE = Refusal(
    ContentRejected,
    "deleteUnsupported",
    "TikTok deletes nothing for apps: the post is still live.",
    "Delete it in the TikTok app.",
)
UNKNOWN = Refusal(ContentRejected, "refused", "TikTok refused this.", "Check text, files and options, and try again.")

BY_CODE = {
    "access_token_invalid": TOKEN,
    "scope_not_authorized": SCOPE,
    "scope_permission_missed": SCOPE,
    "rate_limit_exceeded": RATE,
    "internal_error": DOWN,
    "internal": DOWN,
    "invalid_params": INVALID,
    "invalid_param": INVALID,
    "invalid_file_upload": FILE,
    "invalid_publish_id": UNKNOWN_ID,
    "privacy_level_option_mismatch": PRIVACY,
    "url_ownership_unverified": ADDRESS,
    "unaudited_client_can_only_post_to_private_accounts": UNAUDITED,
    "spam_risk_too_many_posts": POSTS,
    "reached_active_user_cap": USERS,
    "spam_risk_too_many_pending_share": PENDING,
    "spam_risk_user_banned_from_posting": BANNED,
    "spam_risk": SPAM,
    "spam_risk_text": SPAM,
}
BY_STATUS = {400: INVALID, 401: TOKEN, 408: DOWN, 425: DOWN, 429: RATE}
BY_REASON = {
    "file_format_check_failed": FORMAT,
    "duration_check_failed": DURATION,
    "frame_rate_check_failed": FRAMES,
    "picture_size_check_failed": PICTURE,
    "video_pull_failed": PULL,
    "photo_pull_failed": PULL,
    "internal": INTERNAL,
    "internal_error": INTERNAL,
    "auth_removed": TOKEN,
    "publish_cancelled": CANCELLED,
}
# What means "later" or "not with this app" before TikTok has accepted something is the end of what it has accepted.
FINAL: Mapping[type[PlatformError], type[PlatformError]] = {
    Throttled: PreparationLost,
    PlatformUnavailable: PreparationLost,
    PermissionMissing: ContentRejected,
}


def explain(response: httpx2.Response) -> PlatformError:
    return _refusal(response).to_error(PLATFORM, response.status_code)


def failed(reason: str | None) -> PlatformError:
    """Why something that was accepted will never be live: an error that ends it, or one that has it sent anew."""
    refusal = BY_REASON.get(reason or "") or BY_CODE.get(reason or "") or UNKNOWN
    return replace(refusal, error=FINAL.get(refusal.error, refusal.error)).to_error(PLATFORM)


def code_of(response: httpx2.Response) -> str | None:
    """The error's code; None when the answer tells none: `ok` is none."""
    told = body_of(response).get("error")
    code = told.get("code") if isinstance(told, dict) else None
    return code if isinstance(code, str) and code not in FINE else None


def _refusal(response: httpx2.Response) -> Refusal:
    status = response.status_code
    if is_upload(response) and 400 <= status < 500 and status not in {408, 425, 429}:
        return EXPIRED
    known = BY_CODE.get(code_of(response) or "")
    if status >= 500 or 300 <= status < 400:
        return DOWN
    return known or BY_STATUS.get(status, UNKNOWN)


def is_upload(response: httpx2.Response) -> bool:
    """Nothing but pieces of a file is put; that host answers without codes."""
    return response.request.method == "PUT"
