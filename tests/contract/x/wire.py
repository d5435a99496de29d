"""X's answers, in the vocabulary of either specification."""

from typing import Any

from contract.x.specification import NEW, OLD, Specification


def user(specification: Specification) -> dict[str, Any]:
    counts = {"followers_count": 10, "following_count": 20, "listed_count": 0, "like_count": 1, "media_count": 2}
    posts = {"post_count": 30} if specification is NEW else {"tweet_count": 30}
    return {
        "id": "2244994945",
        "name": "OCMA",
        "username": "ocma",
        "profile_image_url": "https://pbs.twimg.com/profile_images/1/a_normal.jpg",
        "verified": False,
        "public_metrics": {**counts, **posts},
    }


def post(
    post_id: str,
    text: str,
    at: str = "2026-11-22T12:00:05.000Z",
    reply_to: str | None = None,
    specification: Specification = NEW,
    **more: Any,
) -> dict[str, Any]:
    new = specification is NEW
    found = {
        "id": post_id,
        "text": text,
        "created_at": at,
        "conversation_id": "1" if reply_to else post_id,
        "edit_history_post_ids" if new else "edit_history_tweet_ids": [post_id],
    }
    if reply_to:
        found["referenced_posts" if new else "referenced_tweets"] = [{"type": "replied_to", "id": reply_to}]
    return found | more


def timeline(*posts: dict[str, Any], token: str | None = None, errors: list[Any] | None = None) -> dict[str, Any]:
    """Newest first. An empty one has no `data`."""
    meta: dict[str, Any] = {"result_count": len(posts)} | ({"next_token": token} if token else {})
    body: dict[str, Any] = {"meta": meta}
    if posts:
        body["data"] = list(posts)
        body["meta"] |= {"newest_id": posts[0]["id"], "oldest_id": posts[-1]["id"]}
    return body | ({"errors": errors} if errors else {})


def created(post_id: str, text: str, specification: Specification = NEW) -> dict[str, Any]:
    history = "edit_history_post_ids" if specification is NEW else "edit_history_tweet_ids"
    return {"data": {"id": post_id, "text": text, history: [post_id]}}


def problem(suffix: str, **more: Any) -> dict[str, Any]:
    return {"type": f"https://api.x.com/2/problems/{suffix}", "title": "Title", "detail": "Detail", **more}


def forbidden(detail: str) -> dict[str, Any]:
    return {"detail": detail, "type": "about:blank", "title": "Forbidden", "status": 403}


BOTH = (NEW, OLD)
