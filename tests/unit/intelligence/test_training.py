"""Training is a function of its data: the same data, the same bytes; data that cannot be learnt from is named."""

import csv
import gzip
import random

import numpy as np
import pytest

from ocma.errors import Invalid
from ocma.intelligence.artefact import load, looked_for_in, save
from ocma.intelligence.sentiment import Mind
from ocma.intelligence.text import read
from ocma.intelligence.training import files, goemotions, sentiment, wordlist
from ocma.intelligence.training.measures import calibration_error, classes, f1, interval

SAID = {
    "gratitude": ("thanks for the {}", "thank you, great {}!"),
    "anger": ("I hate this {}", "stupid {}, so angry"),
    "sadness": ("sad about the {}", "the {} made me cry :("),
    "neutral": ("the {} is on the table", "a {} costs nine"),
    "curiosity": ("where is the {}?", "which {} is it?"),
}
THINGS = ("door", "train", "book", "window", "garden", "lamp", "bottle", "ticket")


def corpus(folder, count=1600, emotions=tuple(SAID), *, seed=1):
    drawn = random.Random(seed)
    for name, rows in (("goemotions_train.csv.gz", count), ("goemotions_dev.csv.gz", 200)):
        with gzip.open(folder / name, "wt", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(("text", "emotions"))
            for _ in range(rows):
                felt = drawn.choice(emotions)
                text = f"{drawn.choice(SAID[felt]).format(drawn.choice(THINGS))} {drawn.choice(THINGS)}"
                writer.writerow((text, f"{felt}|sadness" if felt == "gratitude" and drawn.random() < 0.1 else felt))
    return folder


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    folder = corpus(tmp_path_factory.mktemp("data"))
    return folder, sentiment.train(folder)


def test_the_same_data_is_the_same_model_to_the_byte(trained, tmp_path):
    folder, first = trained
    for name, model in (("a", first), ("b", sentiment.train(folder))):
        save(model, tmp_path / name)
    for name in ("sentiment.npz", "sentiment.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_it_learns_what_is_in_the_data(trained):
    mind = Mind(trained[1])
    for text, label, emotion in (
        ("thank you, great lamp!", "positive", "gratitude"),
        ("stupid lamp, so angry", "negative", "anger"),
        ("the lamp is on the table", "neutral", None),
    ):
        found = mind.feel(read(text))
        assert found.sentiment == label
        assert [name for name, _ in found.emotions] == ([emotion] if emotion else [])


def test_measuring_again_gives_what_the_card_says(trained, tmp_path):
    folder, model = trained
    save(model, tmp_path)
    with looked_for_in(tmp_path):
        assert sentiment.evaluate(folder) == load("sentiment").card["figures"]


def test_what_is_asked_is_what_was_fitted(trained):
    """Weights in bytes, added up without a matrix: the same answers as the matrix gives, but for rounding."""
    folder, model = trained
    data = goemotions.comments(folder, "goemotions_dev.csv.gz")
    mind = Mind(model)
    answers = [mind.feel(read(each)).sentiment for each in data.texts]
    figures = model.card["figures"]["sentiment"]["OCMA"]
    clear = data.sentiments >= 0
    told = np.array(["negative", "neutral", "positive"])[data.sentiments[clear]]
    assert figures["accuracy"] == round(float((told == np.array(answers)[clear]).mean()), 4)
    assert figures["accuracy"] > 0.95


def test_emotions_with_few_examples_are_not_answered(tmp_path):
    model = sentiment.train(corpus(tmp_path, 700, ("gratitude", "anger", "neutral", "curiosity")))
    assert model.words["emotions"] == ()
    assert "gratitude" in model.card["limits"][-1]
    assert Mind(model).feel(read("thank you, great lamp!")).emotions == ()


def test_words_that_few_wrote_are_not_kept(trained, tmp_path):
    model = trained[1]
    assert "lamp" in model.words["terms"]
    corpus(tmp_path)
    with gzip.open(tmp_path / "goemotions_train.csv.gz", "at", encoding="utf-8") as file:
        file.write("Xyzzyplugh the lamp,neutral\n" * 4)
    assert "xyzzyplugh" not in sentiment.train(tmp_path).words["terms"]


def test_data_without_one_of_the_three_is_named(tmp_path):
    with pytest.raises(Invalid, match="too few comments that are neutral"):
        sentiment.train(corpus(tmp_path, emotions=("gratitude", "anger")))
    with pytest.raises(Invalid, match="too few comments"):
        sentiment.train(corpus(tmp_path, 0))


@pytest.mark.parametrize(
    ("felt", "label"),
    [
        ("joy", 2),
        ("anger|fear", 0),
        ("surprise", 1),
        ("neutral|joy", 2),
        ("joy|anger", -1),
        ("joy|love|anger", 2),
        ("curiosity|anger", 0),
        ("neutral", 1),
    ],
)
def test_emotions_are_grouped(tmp_path, felt, label):
    with gzip.open(tmp_path / "goemotions_dev.csv.gz", "wt") as file:
        file.write(f"text,emotions\nx,{felt}\n")
    assert goemotions.comments(tmp_path, "goemotions_dev.csv.gz").sentiments.tolist() == [label]


def test_every_emotion_has_its_group():
    assert len(goemotions.EMOTIONS) == 27
    assert len(goemotions.POSITIVE) + len(goemotions.NEGATIVE) + len(goemotions.AMBIGUOUS) == 27


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("text,emotions\nx,bliss\n", "no emotion 'bliss'"),
        ("text,emotions\nx\n", "not as many cells"),
        ("text,emotions\nx,joy,y\n", "not as many cells"),
        ("text\nx\n", "no column emotions"),
        ("", "no column text, emotions"),
    ],
)
def test_rows_that_cannot_be_are_named(tmp_path, text, said):
    with gzip.open(tmp_path / "goemotions_dev.csv.gz", "wt") as file:
        file.write(text)
    with pytest.raises(Invalid, match=said):
        goemotions.comments(tmp_path, "goemotions_dev.csv.gz")


