"""Rows of a CSV that somebody hands in, each with all the cells that are needed."""

import csv
import io
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import BinaryIO

from ocma.errors import Invalid

LONGEST = 1_000_000  # characters of a cell


def read(file: BinaryIO, needs: Sequence[str]) -> Iterator[Mapping[str, str]]:
    """One after the other, as they are asked for. Raises Invalid naming the row, counted from 1 without the heading."""
    csv.field_size_limit(LONGEST)
    reader = csv.DictReader(io.TextIOWrapper(file, encoding="utf-8-sig", newline=""), strict=True)
    number = 0
    try:
        _check_columns(reader.fieldnames, needs)
        for number, row in enumerate(reader, 1):
            yield _whole(row, needs, number)
    except UnicodeDecodeError as error:
        raise Invalid(
            f"Row {number + 1} or one soon after it is not UTF-8.", code="csvEncoding", remediation="Save it as UTF-8."
        ) from error
    except csv.Error as error:
        raise Invalid(f"Row {number + 1} is no CSV: {error}.", code="csvBroken") from error


def _check_columns(found: Sequence[str] | None, needs: Sequence[str]) -> None:
    if not found:
        raise Invalid("There is nothing to answer: standard input is empty.", code="csvEmpty", remediation=_heading(needs))
    if missing := [each for each in needs if each not in found]:
        raise Invalid(
            f"There is no column {' or '.join(missing)}; there are {', '.join(found)}.",
            code="csvColumns",
            remediation=_heading(needs),
        )
    if twice := [each for each, count in Counter(found).items() if count > 1]:
        raise Invalid(
            f"There are two columns {' and two '.join(twice)}.", code="csvColumns", remediation="Take out what is not meant."
        )


def _heading(needs: Sequence[str]) -> str:
    return f"The first line names the columns: {','.join(needs)}."


def _whole(row: Mapping[str | None, str | None], needs: Sequence[str], number: int) -> Mapping[str, str]:
    if short := [each for each in needs if row[each] is None]:
        raise Invalid(f"Row {number} has no cell for {', '.join(short)}.", code="csvRow")
    if None in row:
        raise Invalid(f"Row {number} has more cells than there are columns.", code="csvRow")
    return {each: value or "" for each, value in row.items() if each is not None}
