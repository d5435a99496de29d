"""The card of the model of feelings."""

from collections.abc import Mapping, Sequence
from typing import Any

from ocma.intelligence.cues import FIGURES
from ocma.intelligence.training import wordlist
from ocma.intelligence.training.files import FILES
from ocma.intelligence.training.goemotions import EMOTIONS, GROUPING, Comments
from ocma.intelligence.training.vectors import SEEN


def card(figures: Mapping[str, Any], data: Comments, emotions: Sequence[str]) -> dict[str, Any]:
    source = FILES["goemotions_train.csv.gz"]
    silent = [each for each in EMOTIONS if each not in emotions]
    return {
        "summary": "Whether a text is positive, negative or neutral, and which emotions it shows. English.",
        "data": [
            f"goemotions_train.csv.gz: {len(data.texts):,} comments of Reddit, to 2019. From {source.origin}.",
            f"{source.cite}. {source.licence}.",
            "goemotions_dev.csv.gz, of the same origin: only measured on.",
            f"{wordlist.CREDIT}.",
        ],
        "licence": "That of OCMA; the word list within keeps its own (MIT), its notice is in the file NOTICE.",
        "grouping": {name: ", ".join(each) for name, each in GROUPING.items()},
        "method": (
            "Logistic regression, all three classes weighing the same, on words (those turned round by a `not` apart), pairs "
            f"of words, signs and emoji that stand in at least {SEEN} comments, runs of three to five letters, and "
            f"{len(FIGURES)} figures from the word list, capitals and punctuation. An emotion has a regression of its own. "
            "Probabilities get their scale, and an emotion the least probability at which it is named (the best F1, but never "
            "below a third), from every tenth comment, by a fit on the others. Weights are kept in bytes."
        ),
        "figures": figures,
        "limits": [
            "Comments of Reddit are not posts of brands: on tweets and other posts expect markedly less than the figures above.",
            "English only. Of another language it knows no word, and calls most of it neutral.",
            "The features were chosen looking at the part that is measured on: up to half a point of the figures is optimism.",
            "`Posts written by us` are few, made up by the people who built this, and a check against gross errors only.",
            "Irony is mostly taken at its word. A text of facts about something bad (a death, a delay) may be called negative.",
            f"Emotions with too few examples are never named: {', '.join(silent) or 'none'}.",
        ],
    }
