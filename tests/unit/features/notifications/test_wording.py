"""What notifications say: complete sentences, for everything the database makes a notification of."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ocma.features.notifications.models import Notification
from ocma.features.notifications.wording import WORDINGS, words
from ocma.ids import new_id

SQL = Path(__file__).parents[4] / "migrations" / "sql" / "0002_notifications.sql"
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)


def notification(kind, **data):
    return Notification(id=new_id(), workspace_id=new_id(), kind=kind, data=data, at=NOW)


def test_there_are_words_for_what_concerns_people():
    rule = SQL.read_text(encoding="utf-8").split("FUNCTION concerns_people")[1].split("END")[0]
    assert set(re.findall(r"WHEN '([\w.]+)'", rule)) == {name.split(":")[0] for name in WORDINGS}


@pytest.mark.parametrize("name", WORDINGS)
@pytest.mark.parametrize("handle", ["@a", None])
def test_every_kind_reads_well_with_little_known(name, handle):
    kind, _, hold = name.partition(":")
    severity, title, detail, _ = words(notification(kind, platform="x", **({"hold": hold} if hold else {})), handle)
    assert severity in {"error", "warning", "info"}
    assert title
    assert "{" not in title + detail
    assert detail.endswith((".", "?"))


@pytest.mark.parametrize(("ago", "said"), [(timedelta(minutes=11), "11 minutes"), (timedelta(hours=30), "30 hours")])
def test_how_late(ago, said):
    scheduled = (NOW - ago).isoformat()
    assert said in words(notification("publication.published", platform="x", scheduledAt=scheduled), "@a")[2]


def test_the_platforms_own_words_come_first():
    error = {"detail": "Too long.", "remediation": "Shorten it."}
    assert words(notification("publication.failed", platform="x", error=error), "@a")[2:] == ("Too long.", "Shorten it.")
    stale = words(notification("publication.held", platform="x", hold="account", error=error), "@a")
    assert stale[3] == "Connect the account again."
