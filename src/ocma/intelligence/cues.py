"""What in a draft tells a feeling: its words, where they are turned round ("not good"), capitals, signs, emoji."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import regex

from ocma.intelligence.text import Draft

# Of the prose, for what `Draft.words` leaves out: signs, faces, and what is written in capitals.
_PIECE = regex.compile(
    r"[<>]?[:;=xX][-o*']?[)\](\[dDpPoO/\\|*]+(?!\w)|[)(\]\[]{1,20}+[-o*']?[:;=](?!\w)|:'-?[()]|<3+|</3|\^_*\^|-_+-|[oO]_+[oO]"
    r"|\p{L}[\p{L}\p{M}]*(?:'\p{L}+)*|\p{N}+(?:[.,]\p{N}+)*|[!?]+|\.\.+|…|[.,;:]"
)
_BLANK = regex.compile(r"\[[A-Z]+\]")  # a name to be filled in, as templates have it and published data
_DRAWN = regex.compile(r"(\w)\1{2,}")
_CAMEL = regex.compile(r"\p{Lu}+(?=\p{Lu}\p{Ll})|\p{Lu}?\p{Ll}+|\p{Lu}+|\p{N}+")
_STOPS = frozenset(".,;:")
_TURNING = frozenset(
    (
        *("not", "no", "never", "none", "nobody", "nothing", "neither", "nor", "nowhere", "cannot", "without", "despite"),
        *("hardly", "barely", "scarcely", "rarely", "seldom", "aint", "isnt", "wasnt", "arent", "werent", "dont", "doesnt"),
        *("didnt", "cant", "couldnt", "wont", "wouldnt", "shouldnt", "havent", "hasnt", "hadnt"),
    )
)
_MORE = (
    *("very", "really", "so", "extremely", "absolutely", "totally", "completely", "incredibly", "super", "too", "such", "most"),
    *("insanely", "truly", "deeply", "highly", "utterly", "awfully", "especially", "damn", "fucking", "freaking", "bloody"),
    *("quite", "pretty", "fairly"),
)
_LESS = (
    *("slightly", "somewhat", "little", "kinda", "kind", "sorta", "sort", "barely", "hardly", "marginally"),
    *("partly", "almost", "less"),
)
_STRESS: Mapping[str, float] = {**dict.fromkeys(_MORE, 0.3), **dict.fromkeys(_LESS, -0.3)}
_BUT = frozenset(("but", "however", "although", "though"))
_REACH = 4  # words that a "not" turns round
FIGURES = (
    *("exclamations", "questions", "trailing", "glad faces", "sad faces", "drawn out", "turned glad", "turned sad"),
    *("glad", "sad", "turning words", "glad emoji", "sad emoji"),
    *("sum", "highest", "lowest", "after but", "before but", "last third", "first third"),
    *("capitals", "share of capitals", "length", "share of scored", "mean"),
)
_COUNTS = 13  # of them: these grow without end, and count by their logarithm


@dataclass(frozen=True, slots=True)
class Cues:
    """`terms`: words (with `!` before those turned round), pairs of words, signs, emoji. `words`: what letters are looked at in.
    `figures`: in the order of FIGURES.
    """

    terms: frozenset[str]
    words: frozenset[str]
    figures: tuple[float, ...]


@dataclass(slots=True)
class _Heard:
    words: list[str]
    turned: list[bool]
    weights: list[float]  # by the word list; a turned word's with its sign changed
    signs: list[str]
    counts: dict[str, float]
    loud: int = 0


def gather(draft: Draft, scores: Mapping[str, float]) -> Cues:
    """`scores`: words, faces and emoji with how glad (> 0) or sad they are, about -4 to 4."""
    heard = _hear(_PIECE.findall(_BLANK.sub("someone", draft.prose.replace("’", "'"))), scores)
    _see(draft.emoji, heard, scores)
    tags = [part for each in _parts(draft.hashtags) if (part := each.casefold()) not in heard.words]
    figures = _figures(heard, [*heard.weights, *(scores.get(each, 0.0) for each in tags)])
    return Cues(frozenset(_terms(heard, tags)), frozenset([*heard.words, *tags]), figures)


def _hear(pieces: Sequence[str], scores: Mapping[str, float]) -> _Heard:
    heard = _Heard([], [], [], [], dict.fromkeys(FIGURES[:_COUNTS], 0.0))
    reach, stress = 0, 0.0
    for piece in pieces:
        if not piece[0].isalpha() or (len(piece) < 5 and not piece[-1].isalpha() and piece[0] in "xXoO"):
            reach = _sign(piece, heard, reach, scores)
            continue
        word = piece.casefold()
        loud = len(piece) > 2 and piece.isupper()
        heard.loud += loud
        word = _shorten(word, heard, scores) if _DRAWN.search(word) else word
        turned = reach > 0
        weight = scores.get(word, 0.0)
        if weight:
            weight = _weigh(weight, stress + (0.7 if loud else 0.0), turned, heard.counts)
        heard.words.append(word)
        heard.turned.append(turned)
        heard.weights.append(weight)
        turning = word in _TURNING or word.endswith("n't")
        heard.counts["turning words"] += turning
        reach = _REACH if turning else reach - 1
        stress = _STRESS.get(word, 0.0)
    return heard


def _sign(piece: str, heard: _Heard, reach: int, scores: Mapping[str, float]) -> int:
    """How far a "not" before it still reaches."""
    if piece in _STOPS:
        return 0
    counts = heard.counts
    if piece[0] in "!?":
        counts["exclamations"] += "!" in piece
        counts["questions"] += "?" in piece
        heard.signs.append("".join(sorted(set(piece))) + ("+" if len(piece) > 1 else ""))
        return 0
    if piece[0] in ".…":
        counts["trailing"] += 1
        heard.signs.append("…")
        return 0
    if piece[0].isdigit():
        heard.words.append("0")
        heard.turned.append(False)
        heard.weights.append(0.0)
        return reach
    weight = scores.get(piece) or scores.get(piece.lower(), 0.0)
    counts["glad faces" if weight > 0 else "sad faces"] += abs(weight)
    heard.signs.append(piece)
    return reach


def _shorten(word: str, heard: _Heard, scores: Mapping[str, float]) -> str:
    """`sooooo` is `so`, `coool` is `cool`."""
    heard.counts["drawn out"] += 1
    single = _DRAWN.sub(r"\1", word)
    return single if single in scores or single in _STRESS else _DRAWN.sub(r"\1\1", word)


def _weigh(weight: float, stress: float, turned: bool, counts: dict[str, float]) -> float:
    size = max(abs(weight) + stress, 0.0)
    kind = "glad" if weight > 0 else "sad"
    counts[f"turned {kind}" if turned else kind] += size
    signed = math.copysign(size, weight)
    return -0.7 * signed if turned else signed


def _see(emoji: Sequence[str], heard: _Heard, scores: Mapping[str, float]) -> None:
    for each in emoji:
        weight = scores.get(each) or scores.get(each[0], 0.0)  # without its skin or its variation
        heard.counts["glad emoji" if weight > 0 else "sad emoji"] += abs(weight)
        heard.signs.append(each)


def _parts(tags: Sequence[str]) -> Iterator[str]:
    for tag in tags:
        yield from (tag,) if tag.islower() else _CAMEL.findall(tag)


def _figures(heard: _Heard, weights: Sequence[float]) -> tuple[float, ...]:
    count, total = len(heard.words), sum(weights)
    third = count // 3
    but = next((at for at in range(count - 1, -1, -1) if heard.words[at] in _BUT), None)
    return (
        *(math.log1p(each) for each in heard.counts.values()),
        _bound(total),
        max(weights, default=0.0),
        min(weights, default=0.0),
        _bound(sum(weights[but:])) if but is not None else 0.0,
        _bound(sum(weights[:but])) if but is not None else 0.0,
        _bound(sum(weights[count - third :])),
        _bound(sum(weights[:third])),
        float(min(heard.loud, 4)),
        heard.loud / count if count > 1 else 0.0,
        math.log1p(count),
        sum(map(bool, weights)) / (count + 1),
        total / (count + 3),
    )


def _bound(total: float) -> float:
    return total / math.sqrt(total * total + 15.0)


def _terms(heard: _Heard, tags: Sequence[str]) -> Iterator[str]:
    words = heard.words
    yield from heard.signs
    yield from tags
    yield from ("!" + word if turned else word for word, turned in zip(words, heard.turned, strict=True))
    yield from map(" ".join, pairwise(words))
    if words:
        yield f"^ {words[0]}"
        yield f"{words[-1]} $"


@lru_cache(maxsize=20_000)
def letters(word: str) -> tuple[str, ...]:
    """Runs of three to five letters, the word's ends marked: what misspelt and new words share with known ones."""
    whole = f"<{word}>"
    return tuple(whole[at : at + size] for size in (3, 4, 5) for at in range(len(whole) - size + 1))
