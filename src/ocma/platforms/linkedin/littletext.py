"""LinkedIn's little text format: how posts and comments are written, read back and counted.

Some characters are reserved. One that is not escaped may cut off the rest of a post, with a yes for an answer. So all of them are
escaped but those of a hashtag and of a mention, `@[Name](urn:li:organization:1)`.
"""

from unicodedata import normalize

import regex

MENTION = regex.compile(r"@\[(?P<name>[^\[\]\n]+)\]\((?P<urn>urn:li:(?:person|organization|organizationBrand):[\w-]+)\)")
HASHTAG = r"(?<![\w/&#@])#(?=\d*\p{L})"  # the sign alone; what follows is escaped as usual
WRITTEN = regex.compile(rf"(?P<mention>{MENTION.pattern})|(?P<hashtag>{HASHTAG})|(?P<reserved>[|{{}}@\[\]()<>#\\*_~])")
READ = regex.compile(
    r"\\(?P<escaped>[|{}@\[\]()<>#\\*_~])"
    r"|\{hashtag\|\\?#\|(?P<tag>(?:\\.|[^{}|\\])*)\}"
    r"|@\[(?P<name>(?:\\.|[^\[\]\\])*)\](?:\(urn:[^)\s]*\))?"
)


def write(text: str) -> str:
    """What a person typed, in little text."""
    return WRITTEN.sub(_written, text)


def _written(found: regex.Match[str]) -> str:
    if found["reserved"]:
        return f"\\{found['reserved']}"
    return f"@[{write(found['name'])}]({found['urn']})" if found["mention"] else found[0]


def read(little: str) -> str:
    """What a reader sees of little text: a mention is its name."""
    return READ.sub(_read, little)


def _read(found: regex.Match[str]) -> str:
    if found["escaped"] is not None:
        return found["escaped"]
    return f"#{read(found['tag'])}" if found["tag"] is not None else read(found["name"])


def shown_length(text: str) -> int:
    """In UTF-16 units, mentions as their names."""
    return len(MENTION.sub(lambda found: found["name"], text).encode("utf-16-le", "surrogatepass")) // 2


def is_same(sent: str, live: str) -> bool:
    """Is a text read back the one we sent? It may come as little text or plain; space, form and case may differ."""
    return _folded(read(write(sent))) in {_folded(read(live)), _folded(live)}


def _folded(text: str) -> str:
    return " ".join(normalize("NFC", text).casefold().split())
