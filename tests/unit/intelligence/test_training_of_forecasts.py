"""Training, on a folder of posts and headlines that we made up."""

import csv
import gzip
from random import Random

import pytest

from histories import WORDS, history
from ocma.intelligence.artefact import save
from ocma.intelligence.training import besttime, engagement, meanings, upworthy
from ocma.intelligence.training.files import FILES


def photos(post):
    return 1.0 if post.media == "photo" else 0.0


def posts(name, platform, seed):
    for post in history(260, photos, seed=seed):
        yield {
            "account": name,
            "platform": platform,
            "tz": "Europe/Berlin",
            "published_utc": post.published_at.isoformat().replace("+00:00", "Z"),
            "media": post.media,
            "text": f"the {post.text}",
            "likes": str(post.engagement),
        }


def pairs():
    """The headline that has a question is clicked more."""
    dice = Random(1)
    for place in range(400):
        one, two = (" ".join(dice.choices(WORDS, k=6)) for _ in range(2))
        first = dice.random() < 0.5
        asked = (f"{one}?", two) if first else (one, f"{two}?")
        z = (1 if first else -1) * dice.uniform(0.2, 4)
        yield {
            "test_id": str(place // 2),
            "week": f"2014{place // 40:02}",
            "headline_a": asked[0],
            "headline_b": asked[1],
            "z": str(z),
        }


def comments():
    """Of a kitten is said what is said of a puppy, and nothing of what is said of a tax."""
    dice = Random(2)
    for _ in range(400):
        pet, bill = dice.choice(("puppy", "kitten")), dice.choice(("tax", "levy"))
        yield {"text": f"look how the little {pet} sleeps {dice.choice(WORDS)}", "emotions": "joy"}
        yield {"text": f"nobody wants another {bill} raised {dice.choice(WORDS)}", "emotions": "anger"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("data")
    pages = [row for seed in range(6) for row in posts(f"page{seed}", "facebook", seed)]
    people = [row for seed in (7, 8) for row in posts(f"person{seed}", "twitter", seed)]
    told = {
        "facebook_2016_train.csv.gz": pages,
        "twitter_2017_train.csv.gz": people,
        "upworthy_headline_pairs_train.csv.gz": list(pairs()),
        "goemotions_train.csv.gz": list(comments()),
    }
    for name, rows in told.items():
        columns = dict.fromkeys((*FILES[name].columns, "week"))
        with gzip.open(path / name, "wt", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, columns, restval="")
            writer.writeheader()
            writer.writerows(rows)
    return path


@pytest.mark.parametrize("module", [engagement, besttime, upworthy])
def test_the_same_data_is_the_same_model(folder, tmp_path, module):
    kept = []
    for place in ("one", "two"):
        save(module.train(folder), tmp_path / place)
        kept.append({each.name: each.read_bytes() for each in (tmp_path / place).iterdir()})
    assert kept[0] == kept[1]


def test_what_photos_do_is_learned_across_accounts_and_measured(folder):
    figures = engagement.evaluate(folder)
    unseen = figures["later posts of accounts the pooled model did not see"]
    assert unseen["OCMA"]["accounts"] == 8
    assert unseen["OCMA"]["rho"] > 0.5 > unseen["length"]["rho"] + 0.2
    assert figures["without own posts"]["x"]["rho"] > 0.5
    assert 0.7 < figures["interval meant to hold 80 % of later posts"]["all"]["coverage"] < 0.9


def test_what_a_question_does_is_learned_and_measured(folder):
    figures = upworthy.evaluate(folder)
    assert figures["later weeks"]["OCMA"]["accuracy"] > 0.9
    assert figures["later weeks"]["OCMA"]["pairs"] < 140


def test_words_said_in_the_same_company_mean_the_same(folder):
    known = meanings.learn(folder)
    puppy, kitten, tax = (known.of([each]) for each in ("puppy", "kitten", "tax"))
    assert puppy @ kitten > 0.8 * (puppy @ puppy)
    assert puppy @ tax < 0.3 * (puppy @ puppy)
    assert not known.of(["zebra"]).any()
