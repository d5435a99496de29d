"""How far behind: by positions, whatever the clocks of the machines say, and never by guess."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

from ocma.infra.lag import Lag, Mark

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def mark(at, position, now=None, **more):
    return Mark(
        **{"at": at, "now": now or NOON + timedelta(seconds=at), "position": position, "server": 7, "name": "ocma"} | more
    )


def row(position, shown=None, **more):
    return SimpleNamespace(**{"follows": True, "position": position, "shown": shown, "server": 7, "name": "ocma"} | more)


def test_at_the_same_position_it_has_everything_however_old_its_last_transaction_is():
    lag = Lag()
    assert lag.judge(mark(100.0, 500), row(500, shown=NOON - timedelta(hours=9))) is None
    assert lag.fresh_at == 100.0


def test_at_an_earlier_position_it_has_what_was_written_by_then():
    lag = Lag()
    for at, written, replayed in ((1.0, 100, 100), (2.0, 200, 190), (3.0, 300, 190), (4.0, 400, 205)):
        assert lag.judge(mark(at, written), row(replayed)) is None
    assert lag.fresh_at == 2.0


def test_the_last_transaction_tells_it_finer():
    lag = Lag()
    lag.judge(mark(1.0, 100), row(100))
    assert lag.judge(mark(9.0, 900), row(850, shown=NOON + timedelta(seconds=8.9))) is None
    assert round(lag.fresh_at, 3) == 8.9


def test_clocks_of_the_servers_are_never_compared_with_ours():
    lag = Lag()
    assert lag.judge(mark(1.0, 100, now=NOON), row(90, shown=NOON - timedelta(seconds=4))) is None
    assert lag.fresh_at == -3.0


def test_a_commit_after_the_mark_makes_nothing_fresher_than_the_mark():
    lag = Lag()
    lag.judge(mark(1.0, 100), row(100))
    lag.judge(mark(2.0, 200), row(210, shown=NOON + timedelta(seconds=2.5)))
    assert lag.fresh_at == 2.0


def test_behind_from_the_first_look_on_nobody_knows_for_how_long():
    lag = Lag()
    assert lag.judge(mark(1.0, 100), row(50)) == "unknown"
    assert lag.fresh_at is None


def test_what_is_no_replica_of_this_database():
    for strange, fault in (
        (row(100, follows=False), "noReplica"),
        (row(100, server=8), "otherDatabase"),
        (row(100, name="postgres"), "otherDatabase"),
        (row(None), "unknown"),
    ):
        lag = Lag()
        assert lag.judge(mark(1.0, 100), strange) == fault
        assert lag.fresh_at is None


def test_one_that_has_what_the_primary_never_wrote_went_another_way():
    """After a failover to a server that lacked the end: it would show rows that are nowhere."""
    lag = Lag()
    assert lag.judge(mark(1.0, 100), row(140)) == "unknown"  # perhaps written in between: the next look tells
    for at in (2.0, 3.0, 4.0):
        assert lag.judge(mark(at, 100 + at), row(140)) == "otherHistory"
    assert lag.judge(mark(5.0, 105), row(105)) == "otherHistory"  # made anew: trusted from the next look on
    assert lag.judge(mark(6.0, 106), row(106)) is None


def test_ahead_by_what_was_written_in_between_is_fine():
    lag = Lag()
    assert lag.judge(mark(1.0, 100), row(100)) is None
    assert lag.judge(mark(2.0, 200), row(260)) is None
    assert lag.judge(mark(3.0, 300), row(300)) is None


def test_a_primary_that_was_set_back():
    lag = Lag()
    assert lag.judge(mark(1.0, 300), row(200, shown=NOON)) is None
    assert lag.judge(mark(2.0, 250), row(220, shown=NOON)) == "otherHistory"
