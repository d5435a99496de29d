"""All that LinkedIn lists in answer to a question, page by page where it makes pages of it."""

from typing import TypeVar

from ocma.platforms.connector import Access, Call
from ocma.platforms.linkedin.wire import Entity, Page, read

Item = TypeVar("Item", bound=Entity)
PAGES = 40  # of ten, where LinkedIn has its way: more than a year of days


async def elements(call: Call, access: Access, path: str, shape: type[Item]) -> list[Item]:
    found: list[Item] = []
    for _ in range(PAGES):
        start = f"&start={len(found)}" if found else ""
        page = read(await call(access, "GET", f"{path}{start}"), Page[shape])
        found += page.elements
        if not page.elements or not page.has_next:
            break
    return found
