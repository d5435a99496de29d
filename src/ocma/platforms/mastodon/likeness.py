"""Is a status read back the one we sent? Compared is what a reader would see, since servers rewrite what they are given.

Best is what the author typed, where a server tells it. Its HTML is read as text: tags go, entities are resolved, `<br>` and
paragraphs are breaks, a link is what it shows or where it leads, a mention is `@user`. Both sides are folded alike: NFC, white
space, servers of mentions. What differs then only in punctuation, case or form is the same too: servers turn Markdown into tags.
"""

from collections.abc import Sequence
from html.parser import HTMLParser
from unicodedata import category, normalize

from ocma.platforms.content import Outgoing
from ocma.platforms.mastodon.length import without_servers
from ocma.platforms.mastodon.wire import Status

BREAKS = frozenset({"blockquote", "br", "div", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "li", "ol", "p", "pre", "tr", "ul"})
NAMES = frozenset({"mention", "hashtag"})  # classes of links that stand for what they show
TELLING = frozenset({"Nd", "Nl", "No", "So", "Sc"})  # with all letters: what neither mark-up nor typography changes


def may_be(status: Status, outgoing: Outgoing) -> bool:
    """Everything but the text: not known to be another, the same parent, as many files.

    More files than ours are no contradiction where there is text: some servers attach what a text links to.
    """
    files, ours = len(status.media_attachments or ()), len(outgoing.part.media)
    fits = files == ours or (files > ours and bool(outgoing.part.text.strip()))
    return fits and not status.reblog and status.id not in outgoing.others and status.in_reply_to_id == outgoing.reply_to


def is_same_text(status: Status, outgoing: Outgoing) -> bool:
    typed = [] if status.text is None else [status.text]
    return any(is_same(sent, live) for sent in _sent(outgoing) for live in (*typed, *renderings(status.content or "")))


def is_same(sent: str, live: str) -> bool:
    core = _core(sent)
    return _folded(sent) == _folded(live) or (core != "" and core == _core(live))


def alikeness(status: Status, outgoing: Outgoing) -> float:
    """From 0 to 1: how much of the shorter text, ours or the live one, stands in the other."""
    ours, live = _trigrams(outgoing.part.text), _trigrams(renderings(status.content or "")[0])
    return len(ours & live) / min(len(ours), len(live))


def renderings(html: str) -> Sequence[str]:
    """The text of some HTML, with links as what they show, and with links as where they lead."""
    reader = _Reader()
    reader.feed(html.replace("<!", "< "))  # comments and declarations: the parser breaks off at malformed ones
    reader.close()
    return "".join(reader.shown), "".join(reader.led)


def _sent(outgoing: Outgoing) -> list[str]:
    """A status without text may have been given its content warning as text."""
    warning = outgoing.options.get("spoiler_text")
    return [outgoing.part.text] if outgoing.part.text.strip() or not warning else [outgoing.part.text, str(warning)]


def _folded(text: str) -> str:
    return " ".join(without_servers(normalize("NFC", text)).split())


def _trigrams(text: str) -> set[str]:
    padded = f"  {_folded(text)} "
    return {padded[start : start + 3] for start in range(len(padded) - 2)}


def _core(text: str) -> str:
    folded = normalize("NFKC", without_servers(text)).casefold()
    return "".join(each for each in folded if each.isalpha() or category(each) in TELLING)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.shown: list[str] = []
        self.led: list[str] = []
        self._target: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in BREAKS:
            self._add("\n")
        elif tag == "img":  # a server's own emoji
            self._add(values.get("alt") or "")
        elif tag == "a" and not NAMES & set((values.get("class") or "").split()):
            self._target = values.get("href")

    def handle_endtag(self, tag: str) -> None:
        if tag == "a" and self._target is not None:
            self.led.append(self._target)
            self._target = None
        elif tag in BREAKS:
            self._add("\n")

    def handle_data(self, data: str) -> None:
        self._add(data)

    def _add(self, text: str) -> None:
        self.shown.append(text)
        if self._target is None:
            self.led.append(text)
