"""Reads formulas. What comes in is a stranger's: bounded in length, in size and in depth.

sum     = product (("+" | "-") product)*
product = operand (("*" | "/") operand)*
operand = number | metric | "sum" "(" metric ")" | "(" sum ")"

What comes in is a stranger's: it is bounded in length, in size and in depth.
"""

import re
from decimal import Decimal
from typing import Never

from ocma.features.analytics.formula import Name, Number, Pair, Sign, Tree, refusal
from ocma.features.analytics.names import unknown_metric
from ocma.platforms.metrics import METRICS

LONGEST = 500  # characters
MOST = 50  # metrics and numbers
DEEPEST = 20  # parentheses in one another
DIGITS = 12  # of a number, on either side of its point
_TOKEN = re.compile(r"\s*(?:(?P<number>\d+(?:\.\d+)?)|(?P<name>[A-Za-z][A-Za-z0-9]*)|(?P<sign>[-+*/()]))", re.ASCII)


def parse(text: str) -> Tree:
    """Raises Invalid that says what is wrong with it and where, or which metric there is not."""
    if len(text) > LONGEST:
        raise refusal(f"A formula has at most {LONGEST} characters; this one has {len(text)}.", "formulaTooLong")
    reader = _Reader(text)
    tree = reader.sum()
    if reader.kind:
        reader.refuse("an operator or the end")
    return tree


class _Reader:
    """From left to right, with an eye on one word: its `kind` ("" at the end) and the `word` itself."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._start = self._end = self._depth = self._operands = 0
        self.kind = self.word = ""
        self._next()

    def sum(self) -> Tree:
        tree = self._product()
        while sign := self._take("+", "-"):
            tree = Pair(sign, tree, self._product())
        return tree

    def _product(self) -> Tree:
        tree = self._operand()
        while sign := self._take("*", "/"):
            tree = Pair(sign, tree, self._operand())
        return tree

    def _operand(self) -> Tree:
        if self.kind == "sign":
            return self._enclosed()
        self._operands += 1
        if self._operands > MOST:
            raise refusal(f"A formula has at most {MOST} metrics and numbers.", "formulaTooLong")
        if self.kind == "number":
            return self._number()
        return self._name()

    def _enclosed(self) -> Tree:
        self._expect("(", "a metric, a number or `(`")
        self._depth += 1
        if self._depth > DEEPEST:
            raise refusal(f"At most {DEEPEST} parentheses may stand in one another.", "formulaTooDeep")
        tree = self.sum()
        self._expect(")", "an operator or `)`")
        self._depth -= 1
        return tree

    def _number(self) -> Number:
        whole, _, rest = self.word.partition(".")
        if max(len(whole), len(rest)) > DIGITS:
            raise refusal(f"The number {self.word[:20]}… has more than {DIGITS} digits.", "formulaNumber")
        number = Number(Decimal(self.word))
        self._next()
        return number

    def _name(self) -> Name:
        if self.kind != "name":
            self.refuse("a metric, a number or `(`")
        word = self.word
        self._next()
        if word == "sum" and self.word == "(":
            return self._summed()
        return Name(_known(word))

    def _summed(self) -> Name:
        self._next()
        if self.kind != "name":
            self.refuse("a metric")
        key = _known(self.word)
        self._next()
        self._expect(")", "`)`")
        return Name(key, over_all=True)

    def _take(self, *signs: Sign) -> Sign | None:
        for sign in signs:
            if self.word == sign:
                self._next()
                return sign
        return None

    def _expect(self, sign: str, wanted: str) -> None:
        if self.word != sign:
            self.refuse(wanted)
        self._next()

    def refuse(self, wanted: str) -> Never:
        found = f"`{self.word}`" if self.kind else "the end"
        raise refusal(f"Character {self._start + 1}: {wanted} is expected, not {found}.", "formulaUnreadable")

    def _next(self) -> None:
        match = _TOKEN.match(self._text, self._end)
        rest = self._text[self._end :]
        self._start = self._end + len(rest) - len(rest.lstrip())
        if match is None and rest.strip():
            message = f"Character {self._start + 1}: {self._text[self._start]!r} means nothing in a formula."
            raise refusal(message, "formulaUnreadable")
        self.kind = (match.lastgroup or "") if match else ""
        self.word = match[self.kind] if match else ""
        self._end = match.end() if match else len(self._text)


def _known(key: str) -> str:
    if key not in METRICS:
        raise unknown_metric(key, "formula")
    return key
