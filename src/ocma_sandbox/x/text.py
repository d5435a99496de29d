"""A post's text as X gives it back: links behind t.co, & < > escaped, entities beside it.

Unsure, and chosen here: entities count code points of the text that is returned, escapes included.
"""

import base64
import hashlib
import re
import unicodedata
from dataclasses import dataclass
from html import escape
from typing import Any

from ocma_sandbox.books import Post
from ocma_sandbox.x.links import find_links

Json = dict[str, Any]

MENTION = re.compile(r"(?<![A-Za-z0-9_!#$%&*@\uff20])[@\uff20]([A-Za-z0-9_]{1,15})(?![A-Za-z0-9_@\uff20])")
LEADING_MENTIONS = re.compile(r"^(?:[@\uff20][A-Za-z0-9_]{1,15}\s+)+")
HASHTAG = re.compile(r"(?<![\w&])[#\uff03](\w*[^\W\d_]\w*)")
CASHTAG = re.compile(r"(?<!\S)\$([A-Za-z]{1,6}(?:[._][A-Za-z]{1,2})?)(?![\w$])")


@dataclass(frozen=True)
class Shown:
    text: str
    entities: Json


def mentions(text: str) -> set[str]:
    return {match[1].lower() for match in MENTION.finditer(text)}


def fingerprint(text: str) -> str | None:
    """What makes two posts duplicates; a post without text has none."""
    plain = unicodedata.normalize("NFC", text).strip()
    return hashlib.sha256(plain.encode()).hexdigest() if plain else None


def show(post: Post, handle: str, *, with_media_link: bool) -> Shown:
    content = post.content.strip()
    parts, urls, position = list[str](), list[Json](), 0
    for link in find_links(content):
        parts.append(escape(content[position : link.start], quote=False))
        urls.append(_url(parts, short_link(post.id, len(urls)), link.url))
        position = link.end
    parts.append(escape(content[position:], quote=False))
    if with_media_link and post.media:
        urls.append(_media_url(parts, post, handle, len(urls)))
    text = "".join(parts)
    return Shown(text, {**_tags(text), **({"urls": urls} if urls else {})})


def short_link(post_id: str, index: int) -> str:
    digest = hashlib.sha256(f"{post_id}/{index}".encode()).digest()
    return "https://t.co/" + base64.b32encode(digest).decode().lower()[:10]


def _url(parts: list[str], short: str, url: str) -> Json:
    """Adds the short link to the text so far, and says where it stands."""
    start = sum(map(len, parts))
    parts.append(short)
    expanded = url if url.lower().startswith(("http://", "https://")) else f"http://{url}"
    shown = re.sub(r"^https?://(www\.)?", "", expanded, flags=re.IGNORECASE)
    display = shown if len(shown) <= 27 else shown[:26] + "…"
    return {
        "start": start,
        "end": start + len(short),
        "url": short,
        "expanded_url": expanded,
        "display_url": display,
    }


def _media_url(parts: list[str], post: Post, handle: str, index: int) -> Json:
    if any(parts):
        parts.append(" ")
    kind = "video" if post.media[0]["category"].endswith("video") else "photo"
    short = short_link(post.id, index)
    entity = _url(parts, short, f"https://x.com/{handle}/status/{post.id}/{kind}/1")
    return {**entity, "display_url": "pic.x.com/" + short[-10:], "media_key": post.media[0]["mediaKey"]}


def _tags(text: str) -> Json:
    found = {
        "mentions": [_span(match, "username") for match in MENTION.finditer(text)],
        "hashtags": [_span(match, "tag") for match in HASHTAG.finditer(text)],
        "cashtags": [_span(match, "tag") for match in CASHTAG.finditer(text)],
    }
    return {name: spans for name, spans in found.items() if spans}


def _span(match: re.Match[str], name: str) -> Json:
    return {"start": match.start(), "end": match.end(), name: match[1]}
