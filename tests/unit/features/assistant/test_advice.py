"""Advice is something that can be done."""

from dataclasses import replace

from ocma.features.assistant.advice import advise
from ocma.intelligence import fit, readability, seo
from ocma.intelligence.engagement import NOTHING, Factor
from ocma.intelligence.text import read

DRAFT = read("The harbour opens again in spring.")


def advised(*factors):
    prediction = replace(NOTHING, basis="global", factors=factors)
    ease, found = readability.ease(DRAFT, "en"), seo.assess(DRAFT, (), language="en")
    return [
        each for each in advise((), fit.Fit(100.0, (), None), ease, found, prediction) if each.factor.startswith("engagement.")
    ]


def test_neither_the_subject_of_a_draft_nor_its_medium_is_to_be_reconsidered():
    assert advised(Factor("words", -0.5, "Its words, above all “seat”."), Factor("media", -0.4, "The medium, photo.")) == []


def test_how_it_is_written_and_when_it_goes_out_can_be_changed():
    (style, time) = advised(Factor("style", -0.5, "How it is written, above all its length."), Factor("time", -0.4, "Monday."))
    assert (style.text, style.effect) == ("Reconsider: how it is written, above all its length.", -0.5)
    assert time.factor == "engagement.time"
