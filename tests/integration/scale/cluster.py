"""Six nodes on 127.0.0.1: three masters, a replica for each."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redis.crc import key_slot

from integration.scale.nodes import ESCAPED, SILENCE, Node, server, until
from ocma.infra.embedded import ports

SLOTS = [(0, 5460), (5461, 10922), (10923, 16383)]


@dataclass
class Cluster:
    """`nodes[0:3]` begin as masters, `nodes[3:6]` as their replicas."""

    nodes: list[Node]

    @property
    def url(self) -> str:
        return f"redis+cluster://:{ESCAPED}@{','.join(node.place for node in self.nodes)}"

    def find_owner(self, key: str, asked: Node) -> Node | None:
        """The node that takes writes of this key, as `asked` sees it."""
        slot = key_slot(key.encode())
        for place, told in asked.ask("CLUSTER NODES").items():
            if "fail" not in told["flags"].split(",") and any(int(low) <= slot <= int(high) for low, high in told["slots"]):
                return next(node for node in self.nodes if place == node.place)
        return None


@contextmanager
def running(folder: Path) -> Iterator[Cluster]:
    nodes = [_node(folder, f"node{number}") for number in range(6)]
    try:
        for each in nodes:
            each.start()
        _form(nodes)
        yield Cluster(nodes)
    finally:
        for each in nodes:
            each.end()


def _node(folder: Path, name: str) -> Node:
    return server(
        folder,
        name,
        cluster_enabled="yes",
        cluster_port=str(ports.keep(folder, f"{name}-bus")),
        cluster_node_timeout=str(SILENCE),
        cluster_replica_validity_factor="0",
    )


def _form(nodes: list[Node]) -> None:
    for each in nodes:
        each.wait()
    first, masters, replicas = nodes[0], nodes[:3], nodes[3:]
    for number, (master, slots) in enumerate(zip(masters, SLOTS, strict=True), 1):
        master.ask("CLUSTER", "ADDSLOTSRANGE", *slots)
        master.ask("CLUSTER", "SET-CONFIG-EPOCH", number)
    _meet(first, nodes)
    for master, replica in zip(masters, replicas, strict=True):
        replica.ask("CLUSTER", "REPLICATE", master.ask("CLUSTER", "MYID"))
    for each in replicas:  # without its first copy a replica never takes over
        until(lambda each=each: each.ask("INFO")["master_link_status"] == "up", "a replica has no copy")
    for each in nodes:
        until(lambda each=each: each.ask("CLUSTER INFO")["cluster_state"] == "ok", "the cluster is not ok")


def _meet(first: Node, nodes: list[Node], tries: int = 5) -> None:
    """Tried again, because a handshake that takes longer than SILENCE is forgotten."""
    for each in nodes[1:]:
        first.ask("CLUSTER", "MEET", "127.0.0.1", each.port, each.bus)
    try:
        until(lambda: all(len(each.ask("CLUSTER NODES")) == len(nodes) for each in nodes), "the nodes do not meet", 10)
    except AssertionError:
        if tries == 1:
            raise
        _meet(first, nodes, tries - 1)
