"""A model's card for people: what it learnt from, how well it does, what it cannot do."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_HEAD = """# Models

What OCMA answers without a language model rests on the small models below. They came with it, are plain numbers (nothing in them
is run), and can be trained anew: `ocma models train --data DIR --out DIR` writes a model and its card, `ocma models evaluate
--data DIR` measures it again, and `ocma models predict TASK < in.csv > out.csv` lets anybody score it on other data. `DIR` holds
the files that a card names under Data.

This page is what `ocma models card` prints.
"""


def page(cards: Mapping[str, Mapping[str, Any]]) -> str:
    return "\n".join([_HEAD, *(render(name, card) for name, card in cards.items())])


def render(name: str, card: Mapping[str, Any]) -> str:
    """Markdown. Of a card: a sentence is a paragraph, a list is a list, what is in columns is a table."""
    parts = [f"## {name}\n"]
    for key, value in card.items():
        parts += [f"### {_heading(key)}\n" if key != "summary" else "", *_section(value)]
    return "\n".join(each for each in parts if each)


def figures(card: Mapping[str, Any]) -> Mapping[str, Any]:
    found = card.get("figures")
    return found if isinstance(found, Mapping) else {}


def tables(found: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, list[str]]]]:
    """Heading and columns: first the plain facts together, then each table of its own."""
    facts = {key: value for key, value in found.items() if not isinstance(value, Mapping)}
    if facts:
        yield "", {"": list(facts), " ": [_cell(each) for each in facts.values()]}
    for key, value in found.items():
        if isinstance(value, Mapping):
            yield _heading(key), _columns(value)


def _columns(found: Mapping[str, Any]) -> dict[str, list[str]]:
    """Of `{row: {column: value}}`, or `{row: value}`."""
    inner = {key: value if isinstance(value, Mapping) else {" ": value} for key, value in found.items()}
    headings = dict.fromkeys(heading for value in inner.values() for heading in value)
    return {"": list(inner), **{each: [_cell(value.get(each)) for value in inner.values()] for each in headings}}


def _section(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for heading, columns in tables(value):
            yield f"{heading}:\n" if heading else ""
            yield _table(columns)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        yield "".join(f"- {_cell(each)}\n" for each in value)
    else:
        yield f"{_cell(value)}\n"


def _table(columns: Mapping[str, Sequence[str]]) -> str:
    lines = [list(columns), ["---"] * len(columns), *(list(each) for each in zip(*columns.values(), strict=True))]
    return "".join(f"| {' | '.join(each.strip().replace('|', '/') for each in line)} |\n" for line in lines)


def _heading(key: str) -> str:
    return key.replace("_", " ").capitalize()


def _cell(value: Any) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) >= 1 else f"{value:.3f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(_cell(each) for each in value)
    return str(value)
