"""What is trained from posts made up here finds what was put into them, and is the same each time."""

import csv
import gzip
import random
from datetime import UTC, datetime, timedelta

import pytest

from ocma.intelligence import artefact
from ocma.intelligence.training import corpora, hashtags, lengths

COLUMNS = (
    "account",
    "platform",
    "category",
    "tz",
    "published_utc",
    "media",
    "text",
    "title",
    "likes",
    "comments",
    "shares",
    "followers",
)
WORDS = [
    "harbour",
    "orchard",
    "kitchen",
    "library",
    "garden",
    "museum",
    "pottery",
    "violin",
    "market",
    "lantern",
    "bicycle",
    "meadow",
]
SUBJECTS = {each: f"{each}life" for each in WORDS}
START = datetime(2026, 1, 1, tzinfo=UTC)


def post(rng, account, number, short_gain):
    subject = rng.choice(list(SUBJECTS))
    filler = "" if rng.random() < 0.4 else " with all of our friends from the village hall and from the school"
    tag = f" #{SUBJECTS[subject]}" if rng.random() < 0.7 else ""
    text = f"A {subject} day{filler}{tag}"
    likes = rng.lognormvariate(5 + (short_gain if len(text) < 40 else 0), 0.5)
    at = START + timedelta(hours=number)
    return [account, "facebook", "", "UTC", at.isoformat(), "photo", text, "", round(likes), 1, 1, ""]


def write(folder, name, rows):
    with gzip.open(folder / name, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([COLUMNS, *rows])


@pytest.fixture(params=[1.0])
def data(tmp_path, request):
    rng = random.Random(4)
    posts = [post(rng, f"account{account}", number, request.param) for account in range(14) for number in range(120)]
    write(tmp_path, corpora.POSTS[0], posts)
    write(tmp_path, corpora.POSTS[1], [])
    return tmp_path


def saved(model, folder):
    artefact.save(model, folder)
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_the_length_that_does_better_is_found_with_its_effect(data, tmp_path):
    model = lengths.train(data)

    assert model.words["platforms"] == ("facebook",)
    least, most, lift, low, high, posts = model.arrays["best"][0].tolist()
    assert (least, most, posts) == (0, 39, 14 * 120)
    assert 0.5 < low < lift < high
    assert saved(model, tmp_path / "a") == saved(lengths.train(data), tmp_path / "b")


@pytest.mark.parametrize("data", [0.0], indirect=True)
def test_where_length_does_nothing_the_effect_is_about_none(data):
    found = lengths.train(data).arrays["best"]

    assert found.size == 0 or found[0, 2] < 0.15


def test_tags_are_told_by_the_words_beside_them(data, tmp_path):
    found = hashtags.evaluate(data)["recall at 5, all of the past"]
    model = hashtags.train(data)
    many = model.card["weights"]["many"]

    assert found["this model"]["all"] > 0.9, "the subject tells the tag"
    assert 0.3 < found["account's most frequent"]["all"] < 0.6, "five of twelve"
    assert many["alike"] > 0.5
    assert saved(model, tmp_path / "a") == saved(hashtags.train(data), tmp_path / "b")


def test_words_are_counted_once_a_text_and_rare_ones_are_left_out():
    counts = corpora.Counts()
    for number in range(6):
        counts.add("posts", f"account{number % 2}", ["sea", "sea", "sun"] if number else ["sea", "secret"])
        counts.add("posts", "account0", ["private"])

    assert counts.texts["posts"]["sea"] == 6
    assert counts.common() == ["sea", "sun"], "one account's words and words of a few texts stay out"
