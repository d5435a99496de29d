"""What a draft is about: its telling words and runs of words.

A word tells the more, the fewer public posts have it, the earlier it stands, if it is a name, and if it comes again; how much
each of that counts was fitted on links: which words of a post does the headline beside it have (`ocma models card keyphrases`)?
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import exp, log, sqrt

import regex

from ocma.intelligence import artefact
from ocma.intelligence.artefact import Artefact
from ocma.intelligence.function_words import FUNCTION_WORDS, JOINING
from ocma.intelligence.language import guess
from ocma.intelligence.text import Draft, read

LONGEST = 3  # content words in a phrase
LONGER = 0.2  # what each word beyond the first is worth when phrases compete: between "river" and "river festival" the second
TELLING = 0.8  # of the best phrase's score; a convention of OCMA's
_READ = 6000  # characters: a post has its subject where it begins
# A code or a model is one word, and so is an amount: of SUN30 neither half tells anything, nor does `pm` of 5pm.
_TOKEN = regex.compile(
    r"\p{L}[\p{L}\p{M}\p{Nd}]*(?:['’-][\p{L}\p{Nd}][\p{L}\p{M}\p{Nd}]*)*"
    r"|\p{Nd}+(?:[.,]\p{Nd}+)*(?:%|\p{L}[\p{L}\p{M}\p{Nd}]*)?|\p{N}+"
)
_AMOUNT = regex.compile(r"\p{N}[\p{N}.,]*(?:%|[\p{L}\p{M}]{0,3})")
_GAP = regex.compile(r"[\s&-]*")
# Without spaces a run of one script is the best that can be had: Chinese characters or katakana between the particles.
_SPACELESS = regex.compile(r"[\p{Han}々]{2,6}|[\p{Katakana}ー]{2,20}")
_PARTICLES = regex.compile(r"[的了是在和与及也都就而并或把被让给对从向到这那我你他她它们们很吗呢吧啊有不]")
FEATURES = ("rare", "rareSquared", "first", "name", "again")


@dataclass(frozen=True, slots=True)
class Phrase:
    """`score` 0 to 1: how likely a headline of the post would have its words, in the mean; for a language without counts of its
    own, as fitted for English with every word taken for equally rare.
    """

    text: str
    score: float


@dataclass(frozen=True, slots=True)
class Token:
    """`run` numbers what no other sign than a space or a hyphen parts; `opens`: first of its sentence; `place`: among all."""

    text: str
    word: str
    run: int
    place: int
    opens: bool


def find(draft: Draft, language: str | None, most: int = 10) -> tuple[Phrase, ...]:
    """Best first, none of them inside another of the same rank."""
    if language in {"zh", "ja"}:
        return _find_spaceless(draft, most)
    return choose(draft, language, artefact.load("keyphrases"), most)


def choose(draft: Draft, language: str | None, model: Artefact, most: int) -> tuple[Phrase, ...]:
    """With a model that is not the shipped one, for training."""
    tokens = list(read_tokens(draft))
    scores = score_words(tokens, language, model)
    found: dict[tuple[str, ...], tuple[float, str]] = {}
    for parts in _candidates(tokens, scores):
        key = tuple(each.word for each in parts)
        if key not in found:
            found[key] = (_rate(parts, scores), " ".join(each.text for each in parts))
    return tuple(_choose(found, scores, most))


def telling(found: Sequence[Phrase]) -> tuple[Phrase, ...]:
    """Those that tell about as much as the best: good enough for a tag, which readers see by itself."""
    top = max((each.score for each in found), default=0.0)
    return tuple(each for each in found if each.score >= TELLING * top)


def read_tokens(draft: Draft) -> Iterator[Token]:
    run = place = read = 0
    for sentence in draft.sentences:
        run, end = run + 1, 0
        for number, match in enumerate(_TOKEN.finditer(sentence[:_READ])):
            if not _GAP.fullmatch(sentence, end, match.start()):
                run += 1
            end = match.end()
            yield Token(match[0], match[0].casefold(), run, place, opens=number == 0)
            place += 1
        if (read := read + len(sentence)) > _READ:
            return


def score_words(tokens: Sequence[Token], language: str | None, model: Artefact) -> dict[str, float]:
    """0 to 1 of every word that may be part of a phrase."""
    weights = model.arrays["weights"].tolist()
    return {
        word: 1 / (1 + exp(-sum(w * x for w, x in zip(weights, (*values, 1.0), strict=True))))
        for word, values in features(tokens, language, model).items()
    }


def features(tokens: Sequence[Token], language: str | None, model: Artefact) -> dict[str, tuple[float, ...]]:
    """Of every content word, in the order of FEATURES."""
    rarity, unseen = _rarity(model, language or "")
    idle = FUNCTION_WORDS.get(language or "", FUNCTION_WORDS["en"])
    shouted = _is_shouted(tokens)
    at: dict[str, list[Token]] = defaultdict(list)
    for token in tokens:
        if _is_content(token.word, idle):
            at[token.word].append(token)
    return {
        word: (
            rarity.get(word, unseen),
            rarity.get(word, unseen) ** 2,  # the rarest are misspelt, or nobody's subject
            1 / sqrt(1 + found[0].place),
            float(not shouted and any(_is_name(tokens, each) for each in found)),
            log(len(found)),
        )
        for word, found in at.items()
    }


def _is_name(tokens: Sequence[Token], token: Token) -> bool:
    """A capital inside a sentence; one that opens it tells nothing unless the next word, or the one after `of`, has one too."""
    if not token.text[0].isupper() or not token.opens:
        return token.text[0].isupper()
    beside = tokens[token.place + 1 : token.place + 3]
    after = beside[1:] if beside and beside[0].word in JOINING else beside[:1]
    return any(each.text[0].isupper() and each.run == token.run for each in after)


def _is_content(word: str, idle: frozenset[str]) -> bool:
    return len(word) > 1 and word not in idle and not _AMOUNT.fullmatch(word)


def _is_shouted(tokens: Sequence[Token]) -> bool:
    """Most Words Begin Like This, OR ARE ALL CAPITALS: then a capital tells no name."""
    inner = [each for each in tokens if not each.opens and each.word not in FUNCTION_WORDS["en"]]
    return 5 * sum(each.text[0].isupper() for each in inner) > 4 * len(inner) and len(inner) > 3


@lru_cache(maxsize=16)
def _rarity(model: Artefact, language: str) -> tuple[Mapping[str, float], float]:
    """How rare words are (0: in every text, 1: in fewer than the rarest that is counted), and what others are taken for."""
    words = model.words.get(f"known_{language}")
    if words is None:
        return {}, float(model.arrays["usual"])
    return dict(zip(words, (model.arrays[f"rarity_{language}"] / 255.0).tolist(), strict=True)), 1.0


def _candidates(tokens: Sequence[Token], scores: Mapping[str, float]) -> Iterator[tuple[Token, ...]]:
    """Runs of up to LONGEST content words, with what joins two names inside."""
    for run in _runs(tokens, scores):
        for start in range(len(run)):
            for end in range(start + 1, min(len(run), start + 2 * LONGEST - 1) + 1):
                parts = tuple(run[start:end])
                content = sum(each.word in scores for each in parts)
                if content <= LONGEST and parts[0].word in scores and parts[-1].word in scores:
                    yield parts


def _runs(tokens: Sequence[Token], scores: Mapping[str, float]) -> Iterator[list[Token]]:
    run: list[Token] = []
    for number, token in enumerate(tokens):
        joins = token.word in scores or _joins(tokens, number)
        if run and (token.run != run[-1].run or not joins):
            yield run
            run = []
        if joins:
            run.append(token)
    yield run


def _joins(tokens: Sequence[Token], number: int) -> bool:
    beside = tokens[number - 1 : number + 2]
    return tokens[number].word in JOINING and 0 < number < len(tokens) - 1 and all(each.text[0].isupper() for each in beside[::2])


def _rate(parts: Sequence[Token], scores: Mapping[str, float]) -> float:
    told = [scores[each.word] for each in parts if each.word in scores]
    return sum(told) / len(told) * (1 + LONGER * (len(told) - 1))


def _choose(found: Mapping[tuple[str, ...], tuple[float, str]], scores: Mapping[str, float], most: int) -> Iterator[Phrase]:
    """Best first; a word is in one phrase only."""
    used: set[str] = set()
    best = sorted(found, key=lambda key: (-found[key][0], key))
    for key in best:
        content = [each for each in key if each in scores]
        if used.isdisjoint(content):
            used.update(content)
            yield Phrase(found[key][1], round(sum(scores[each] for each in content) / len(content), 3))
            most -= 1
        if most <= 0:
            return


def _find_spaceless(draft: Draft, most: int) -> tuple[Phrase, ...]:
    """By how often, then how early; the score is the share of the most frequent, as there are no counts to be had."""
    text = draft.prose[:_READ]
    found = [each for part in _PARTICLES.split(text) for each in _SPACELESS.findall(part)]
    counts = Counter(found)
    top = max(counts.values(), default=1)
    best = sorted(counts, key=lambda each: (-counts[each], found.index(each)))
    return tuple(Phrase(each, round(counts[each] / (top + 1), 3)) for each in best[:most])


def predict_rows(rows: Iterable[Mapping[str, str]]) -> Iterator[Mapping[str, str]]:
    """Separated by `|`, best first. A column `language`, where there is one, is believed."""
    for row in rows:
        draft = read(row["text"])
        found = find(draft, row.get("language") or guess(draft))
        yield {"row_id": row["row_id"], "phrases": "|".join(each.text for each in found)}
