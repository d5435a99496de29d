"""`ocma models`, as it is typed: a CSV in, a CSV out, and one clear line for what cannot be."""

import csv
import gzip
import io
import json
import subprocess
import sys

import pytest

from ocma.intelligence.tasks import TASKS


def ocma(*words, given=""):
    return subprocess.run(
        [sys.executable, "-m", "ocma", "models", *words],
        input=given if isinstance(given, bytes) else given.encode(),
        capture_output=True,
        timeout=120,
        check=False,
    )


def refused(done, *said, code=65):
    told = done.stderr.decode()
    assert done.returncode == code, told
    assert "Traceback" not in told
    assert f"\n{told}".count("\nerror: ") == 1
    for each in said:
        assert each in told
    return told


def test_the_list_names_every_task_and_its_columns():
    done = ocma("list", "--json")
    rows = [json.loads(line) for line in done.stdout.splitlines()]

    assert [each["task"] for each in rows] == list(TASKS)
    assert {"task": "sentiment", "takes": ["row_id", "text"], "gives": ["row_id", "label"], "trained": True} in rows
    assert b"sentiment" in ocma("list").stdout


def test_rows_are_answered_in_their_order_and_further_columns_are_let_pass():
    given = (
        'extra,text,row_id\nx,"I love this, thank you so much!",b\ny,"Awful. I hate\nwaiting",a\nz,The shop opens at nine.,c\n'
    )
    done = ocma("predict", "sentiment", given=given)

    assert done.returncode == 0, done.stderr
    assert list(csv.DictReader(io.StringIO(done.stdout.decode()))) == [
        {"row_id": "b", "label": "positive"},
        {"row_id": "a", "label": "negative"},
        {"row_id": "c", "label": "neutral"},
    ]


def test_a_heading_alone_is_answered_by_a_heading():
    assert ocma("predict", "sentiment", given="row_id,text\n").stdout == b"row_id,label\n"


def test_a_byte_order_mark_is_no_part_of_a_column():
    assert ocma("predict", "sentiment", given=b"\xef\xbb\xbfrow_id,text\n1,fine\n").returncode == 0


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("", "standard input is empty"),
        ("id,text\n1,a\n", "no column row_id; there are id, text"),
        ("a\n1\n", "no column row_id or text"),
        ("row_id,text\n1,a\n2\n", "Row 2 has no cell for text"),
        ("row_id,text\n1,a,b\n", "Row 1 has more cells than there are columns"),
        ("row_id,text,text\n1,great,bad\n", "two columns text"),
        (b"row_id,text\n1,\xff\xfe\n", "Save it as UTF-8"),
        ('row_id,text\n1,"a\n', "Row 1 is no CSV"),
        ("row_id,text\n1," + "a" * 1_000_001 + "\n", "Row 1 is no CSV"),
    ],
)
def test_what_cannot_be_answered_is_named(given, said):
    refused(ocma("predict", "sentiment", given=given), said)


def test_a_task_that_there_is_not_is_named_with_those_there_are():
    for words in (("predict", "mind"), ("card", "mind"), ("train", "mind", "--data", ".", "--out", ".")):
        refused(ocma(*words), "mind", code=66)
    assert "sentiment" in ocma("predict", "mind").stderr.decode()


@pytest.mark.parametrize("command", ["train", "evaluate"])
def test_without_data_it_is_said_what_is_missing_and_where_it_is_from(tmp_path, command):
    out = ("--out", str(tmp_path / "out")) if command == "train" else ()
    refused(ocma(command, *out), "no data", "--data DIR", "docs/models.md")
    refused(ocma(command, "--data", str(tmp_path / "none"), *out), "no folder")
    refused(ocma(command, "sentiment", "--data", str(tmp_path), *out), "goemotions", "Apache-2.0", "text, emotions")
    assert not (tmp_path / "out").exists()


def test_data_of_another_kind_is_named(tmp_path):
    for name in ("goemotions_train.csv.gz", "goemotions_dev.csv.gz"):
        with gzip.open(tmp_path / name, "wt") as file:
            file.write("text,label\nfine,1\n")
    refused(ocma("train", "sentiment", "--data", str(tmp_path), "--out", str(tmp_path)), "no column emotions")
    (tmp_path / "goemotions_train.csv.gz").write_bytes(b"text,emotions\n")
    refused(ocma("train", "sentiment", "--data", str(tmp_path), "--out", str(tmp_path)), "cannot be read")


def test_training_says_what_to_install(tmp_path):
    code = """
import sys
sys.modules["sklearn"] = None
sys.argv = ["ocma", "models", "train", "sentiment", "--data", sys.argv[1], "--out", sys.argv[1]]
from ocma.entrypoints.cli.main import app
app()
"""
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path)], capture_output=True, timeout=60, check=False)
    refused(done, "sklearn", "pip install 'ocma[models]'")


def test_asking_takes_nothing_that_training_takes():
    code = """
import sys, io
sys.modules["sklearn"] = sys.modules["scipy"] = None
sys.argv = ["ocma", "models", "predict", "sentiment"]
from ocma.entrypoints.cli.main import app
app()
"""
    done = subprocess.run(
        [sys.executable, "-c", code], input=b"row_id,text\n1,I hate this\n", capture_output=True, timeout=60, check=False
    )
    assert done.stdout == b"row_id,label\n1,negative\n", done.stderr


def test_a_broken_model_is_named(tmp_path):
    (tmp_path / "sentiment.json").write_text("{}")
    refused(ocma("predict", "sentiment", "--models", str(tmp_path), given="row_id,text\n1,a\n"), "model sentiment", "is broken")
