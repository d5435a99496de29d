"""What is known of posts without knowing the account: a ridge over terms, traits and media, trained across accounts."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from ocma.intelligence.arrays import Floats, Ints
from ocma.intelligence.artefact import Artefact, load
from ocma.intelligence.terms import Terms
from ocma.intelligence.traits import Sketch

MEDIA = ("link", "photo", "video", "status")
_SYNONYMS = {
    "image": "photo",
    "images": "photo",
    "picture": "photo",
    "carousel": "photo",
    "album": "photo",
    "text": "status",
    "reel": "video",
}
FARTHEST = 4.0  # spreads of a trait; what lies beyond was not seen in training


@dataclass(frozen=True, slots=True, eq=False)
class Share:
    """What of the score comes from where, in spreads. `places`, `parts`: the terms that are known and what each gives; `known`:
    the share of the single words that training saw, near 0 for other tongues than its own.
    """

    terms: float
    traits: float
    media: float
    places: Ints
    parts: Floats
    known: float

    @property
    def score(self) -> float:
        return self.terms + self.traits + self.media


@dataclass(frozen=True, slots=True, eq=False)
class Pooled:
    terms: Terms
    weights: Floats
    centre: Floats
    scale: Floats
    slopes: Floats
    media: Floats  # as MEDIA

    def share(self, sketch: Sketch, media: str | None) -> Share:
        places, weights = self.terms.weigh(sketch.terms)
        parts = weights * self.weights[places]
        return Share(float(parts.sum()), float(self.traits(sketch).sum()), self._media(media), places, parts, self._known(sketch))

    def traits(self, sketch: Sketch) -> Floats:
        """What each of TRAITS gives."""
        away = (np.array(sketch.values) - self.centre) / self.scale
        return np.clip(away, -FARTHEST, FARTHEST) * self.slopes

    def _media(self, media: str | None) -> float:
        kind = kind_of(media)
        return float(self.media[MEDIA.index(kind)]) if kind in MEDIA else 0.0

    def _known(self, sketch: Sketch) -> float:
        words = {each for each in sketch.terms if each.isalpha()}
        return sum(each in self.terms.places for each in words) / len(words) if words else 0.0


def kind_of(media: str | None) -> str | None:
    name = (media or "").strip().casefold()
    return _SYNONYMS.get(name, name) or None


@lru_cache(maxsize=4)
def pooled_from(artefact: Artefact) -> Pooled:
    arrays = {name: array.astype(np.float64) for name, array in artefact.arrays.items()}
    places = {term: place for place, term in enumerate(artefact.words["terms"])}
    return Pooled(
        Terms(places, arrays["rarity"]), arrays["weights"], arrays["centre"], arrays["scale"], arrays["slopes"], arrays["media"]
    )


def shipped() -> Pooled:
    return pooled_from(load("engagement"))
