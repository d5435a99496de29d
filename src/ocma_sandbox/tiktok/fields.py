from starlette.requests import Request

from ocma_sandbox.tiktok import errors


def read(request: Request, known: frozenset[str]) -> list[str]:
    """The `fields` of the query, which every reading call demands."""
    wanted = [field for field in request.query_params.get("fields", "").split(",") if field]
    if not wanted:
        raise errors.invalid("Fields is required.")
    unknown = [field for field in wanted if field not in known]
    if unknown:
        raise errors.invalid(f"Invalid fields: {', '.join(unknown)}. Known: {', '.join(sorted(known))}.")
    return list(dict.fromkeys(wanted))