@pytest.mark.parametrize("name", sorted(files.FILES))
def test_a_missing_file_is_told_with_where_it_is_from(tmp_path, name):
    with pytest.raises(Invalid, match="There is no") as told:
        list(files.rows(tmp_path, name))
    assert "github.com/" in (told.value.remediation or "")


def test_a_file_cut_short_is_named(tmp_path):
    corpus(tmp_path)
    path = tmp_path / "goemotions_train.csv.gz"
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(Invalid, match="cannot be read"):
        list(files.rows(tmp_path, path.name))


def test_the_word_list_is_the_one_that_ships():
    shipped = load("sentiment")
    kept = dict(zip(shipped.words["scored"], (shipped.arrays["score"] / 10).tolist(), strict=True))
    assert kept == pytest.approx(wordlist.scores())
    assert kept["good"] > 0 > kept["terrible"]


def test_measures_are_those_of_the_books():
    told, answered = np.array([0, 0, 0, 1, 2, 2]), np.array([0, 0, 1, 1, 2, 0])
    found = classes(told, answered)
    assert found["accuracy"] == pytest.approx(4 / 6)
    assert found["macro recall"] == pytest.approx((2 / 3 + 1 + 1 / 2) / 3)
    assert found["macro F1"] == pytest.approx((2 / 3 + 2 / 3 + 2 / 3) / 3)
    assert f1(np.array([True, False, True]), np.array([True, True, False])) == pytest.approx(0.5)
    assert f1(np.zeros(3, bool), np.zeros(3, bool)) == 0


def test_calibration_error_is_how_far_confidence_is_off():
    confidence = np.array([0.9] * 10 + [0.5] * 10)
    assert calibration_error(confidence, np.array([True] * 9 + [False] + [True] * 5 + [False] * 5)) == pytest.approx(0)
    assert calibration_error(confidence, np.array([True] * 20)) == pytest.approx((0.1 + 0.5) / 2)
    assert calibration_error(np.array([1.0]), np.array([False])) == 1
    assert calibration_error(np.array([]), np.array([])) is None


def test_an_interval_holds_what_it_is_of():
    told = np.random.default_rng(3).integers(0, 3, 500)
    answered = np.where(np.arange(500) % 4 == 0, (told + 1) % 3, told)
    low, high = interval(told, answered, lambda told, answered: float((told == answered).mean()))
    assert low < 0.75 < high
    assert high - low < 0.1
