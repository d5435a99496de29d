from ocma.features.assistant.insight import look_with
from ocma.features.assistant.learned import Known
from ocma.intelligence.hashtags import History, Tagged
from ocma.intelligence.text import read

PAST = [
    *(Tagged(("bread",), read(f"{each} rye breads from the oven").words) for each in range(80)),
    Tagged(("DerbyDay",), read("A loud day").words),
]


def test_a_tag_that_was_used_once_for_something_else_is_not_put_on_a_post():
    look = look_with(Known(len(PAST), None, None, History(PAST), ()))

    assert "bread" in look(read("We open on Sunday in Leeds"), "en").tags
    assert "DerbyDay" not in look(read("We open on Sunday in Leeds"), "en").tags
    assert "DerbyDay" in look(read("Closed on derby day in Leeds"), "en").tags
