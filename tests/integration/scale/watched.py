"""A master, a replica and three sentinels on 127.0.0.1."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integration.scale.nodes import ESCAPED, Node, answers, sentinel, server, until


@dataclass
class Watched:
    master: Node
    replica: Node
    sentinels: list[Node]

    @property
    def url(self) -> str:
        return f"redis+sentinel://:{ESCAPED}@{','.join(each.place for each in self.sentinels)}/ours/0"


@contextmanager
def running(folder: Path) -> Iterator[Watched]:
    master = server(folder, "master")
    replica = server(folder, "replica", replicaof=f"127.0.0.1 {master.port}")
    sentinels = [sentinel(folder, f"sentinel{number}", master) for number in range(3)]
    started: list[Node] = []
    try:
        for each in (master, replica):
            started.append(each)
            each.start()
            each.wait()
        until(lambda: replica.ask("INFO")["master_link_status"] == "up", "the replica has no copy")
        for each in sentinels:
            started.append(each)
            each.start()
        for each in sentinels:
            until(lambda each=each: _sees_all(each), "a sentinel does not see the others")
        yield Watched(master, replica, sentinels)
    finally:
        for each in started:
            each.end()


def _sees_all(node: Node) -> bool:
    if not answers(node, None):
        return False
    seen = node.ask("SENTINEL MASTERS", password=None)["ours"]
    return seen["num-other-sentinels"] == 2 and seen["num-slaves"] == 1
