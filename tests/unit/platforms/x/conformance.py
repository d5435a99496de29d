from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

DATA = Path(__file__).with_name("data")


@cache
def tests(name: str) -> dict[str, list[dict[str, Any]]]:
    return yaml.safe_load((DATA / name).read_text("utf-8"))["tests"]


def cases(name: str, *groups: str) -> list[Any]:
    return [pytest.param(case, id=f"{group}-{case['description']}") for group in groups for case in tests(name)[group]]
