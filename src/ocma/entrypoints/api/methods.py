"""405 that names every method an address knows, not those of one route."""

import re

from fastapi import FastAPI, Request, Response
from fastapi.routing import iter_route_contexts
from starlette.exceptions import HTTPException
from starlette.routing import compile_path

from ocma.entrypoints.api import problems


def install(app: FastAPI) -> None:
    table: list[tuple[re.Pattern[str], set[str]]] = []

    async def refuse(request: Request, _: Exception) -> Response:
        if not table:
            table.extend(_table(app))
        known = {method for pattern, methods in table if pattern.match(request.scope["path"]) for method in methods}
        allowed = HTTPException(405, headers={"Allow": ", ".join(sorted(known))})
        return problems.find_response(request, allowed) or problems.unexpected(request)

    app.add_exception_handler(405, refuse)


def _table(app: FastAPI) -> list[tuple[re.Pattern[str], set[str]]]:
    contexts = [each for each in iter_route_contexts(app.routes) if each.path and each.methods]
    return [(compile_path(each.path or "")[0], each.methods or set()) for each in contexts]
