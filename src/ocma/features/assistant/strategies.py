"""Ways to say the same in other words' order: each changes the author's own words and adds no fact, price, claim or hurry."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ocma.features.assistant.calls import OBJECTIVES, Objective, calls, find_call
from ocma.features.assistant.material import APART, Material

BULLET = "• "
CONCISE = 0.6  # of the characters, at least what is wanted of a concise version
SHORTER = 0.9  # of the characters: longer than that is not concise
LISTED = 3  # points that make a list
CLAUSE = 16  # characters that can stand for themselves


@dataclass(frozen=True, slots=True)
class Strategy:
    """`rewrite` gives None where the draft has nothing to do it with."""

    key: str
    title: str
    focus: str
    rewrite: Callable[[Material], str | None]


# What stands first cannot point back.
_POINTS_BACK: Mapping[str, str] = {
    "en": "it|its|they|their|them|this|that|these|those|he|she|his|her|and|but|so|or|because|also|then|there|which|however"
    "|instead|otherwise|both|such|here",
    "de": "es|er|sie|ihr|sein|ihre|dies\\w*|das|die|der|denen|und|aber|also|oder|denn|weil|auch|dann|dort|da|deshalb|darum",
    "fr": "il|elle|ils|elles|ce|cet|cette|ces|cela|ça|c|et|mais|donc|ou|car|aussi|puis|là|son|sa|ses|leur|leurs",
    "es": "él|ella|ellos|ellas|esto|este|esta|estos|estas|eso|y|pero|así|o|porque|también|luego|allí|su|sus",
    "it": "esso|essa|essi|questo|questa|questi|queste|quello|ciò|e|ma|quindi|o|perché|anche|poi|lì|suo|sua|loro",
}
_TO_READERS: Mapping[str, str] = {
    "en": "you|your|yours|you're|you'll",
    "de": "du|dich|dir|dein\\w*|ihr|euch|euer|eure\\w*|Sie|Ihnen",
    "fr": "tu|toi|ton|ta|tes|vous|votre|vos",
    "es": "tú|te|ti|tu|tus|usted|ustedes|vosotros|vuestr\\w+",
    "it": "tu|te|ti|tuo|tua|tuoi|tue|voi|vi|vostr\\w+",
}
# Words that can go, and shorter ones for long ones.
_WORDY: Mapping[str, tuple[tuple[str, str], ...]] = {
    "en": (
        ("due to the fact that", "because"),
        ("at this point in time", "now"),
        ("in order to", "to"),
        ("a large number of", "many"),
        (r" (?:very|really|actually|basically|literally|truly|definitely)\b", ""),
    ),
    "de": (("aufgrund der Tatsache, dass", "weil"), (" (?:eigentlich|wirklich|sozusagen|quasi|natürlich|tatsächlich)\\b", "")),
    "fr": (("en raison du fait que", "parce que"), (" (?:vraiment|en fait|tout simplement|effectivement)\\b", "")),
    "es": (("debido al hecho de que", "porque"), (" (?:realmente|básicamente|literalmente|verdaderamente)\\b", "")),
    "it": (("a causa del fatto che", "perché"), (" (?:davvero|veramente|letteralmente|praticamente)\\b", "")),
}
_NUMBER = re.compile(r"(?<![\w.,/#@-])(?:[$€£¥]\s?)?\d+(?:[.,]\d+)*\s?(?:%|[$€£¥]|\w+)?")
_ENUMERATION = re.compile(r"^(?P<lead>[^:\n]{3,200}):\s+(?P<points>[^:\n]+?)[.!]?$")
_POINT = re.compile(r",\s+(?:(?:and|und|et|y|e|&)\s+)?|\s+(?:and|und|et|y|e|&)\s+")
_CLAUSE = re.compile(
    r"\s+[–—]\s+|;\s+|,\s+(?=(?:but|and|so|because|which|aber|und|weil|denn|mais|et|car|pero|y|porque|ma|e|perché)\s)"
)
_LINK = re.compile(r"(?:https?://|www\.)\S+")
_WORD = re.compile(r"\w{4,}")


def _leads(sentence: str, language: str | None) -> bool:
    """Whether it can be understood without what stood before it. In a language that is not known, nobody can say."""
    back = _POINTS_BACK.get(language or "")
    return (
        back is not None and not re.match(rf"\W*(?:{back})\b", sentence, re.IGNORECASE) and sentence[:1].lower() != sentence[:1]
    )


def _first(material: Material, found: str | None) -> str | None:
    """`found` before all others; a paragraph of its own where there are paragraphs."""
    if found is None or found == material.sentences[0]:
        return None
    rest = [[each for each in part if each != found] for part in material.paragraphs]
    several = sum(map(bool, rest)) > 1
    if several:
        return material.text([[found], *rest], (APART, *material.gaps))
    return material.text([[found, *(each for part in rest for each in part)]])


def _movable(material: Material) -> Iterator[str]:
    """But for those with a link: it would be in the way."""
    return (each for each in material.sentences[1:] if _leads(each, material.language) and not _LINK.search(each))


def question_first(material: Material) -> str | None:
    asked = (each for each in material.sentences[1:] if each.rstrip("\"'”’)»").endswith(("?", "？")))
    return _first(material, next(asked, None)) if material.sentences and "?" not in material.sentences[0] else None


def number_first(material: Material) -> str | None:
    if not material.sentences or _NUMBER.search(material.sentences[0]):
        return None
    return _first(material, next((each for each in _movable(material) if _NUMBER.search(each)), None))


def reader_first(material: Material) -> str | None:
    """What it means to the reader, before what it is."""
    words = _TO_READERS.get(material.language or "")
    if words is None or not material.sentences:
        return None
    speaks = re.compile(rf"\b(?:{words})\b", 0 if material.language == "de" else re.IGNORECASE)
    if speaks.search(material.sentences[0]):
        return None
    return _first(material, next((each for each in _movable(material) if speaks.search(each) and "?" not in each), None))


def point_first(material: Material) -> str | None:
    """The sentence that says most of what the whole is about."""
    sentences = material.sentences
    if len(sentences) < LISTED:
        return None
    weights = _weights(sentences)
    best = max(range(len(sentences)), key=lambda index: (weights[index], -index))
    return _first(material, sentences[best]) if best and sentences[best] in _movable(material) else None


def _weights(sentences: Sequence[str]) -> list[float]:
    """How often the longer words of each come in all, on average."""
    counts = Counter(word for each in sentences for word in set(_WORD.findall(each.lower())))
    found = [set(_WORD.findall(each.lower())) for each in sentences]
    return [sum(counts[word] for word in words) / (len(words) + 1) for words in found]


def concise(material: Material) -> str | None:
    """Without what can go; of many sentences the ones that carry the rest, links and questions."""
    paragraphs = [[_plain(each, material.language) for each in part] for part in material.paragraphs]
    sentences = list(dict.fromkeys(each for part in paragraphs for each in part))
    kept = set(_carrying(sentences)) if len(sentences) > LISTED else set(sentences)
    text = material.text([_once(part, kept) for part in paragraphs])
    return text if text and len(text) <= SHORTER * len(material.text()) else None


def _once(part: Sequence[str], left: set[str]) -> list[str]:
    """Those that are left, each taken from `left`."""
    found = [each for each in dict.fromkeys(part) if each in left]
    left.difference_update(found)
    return found


def _carrying(sentences: Sequence[str]) -> list[str]:
    weights, room = _weights(sentences), CONCISE * sum(map(len, sentences))
    musts = {0} | {index for index, each in enumerate(sentences) if _LINK.search(each)}
    kept: list[str] = []
    for index in sorted(range(len(sentences)), key=lambda index: (index not in musts, -weights[index], index)):
        if index in musts or sum(map(len, kept)) + len(sentences[index]) <= room:
            kept.append(sentences[index])
    return kept


def _plain(sentence: str, language: str | None) -> str:
    for wordy, short in _WORDY.get(language or "", ()):
        sentence = re.sub(wordy, short, sentence)
    return sentence


def structured(material: Material) -> str | None:
    """A lead and a list of points: of an enumeration, else of the sentences."""
    sentences = material.sentences
    for index, each in enumerate(sentences):
        if (found := _ENUMERATION.match(each)) and len(points := _POINT.split(found["points"])) >= LISTED:
            listed = "\n".join([f"{found['lead']}:", *(f"{BULLET}{point.strip()}" for point in points)])
            return material.text([part for part in (sentences[:index], [listed], sentences[index + 1 :]) if part])
    if len(sentences) <= LISTED or material.text().count(BULLET):
        return None
    end = len(sentences) - 1 if "?" in sentences[-1] or _LINK.search(sentences[-1]) else len(sentences)
    points = "\n".join(f"{BULLET}{each}" for each in sentences[1:end])
    return material.text([sentences[:1], [points], sentences[end:]]) if end > LISTED else None


def airy(material: Material) -> str | None:
    """A paragraph to each sentence; of a single long one, to each clause."""
    if len(material.paragraphs) != 1:
        return None
    if len(material.sentences) > 1:
        return material.text([[each] for each in material.sentences])
    clauses = _CLAUSE.split(material.text())
    if len(clauses) == 1 or min(map(len, clauses)) < CLAUSE:
        return None
    return material.text([[each[:1].upper() + each[1:]] for each in clauses])


def headed(material: Material) -> str | None:
    """What it is about on a line of its own, in words of the draft."""
    phrase = next((each for each in material.phrases if each.lower() in material.draft.raw.lower() and len(each) <= 60), None)
    if phrase is None or not material.sentences or material.sentences[0].lower().startswith(phrase.lower()):
        return None
    return material.text([[phrase[:1].upper() + phrase[1:]], *material.paragraphs], (APART, *material.gaps))


def called(material: Material, objective: Objective, number: int = 0) -> str | None:
    """With a call to action at its end, but before a link that stands alone."""
    found = calls(material.language, objective)[number : number + 1]
    if not found or not material.sentences or find_call(material.sentences[-2:], material.language):
        return None
    *before, last = material.paragraphs
    if not before:
        return material.text([[*last[:-1], _closed(last[-1]), *found]])
    if _LINK.fullmatch(" ".join(last)):
        return material.text([*before, found, last], (*material.gaps, APART))
    return material.text([*before, last, found], (*material.gaps, APART))


def _closed(sentence: str) -> str:
    """With a full stop, if it ends in a word."""
    return f"{sentence}." if sentence[-1:].isalnum() and not _LINK.search(sentence.rsplit(maxsplit=1)[-1]) else sentence


def tagged(material: Material, most: int) -> str | None:
    """With hashtags that are suggested, up to `most` in all."""
    present = {each.lower() for each in material.draft.hashtags}
    room = max(0, most - len(present))
    new = [f"#{each}" for each in material.tags if each.lower() not in present][:room]
    return replace(material, tail=(*material.tail, *new)).text() if new else None


STRATEGIES: tuple[Strategy, ...] = (
    Strategy("concise", "Concise", "The same in fewer words", concise),
    Strategy("questionFirst", "Question first", "Opens with the question the draft asks", question_first),
    Strategy("numberFirst", "Number first", "Opens with the figure", number_first),
    Strategy("readerFirst", "Reader first", "Opens with what it means to readers", reader_first),
    Strategy("list", "Structured list", "A lead and its points", structured),
    Strategy("pointFirst", "Main point first", "Opens with the sentence that says most of it", point_first),
    Strategy("heading", "Topic line", "Says first what it is about", headed),
    Strategy("paragraphs", "Room to breathe", "One thought to a paragraph", airy),
)
_CALL_TITLES: Mapping[Objective, tuple[str, str]] = {
    "engagement": ("Call for answers", "Asks readers what they think"),
    "reach": ("Call to share", "Asks readers to pass it on"),
    "conversions": ("Call to get in touch", "Asks readers to ask for more"),
    "brand_awareness": ("Call to follow", "Asks readers to stay"),
}


def strategies(objective: Objective, hashtags: int) -> list[Strategy]:
    """All of them; the call of the objective early, those of others last."""
    own, *others = sorted(OBJECTIVES, key=lambda each: each != objective)
    add = Strategy("hashtags", "With hashtags", "Found under what it is about", partial(tagged, most=hashtags))
    again = Strategy("callAgain", "Another call", _CALL_TITLES[own][1], partial(called, objective=own, number=1))
    return [*STRATEGIES[:1], _call(own), *STRATEGIES[1:], add, again, *map(_call, others)]


def _call(objective: Objective) -> Strategy:
    title, focus = _CALL_TITLES[objective]
    return Strategy(f"call:{objective}", title, focus, partial(called, objective=objective))
