"""`ocma models`: train the small models that answer without a language model, measure them, and let others score them."""

import csv
import json
import logging
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import chain, islice
from pathlib import Path
from typing import Annotated, Any

import typer

from ocma.entrypoints.cli import listing, models_card, models_rows
from ocma.errors import Invalid, NotFound
from ocma.intelligence import artefact
from ocma.intelligence.artefact import SHIPPED, Artefact
from ocma.intelligence.tasks import TASKS, Task, get_task, get_training

app = typer.Typer(
    help="Small models for sentiment, engagement and the like: train, measure, and ask them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
Names = Annotated[list[str] | None, typer.Argument(metavar="[TASK]...", help=f"Of {', '.join(TASKS)}; without it all.")]
DataFolder = Annotated[
    Path | None, typer.Option("--data", help="Folder with the data (docs/models.md says which, and where it is from).")
]
ModelsFolder = Annotated[Path, typer.Option("--models", help="Folder with models, in place of those that came with OCMA.")]
Json = Annotated[bool, typer.Option("--json", help="JSON for programs, one line per task.")]


@app.command("train")
def train_models(
    names: Names = None,
    data: DataFolder = None,
    out: Annotated[Path | None, typer.Option("--out", help="Folder to put the models in.")] = None,
    as_json: Json = False,
) -> None:
    """Train models anew from public data; each gets a card with its measured figures."""
    folder = _folder(data)
    if out is None:
        raise Invalid("Where should the models go?", code="noOut", remediation="Add --out DIR.")
    _tell_progress()
    written: dict[str, tuple[Artefact, int]] = {}
    for task in _trained(names):
        training = get_training(task)
        started = time.monotonic()
        _say(f"{task.name}: training")
        model = training.train(folder)
        written[task.name] = (model, artefact.save(model, out))
        _say(f"{task.name}: {written[task.name][1]:,} bytes in {out}, after {time.monotonic() - started:.0f} s")
    for name, (model, size) in written.items():
        _show(name, {"bytes": size, **models_card.figures(model.card)}, as_json=as_json)


@app.command("evaluate")
def evaluate_models(names: Names = None, data: DataFolder = None, models: ModelsFolder = SHIPPED, as_json: Json = False) -> None:
    """Measure models on rows that they were not trained on, beside simpler methods."""
    folder = _folder(data)
    _tell_progress()
    with artefact.looked_for_in(models):
        for task in _trained(names):
            training = get_training(task)
            _say(f"{task.name}: measuring")
            _show(task.name, training.evaluate(folder), as_json=as_json)


@app.command("card")
def show_cards(names: Names = None, models: ModelsFolder = SHIPPED, as_json: Json = False) -> None:
    """What models were trained on, what they were measured at, and what they cannot do. docs/models.md is made of it."""
    cards = {name: artefact.load(name, models).card for name in names} if names else _cards(models)
    if as_json:
        for name, card in cards.items():
            print(json.dumps({"model": name, **card}, ensure_ascii=False))
    elif names:
        print("\n".join(models_card.render(name, card) for name, card in cards.items()), end="")
    else:
        print(models_card.page(cards), end="")


@app.command("list")
def list_models(models: ModelsFolder = SHIPPED, as_json: Json = False) -> None:
    """Which tasks there are, the columns they take and give, and whether they are trained."""
    rows = [_facts(each, models) for each in TASKS.values()]
    if as_json:
        for row in rows:
            print(json.dumps(row))
    else:
        listing.show_table({each: [_cell(row[each]) for row in rows] for each in ("task", "takes", "gives", "trained")})


@app.command("predict")
def predict_rows(
    name: Annotated[str, typer.Argument(metavar="TASK", help=f"One of {', '.join(TASKS)}.")], models: ModelsFolder = SHIPPED
) -> None:
    """Answer a CSV from standard input with a CSV on standard output. `ocma models list` tells the columns."""
    task = get_task(name)
    with artefact.looked_for_in(models):
        answers = task.predict(models_rows.read(sys.stdin.buffer, task.needs))
        first = list(islice(answers, 1))  # a heading only once there is nothing wrong with the input's
        writer = csv.DictWriter(sys.stdout, task.gives, lineterminator="\n")
        writer.writeheader()
        writer.writerows(chain(first, answers))


def _folder(data: Path | None) -> Path:
    known = "See docs/models.md for what it holds and where that is from."
    if data is None:
        raise Invalid("There is no data to learn from.", code="noData", remediation=f"Add --data DIR. {known}")
    if not data.is_dir():
        raise Invalid(f"There is no folder {data}.", code="noData", remediation=known)
    return data


def _trained(names: Sequence[str] | None) -> list[Task]:
    """Those asked for; without names, all that can be trained."""
    return [get_task(each) for each in names] if names else [each for each in TASKS.values() if each.training]


def _cards(models: Path) -> dict[str, Mapping[str, Any]]:
    """Of all models in the folder, those that no task is made of included."""
    return {each.stem: artefact.load(each.stem, models).card for each in sorted(models.glob("*.json"))}


def _facts(task: Task, models: Path) -> dict[str, Any]:
    return {"task": task.name, "takes": task.needs, "gives": task.gives, "trained": _is_trained(task, models)}


def _is_trained(task: Task, models: Path) -> bool | None:
    """None where there is nothing to train."""
    if task.training is None:
        return None
    try:
        artefact.load(task.name, models)
    except NotFound:
        return False
    return True


def _cell(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value))
    return "-" if value is None else "yes" if value is True else "no" if value is False else str(value)


def _show(name: str, found: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps({"task": name, **found}, ensure_ascii=False))
        return
    print(name)
    for what, table in models_card.tables(found):
        print(what)
        listing.show_table(table)


def _tell_progress() -> None:
    logging.basicConfig(stream=sys.stderr, format="%(message)s")
    logging.getLogger("ocma.intelligence.training").setLevel(logging.INFO)


def _say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
