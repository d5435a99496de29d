"""Calls to action, by language and objective: sentences that claim nothing and hurry nobody."""

import re
from collections.abc import Mapping
from typing import Literal

Objective = Literal["engagement", "reach", "conversions", "brand_awareness"]

CALLS: Mapping[str, Mapping[Objective, tuple[str, ...]]] = {
    "en": {
        "engagement": ("What do you think?", "How do you see it? Tell us in the comments."),
        "reach": ("Share this with someone who would like it.",),
        "conversions": ("Send us a message to find out more.",),
        "brand_awareness": ("Follow along for more.",),
    },
    "de": {
        "engagement": ("Was meint ihr?", "Wie seht ihr das? Schreibt es in die Kommentare."),
        "reach": ("Teilt es mit jemandem, dem das gefällt.",),
        "conversions": ("Schreibt uns, wenn ihr mehr wissen möchtet.",),
        "brand_awareness": ("Folgt uns für mehr.",),
    },
    "fr": {
        "engagement": ("Qu'en pensez-vous ?", "Et vous, comment voyez-vous cela ? Dites-le en commentaire."),
        "reach": ("Partagez avec quelqu'un à qui cela plairait.",),
        "conversions": ("Écrivez-nous pour en savoir plus.",),
        "brand_awareness": ("Suivez-nous pour la suite.",),
    },
    "es": {
        "engagement": ("¿Qué opináis?", "¿Cómo lo veis? Contadlo en los comentarios."),
        "reach": ("Compártelo con alguien a quien le guste.",),
        "conversions": ("Escríbenos para saber más.",),
        "brand_awareness": ("Síguenos para ver más.",),
    },
    "it": {
        "engagement": ("Che ne pensate?", "Voi come la vedete? Scrivetelo nei commenti."),
        "reach": ("Condividilo con chi potrebbe apprezzarlo.",),
        "conversions": ("Scrivici per saperne di più.",),
        "brand_awareness": ("Seguici per scoprire di più.",),
    },
}
OBJECTIVES: tuple[Objective, ...] = ("engagement", "reach", "conversions", "brand_awareness")

_ENDINGS: Mapping[str, str] = dict.fromkeys(("de", "fr", "es", "it"), r"\w*")  # the words below are stems there
# A sentence that begins so asks its reader to do something.
_ASKS: Mapping[str, re.Pattern[str]] = {
    language: re.compile(rf"(?:{words}){_ENDINGS.get(language, '')}\b", re.IGNORECASE)
    for language, words in {
        "en": "ask|book|check|click|come|comment|contact|discover|download|drop|find|follow|get|grab|have a look|join|learn|leave"
        "|let us know|message|order|pre-?order|read|register|reply|save|see|send|share|shop|sign|subscribe|swipe|tag|take a look"
        "|tap|tell|try|visit|vote|watch|write",
        "de": "abonnier|besuch|bestell|entdeck|erfahr|erzähl|folg|hol|komm|lest|lies|meld|schau|schick|schreib|sagt|seht"
        "|teil|verpass",
        "fr": "abonnez|achetez|cliquez|commandez|contactez|découvrez|dites|écrivez|essayez|lisez|partagez|regardez|rejoignez"
        "|suivez|téléchargez|visitez|votez",
        "es": "comp[aá]rt|compra|comenta|contad|cuéntanos|descarga|descubre|escríbenos|haz clic|lee|mira|participa|pide|prueba"
        "|síguenos|suscríbe|únete|visita|vota",
        "it": "acquista|clicca|commenta|condividi|contatta|guarda|iscriviti|leggi|ordina|partecipa|prova|scarica|scopri|scrivi"
        "|segui|unisciti|visita|vota",
    }.items()
}


def find_call(sentences: tuple[str, ...], language: str | None) -> str | None:
    """The last sentence that asks readers for something: a question, or one that begins with a word of doing."""
    asks = _ASKS.get(language or "en", _ASKS["en"])
    return next((each for each in reversed(sentences) if "?" in each or "？" in each or asks.match(each)), None)


def calls(language: str | None, objective: Objective) -> tuple[str, ...]:
    """None in a language that is not here."""
    return CALLS.get(language or "", {}).get(objective, ())
