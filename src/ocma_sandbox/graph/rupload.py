"""The upload host of Meta: raw bytes with `offset` and `file_size` in headers; an upload that broke off goes on.

Unsure: the body of its errors is only known from samples, and where it tells the offset.
"""

from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ocma_sandbox.graph import intake
from ocma_sandbox.incoming import Incoming
from ocma_sandbox.platform import Refused


@dataclass(frozen=True)
class Piece:
    offset: int
    file_size: int


def refuse(message: str, *, offset: int | None = None, status: int = 400) -> Refused:
    told = {} if offset is None else {"offset": offset}
    info = {"retriable": offset is not None, "type": "ProcessingFailedError", "message": message, **told}
    return Refused(JSONResponse({"debug_info": info}, status))


def piece(request: Request, *, has: int, most: int) -> Piece:
    offset, file_size = _number(request, "offset"), _number(request, "file_size")
    if not 0 < file_size <= most:
        raise refuse(f"file_size must be 1 to {most}")
    if offset != has:
        raise refuse(f"offset must be {has}: so many bytes are here", offset=has)
    return Piece(offset, file_size)


def _number(request: Request, name: str) -> int:
    text = request.headers.get(name, "")
    if not text.isascii() or not text.isdecimal() or len(text) > 15:
        raise refuse(f"The header {name} is required, as a number")
    return int(text)


async def take(request: Request, file: Incoming, wanted: Piece) -> Response:
    """What came before the client went away stays: the next piece begins there."""
    await intake.take_file(file, wanted.offset, request.stream())
    if file.size > wanted.file_size:
        file.path.write_bytes(b"")
        raise refuse("More bytes came than file_size said")
    if file.size < wanted.file_size:
        raise refuse("PartialRequestError: fewer bytes came than file_size said", offset=file.size)
    return done()


def done() -> Response:
    return JSONResponse({"success": True, "message": "Upload successful."})


def told(offset: int) -> Response:
    return JSONResponse({"offset": offset}, headers={"offset": str(offset)})
