"""Syllables by groups of vowels: for means over a text. A dictionary would be righter word by word, hardly in the mean."""

from functools import lru_cache

import regex

# What sounds as one, longest first.
_GROUPS = {
    "en": r"[aeiouy]+",
    "de": r"aa|ee|oo|ie(?!n?$)|i(?=e)|ei|ai|au|äu|eu|ey|ay|[aeiouyäöü]",
    "nl": r"aai|ooi|oei|eeu|ieu|aa|ee|oo|uu|ie|ei|ij|oe|ou|au|ui|eu|[aeiouyéèëïöü]",
    "fr": r"[aeiouyàâäéèêëîïôöùûüœæ]+",
    "es": r"(?<=[qg])u[ei]\p{L}?(?<=[aeoáéíó])|[iuüy]?[aeoáéó](?:[iuy](?![aeoáéíóú]))?|[íú]|[iuü]+",
    "it": r"[iu]?[aeoàèéòóù](?:[iu](?![aeo])|o$)?|[ìù]|[iu]+(?=a$)|[iu]+",
    "pt": r"(?<=[qg])u[aeoáéê]|[aeoáâãàéêóôõ][iou]?|[íú]|[iu]+",
    "ru": r"[аеёиоуыэюя]",
    "tr": r"[aeıioöuüâîû]",
}
LANGUAGES = frozenset(_GROUPS)
_COMPILED = {language: regex.compile(groups) for language, groups in _GROUPS.items()}
_MUTE = {
    "en": regex.compile(
        r"(?<=[^aeiouylr]|[aeiouy][lr])e$|(?<=[^aeiouytd])ed$|(?<=[^aeiouyscxzghl]|[aeiouy]l)es$|(?<=[aeiouy][^aeiouy])e(?=(?:ly|ment|ful|less)$)"
    ),
    "fr": regex.compile(r"(?<=[^aeiouyàâéèêëîïôöùûü])(?:e|es|ent)$"),
}
_APART = {  # neighbours that are two after all
    "en": regex.compile(
        r"(?<![tscxg])i(?=[aou])|(?<=[st])i(?=at)|eo(?!p|us)|e(?=a$|a[st]?$|ate|ati|um)|(?<![tscg])iu|(?<!q|g)ua(?=[rl]|te|ti)|o(?=em|et)"
        r"|i(?=et)|^sci(?=e)|[ey](?=ing)|[^aeiou]ism$|(?<=oy)ee"
    ),
}


@lru_cache(maxsize=20_000)
def count(word: str, language: str) -> int:
    """Of a word in lower case; at least 1. Numerals count as one."""
    spoken = word[:40]
    if mute := _MUTE.get(language):
        spoken = mute.sub("", spoken) or spoken
    found = len(_COMPILED[language].findall(spoken))
    if apart := _APART.get(language):
        found += len(apart.findall(spoken))
    return max(found, 1)
