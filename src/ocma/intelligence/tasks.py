"""What the models answer, row by row, so that anybody can score them on data of their own (`ocma models predict`)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from ocma.errors import Invalid, NotFound
from ocma.intelligence import fit, forecasts, keyphrases, readability, sentiment, tagging
from ocma.intelligence.artefact import Artefact

Rows = Iterator[Mapping[str, str]]


@dataclass(frozen=True, slots=True)
class Task:
    """`needs`: columns that must be there; `gives`: those of the answer; `training`: a module under ocma.intelligence.training
    (see Training), None for what learns from the rows themselves. `predict` raises Invalid for a cell that it cannot read.
    """

    name: str
    needs: tuple[str, ...]
    predict: Callable[[Rows], Rows]
    training: str | None
    gives: tuple[str, ...] = ("row_id", "score")


class Training(Protocol):
    """What a module under ocma.intelligence.training has. Figures are `{what was measured: {method: {metric: number}}}`, the
    model beside its baselines, on rows that it was not trained on; plain values beside them are facts (which data, how many).
    A card is a mapping of headings to sentences, lists or such tables, in the order they are read, first `summary`; it has
    `figures`. Progress is told to the module's logger.
    """

    def train(self, folder: Path) -> Artefact: ...

    def evaluate(self, folder: Path) -> Mapping[str, Any]: ...


# A line a task.
_ALL: tuple[Task, ...] = (
    Task("engagement", ("row_id", *forecasts.POSTS), forecasts.predict_engagement, "engagement"),
    Task("besttime", forecasts.WEEKS, forecasts.predict_besttime, "besttime", ("account", "dow", "hour", "score")),
    Task("upworthy", ("row_id", "headline_a", "headline_b"), forecasts.predict_upworthy, "upworthy"),
    Task("sentiment", ("row_id", "text"), sentiment.predict_rows, "sentiment", ("row_id", "label")),
    Task("hashtags", ("row_id", "account", "text"), tagging.predict_rows, "hashtags", ("row_id", "hashtags")),
    Task("readability", ("row_id", "text"), readability.predict_rows, "readability"),
    Task("keyphrases", ("row_id", "text"), keyphrases.predict_rows, "keyphrases", ("row_id", "phrases")),
    Task("lengths", ("row_id", "platform"), fit.predict_rows, "lengths", ("row_id", "least", "most", "lift")),
)

TASKS: Mapping[str, Task] = {each.name: each for each in _ALL}


def get_task(name: str) -> Task:
    if name not in TASKS:
        raise NotFound(f"There is no task {name}.", code="unknownTask", remediation=f"There are: {', '.join(TASKS)}.")
    return TASKS[name]


def get_training(task: Task) -> Training:
    """Raises Invalid where nothing is trained, or what training takes is not installed."""
    if task.training is None:
        raise Invalid(f"{task.name} learns from the rows it is given: nothing is trained before.", code="nothingToTrain")
    try:
        return cast("Training", import_module(f"ocma.intelligence.training.{task.training}"))
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] == "ocma":
            raise
        raise Invalid(
            f"Training takes {error.name}, which is not installed.",
            code="trainingNotInstalled",
            remediation="pip install 'ocma[models]'",
        ) from error
