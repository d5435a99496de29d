"""The near layer of the cache: what fits, and what goes first."""

from ocma.ids import new_id
from ocma.infra.cache.keys import Key
from ocma.infra.cache.memory import OVERHEAD, Entry, Memory

WORKSPACE = new_id()


def entry(name: str, size: int) -> Entry:
    return Entry(Key(WORKSPACE, (name,)), b"x" * size, "stamp", 100.0, 100.0, 100.0)


def test_one_that_does_not_fit_drives_out_nobody_but_what_it_replaces():
    memory = Memory(10, 3 * OVERHEAD + 300)
    small = [entry(name, 10) for name in ("a", "b")]
    for each in small:
        memory.keep(each)
    memory.keep(entry("large", 5 * OVERHEAD))
    assert [memory.find(each.key, 0.0) for each in small] == small
    memory.keep(entry("a", 5 * OVERHEAD))
    assert memory.find(small[0].key, 0.0) is None, "the old value is no answer any more"
    assert (memory.find(small[1].key, 0.0), memory.bytes) == (small[1], small[1].size)


def test_the_least_recently_used_goes_first():
    memory = Memory(2, 100 * OVERHEAD)
    a, b, c = (entry(name, 1) for name in "abc")
    memory.keep(a)
    memory.keep(b)
    memory.find(a.key, 0.0)
    memory.keep(c)
    assert [memory.find(each.key, 0.0) for each in (a, b, c)] == [a, None, c]
