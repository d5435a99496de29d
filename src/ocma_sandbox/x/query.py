"""The search language of X, as far as the sandbox speaks it; an operator that it does not know is a 400."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from ocma_sandbox.books import Post
from ocma_sandbox.people import Person
from ocma_sandbox.x import problems, text

_TERM = re.compile(r'(?P<negated>-?)(?:(?P<operator>[a-z_]+):)?(?:"(?P<quoted>[^"]*)"|(?P<word>\S+))')


@dataclass(frozen=True)
class Seen:
    """A post as the search sees it."""

    post: Post
    author: Person

    @property
    def folded(self) -> str:
        return self.post.content.casefold()


Test = Callable[[Seen, str], bool]


def _by_author(seen: Seen, value: str) -> bool:
    return value.removeprefix("@").lower() in {seen.author.handle.lower(), seen.author.id}


_OPERATORS: dict[str, Test] = {
    "from": _by_author,
    "to": lambda seen, value: seen.folded.startswith("@" + value.removeprefix("@").casefold()),
    "conversation_id": lambda seen, value: seen.post.details["conversation_id"] == value,
    "in_reply_to_tweet_id": lambda seen, value: seen.post.reply_to == value,
    "quotes_of_tweet_id": lambda seen, value: seen.post.details.get("quote") == value,
    "url": lambda seen, value: value.casefold() in seen.folded,
    "is": lambda seen, value: {"reply": bool(seen.post.reply_to), "quote": "quote" in seen.post.details}.get(value, False),
    "has": lambda seen, value: {"media": bool(seen.post.media), "images": bool(seen.post.media)}.get(value, False),
    "lang": lambda _seen, _value: True,
}


def matcher(query: str) -> Callable[[Seen], bool]:
    """All terms must hold; `-` before a term turns it round. OR and brackets are not spoken here."""
    tests: list[Callable[[Seen], bool]] = []
    for match in _TERM.finditer(query):
        value = match["quoted"] if match["quoted"] is not None else match["word"]
        test = _test(match["operator"], value, query)
        tests.append(_turned(test, turned=bool(match["negated"])))
    return lambda seen: all(test(seen) for test in tests)


def _turned(test: Callable[[Seen], bool], *, turned: bool) -> Callable[[Seen], bool]:
    return lambda seen: test(seen) != turned


def _test(operator: str | None, value: str, query: str) -> Callable[[Seen], bool]:
    if operator is None:
        return _plain(value)
    if operator not in _OPERATORS:
        raise problems.invalid("query", query, f"Reference to invalid operator '{operator}'.")
    test = _OPERATORS[operator]
    return lambda seen: test(seen, value)


def _plain(value: str) -> Callable[[Seen], bool]:
    if value.startswith("@"):
        return lambda seen: value[1:].lower() in text.mentions(seen.post.content)
    pattern = re.compile(rf"(?<!\w){re.escape(value.casefold())}(?!\w)")
    return lambda seen: pattern.search(seen.folded) is not None
