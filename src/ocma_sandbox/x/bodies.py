import json
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ocma_sandbox import shape
from ocma_sandbox.x import problems

Json = dict[str, Any]


async def read(request: Request, schema: Json) -> Json:
    """The JSON body, checked; 400 with every issue at once."""
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise problems.invalid("body", "", "The request body is not valid JSON.") from None
    issues = list(shape.check(schema, body))
    if issues:
        raise problems.invalid_all(issues)
    return body


async def read_form(request: Request, schema: Json) -> tuple[Json, bytes]:
    """A multipart body, checked like the JSON one, and the bytes of its `media` part."""
    try:
        form = await request.form()
    except HTTPException as error:
        raise problems.invalid("body", "", error.detail) from None
    fields: Json = {name: value for name, value in form.items() if isinstance(value, str)}
    content = b""
    for name, value in form.items():
        if isinstance(value, UploadFile):
            fields[name] = ""
            content = await value.read() if name == "media" else content
    if isinstance(form.get("media"), str):
        raise problems.invalid("media", "", "media must be a file part of the multipart body")
    index = fields.get("segment_index")
    if isinstance(index, str) and index.isascii() and index.isdecimal():
        fields["segment_index"] = int(index)
    issues = list(shape.check(schema, fields))
    if issues:
        raise problems.invalid_all(issues)
    return fields, content


def is_multipart(request: Request) -> bool:
    return request.headers.get("content-type", "").lower().startswith("multipart/form-data")
