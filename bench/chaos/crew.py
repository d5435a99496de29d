"""The product's own processes, each started again when it ends, as a supervisor does."""

import asyncio
import os
import signal
from collections import Counter
from random import Random

from ocma.infra.embedded import process
from ocma.infra.embedded.process import Child, Command

LOOK = 0.05  # seconds between two looks


class Hand:
    """One process and its successors."""

    def __init__(self, role: str, command: Command) -> None:
        self.role, self.command = role, command
        self.child: Child = process.spawn(command)

    def is_alive(self) -> bool:
        return self.child.ended() is None

    def strike(self, number: signal.Signals) -> bool:
        """False: it is down already."""
        if not self.is_alive():
            return False
        os.kill(self.child.pid, number)
        return True


class Crew:
    """`ends`: how often a process of a role ended, by role; `surprises`: ends that nobody here caused."""

    def __init__(self, commands: list[tuple[str, Command]], random: Random) -> None:
        self._random = random
        self._struck: set[int] = set()
        self.surprises: Counter[str] = Counter()
        self.hands = [Hand(role, command) for role, command in commands]

    def strike(self, role: str, number: signal.Signals) -> bool:
        """One of that role, by chance."""
        alive = [hand for hand in self.hands if hand.role == role and hand.is_alive()]
        if not alive:
            return False
        hand = self._random.choice(alive)
        self._struck.add(hand.child.pid)
        return hand.strike(number)

    async def keep(self) -> None:
        """Until cancelled. A successor comes after up to a second, as from a supervisor."""
        await asyncio.gather(*(self._keep(hand) for hand in self.hands))

    async def _keep(self, hand: Hand) -> None:
        while True:
            await asyncio.sleep(LOOK)
            if not hand.is_alive():
                if hand.child.pid not in self._struck:
                    self.surprises[hand.role] += 1
                await asyncio.sleep(self._random.uniform(0.1, 1.0))
                hand.child = process.spawn(hand.command)

    def end(self) -> None:
        process.end(*(hand.child for hand in self.hands))
