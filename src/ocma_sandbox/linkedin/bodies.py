import json
from typing import Any

from starlette.requests import Request

from ocma_sandbox import shape
from ocma_sandbox.linkedin import problems

Json = dict[str, Any]


async def read(request: Request, schema: Json) -> Json:
    """The JSON body, checked; 422 with every deviation at once, 400 when it is no JSON object."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        body = None
    if not isinstance(body, dict):
        raise problems.illegal("Request body could not be converted to data map")
    issues = list(shape.check(schema, body))
    if issues:
        raise problems.misshapen(issues)
    return body
