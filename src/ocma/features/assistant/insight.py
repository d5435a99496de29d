"""What the local models say of a draft, as rewriting needs it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeAlias

from ocma.features.assistant.learned import NOTHING, Known
from ocma.intelligence import hashtags, keyphrases, readability
from ocma.intelligence.hashtags import LIKELY, Suggested
from ocma.intelligence.keyphrases import Phrase
from ocma.intelligence.language import guess
from ocma.intelligence.sentiment import Feeling, feel
from ocma.intelligence.text import Draft

TAGS = 10


@dataclass(frozen=True, slots=True)
class Insight:
    """`phrases` with their scores and `tags` (without #) come best first. `readability`: 0 to 100, higher is easier; `sentiment`:
    0 to 100, 50 neutral. None: not known.
    """

    language: str | None = None
    phrases: tuple[tuple[str, float], ...] = ()
    tags: tuple[str, ...] = ()
    readability: float | None = None
    sentiment: float | None = None


Look: TypeAlias = Callable[[Draft, str | None], Insight]  # with the language, if the caller named it


def tags_for(draft: Draft, phrases: Sequence[Phrase], known: Known) -> tuple[Suggested, ...]:
    """Only what has to do with the draft, or what the account does put on most: people see them, and rewriting adds them."""
    return hashtags.suggest(draft, known.tags, phrases=keyphrases.telling(phrases), most=TAGS, least=LIKELY)


def look_with(known: Known) -> Look:
    """`known`: of the account that it is for."""
    return partial(_look, known)


def tongue(draft: Draft, named: str | None) -> str | None:
    """As the caller says (`de-AT` is `de`), else as it reads."""
    return named.replace("_", "-").split("-")[0].lower() if named else guess(draft)


def feel_in(draft: Draft, language: str | None) -> Feeling | None:
    """None: the model would not know a word of it. A draft of which the language cannot be told is short, and tried."""
    return feel(draft) if language in ("en", None) else None


def _look(known: Known, draft: Draft, named: str | None) -> Insight:
    language = tongue(draft, named)
    phrases = keyphrases.find(draft, language)
    return Insight(
        language=language,
        phrases=tuple((each.text, each.score) for each in phrases),
        tags=tuple(each.tag for each in tags_for(draft, phrases, known)),
        readability=readability.ease(draft, language).score,
        sentiment=_scale(feel_in(draft, language) if draft.words else None),
    )


def _scale(feeling: Feeling | None) -> float | None:
    """From the chances of the three: 50 is neutral, or as likely the one as the other."""
    if feeling is None:
        return None
    return 50 * (1 + feeling.probabilities["positive"] - feeling.probabilities["negative"])


look: Look = look_with(NOTHING)
