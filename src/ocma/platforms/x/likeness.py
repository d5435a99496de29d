"""Is a post read back from X the one we sent? X rewrites what it is given; this compares what a reader would see.

Undone on the platform's side, or folded on both: HTML escapes of & < >, short links (t.co) for every link, a short link at the
end for the post's own media, a scheme put before bare domains, whitespace, NFC, and in replies the leading mentions that X adds.
"""

from collections.abc import Mapping
from unicodedata import normalize
from urllib.parse import unquote

import regex

from ocma.platforms.content import Outgoing
from ocma.platforms.x.links import find_links
from ocma.platforms.x.poll import is_same_poll
from ocma.platforms.x.wire import Link, LivePoll, Post

ESCAPED = regex.compile(r"&(?:amp;)*(amp|lt|gt);")  # however often it was escaped
PLAIN = {"amp": "&", "lt": "<", "gt": ">"}
SHORT = regex.compile(r"https?://t\.co/[A-Za-z0-9]+")
BARE_SHORT = regex.compile(r"\bt\.co/[A-Za-z0-9]+")
LAST_SHORT = regex.compile(r"https?://t\.co/[A-Za-z0-9]+\s*\Z")
LEADING_MENTIONS = regex.compile(r"\A\s*(?:@\w+\s+)+")
LINK = regex.compile(r"(?:https?://)?(?P<host>[^/?#]*)(?P<rest>.*)", regex.I | regex.S)


def is_same(post: Post, outgoing: Outgoing, polls: Mapping[str, LivePoll]) -> bool | None:
    """None: what X gave does not suffice to tell. `polls` are those that it gave with the posts, by their ids."""
    verdicts = {_same_text(post, outgoing), _same_media(post, outgoing), _same_parent(post, outgoing)}
    verdicts.add(is_same_poll(post, outgoing, polls))
    if False in verdicts:
        return False
    return None if None in verdicts or post.created_at is None else True


def _same_parent(post: Post, outgoing: Outgoing) -> bool | None:
    if post.reply_to is not None:
        return post.reply_to == outgoing.reply_to
    if post.conversation_id == post.id:  # it began the conversation
        return outgoing.reply_to is None
    if post.conversation_id is None:
        return True if outgoing.reply_to is None else None
    return False if outgoing.reply_to is None else None  # a reply, but X does not say to what


def _same_media(post: Post, outgoing: Outgoing) -> bool | None:
    expected, listed = len(outgoing.part.media), len(post.media_keys)
    if expected and not listed and LAST_SHORT.search(post.text or ""):
        return None  # there may be media that X does not list
    return listed == expected


def _same_text(post: Post, outgoing: Outgoing) -> bool | None:
    """Links are compared by where they lead and, should X resolve that further than we wrote it, by how X shows them."""
    if post.text is None:
        return None
    led, shown = ({each.url: each.expanded_url for each in post.links}, {each.url: each.display_url for each in post.links})
    texts = [_both(post, outgoing, links) for links in (led, shown)]
    if any(live == sent for live, sent in texts):
        return True
    return None if _is_unexplained(*texts[0]) else False


def _both(post: Post, outgoing: Outgoing, links: Mapping[str, str | None]) -> tuple[str, str]:
    """The live text and ours, in the same reading."""
    texts = _seen(_without_media(post), links), _seen(outgoing.part.text, links)
    live, sent = (LEADING_MENTIONS.sub("", text) if outgoing.reply_to else text for text in texts)
    return live, sent


def plain(post: Post) -> str:
    """Its text with links that lead somewhere, and without the one that stands for its files."""
    links = {each.url: each.expanded_url for each in post.links}
    text = ESCAPED.sub(lambda found: PLAIN[found[1]], _without_media(post))
    return SHORT.sub(lambda found: links.get(found[0]) or found[0], text).strip()


def _is_unexplained(live: str, sent: str) -> bool:
    """Does the live text equal ours up to a short link that X does not explain?"""
    short = BARE_SHORT.search(live)
    return short is not None and short[0] not in sent and sent.startswith(live[: short.start()].rstrip())


def _without_media(post: Post) -> str:
    text, last = post.text or "", LAST_SHORT.search(post.text or "")
    if last is None or not post.media_keys:
        return text
    known = [link for link in post.links if link.url == last[0].rstrip()]
    return text[: last.start()] if not known or any(_is_media(link, post) for link in known) else text


def _is_media(link: Link, post: Post) -> bool:
    return link.media_key is not None or f"/status/{post.id}/" in (link.expanded_url or "")


def _seen(text: str, links: Mapping[str, str | None]) -> str:
    text = ESCAPED.sub(lambda found: PLAIN[found[1]], text)
    text = normalize("NFC", SHORT.sub(lambda found: links.get(found[0]) or found[0], text))
    for start, end in reversed(find_links(text)):
        text = text[:start] + _bare(text[start:end]) + text[end:]
    return " ".join(text.split())


def _bare(link: str) -> str:
    """A link without what may differ in its spelling: scheme, case and encoding of the host, escapes, a slash at the end."""
    found = LINK.fullmatch(link)
    return _host(found["host"]) + unquote(found["rest"]).rstrip("/") if found else link


def _host(host: str) -> str:
    try:
        return host.lower().encode("ascii").decode("idna")
    except UnicodeError:
        return host.lower()
