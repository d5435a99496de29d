"""The ASGI ends of a connection: what is left of the body, the other side's going, and closing without an answer."""

import asyncio

from starlette.types import Message, Receive, Scope

ABORT = "ocma_sandbox.abort"
"""Extension of the scope that the sandbox's own server provides: closes the socket at once, no bytes answered."""


async def drain(receive: Receive) -> None:
    """Takes the rest of the body, so that an early answer is not lost in a reset of the connection."""
    while True:
        message = await receive()
        if message["type"] == "http.disconnect" or not message.get("more_body", False):
            return


async def arrived(receive: Receive) -> Receive | None:
    """Takes the whole body now and hands it out again, so that it is handled even if the client goes away meanwhile.

    None when the client went before the body was complete.
    """
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    kept: list[Message] = [{"type": "http.request", "body": bytes(body), "more_body": False}]

    async def again() -> Message:
        return kept.pop() if kept else await receive()

    return again


async def wait_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def abort(scope: Scope, receive: Receive) -> None:
    close = scope.get("extensions", {}).get(ABORT)
    if close is None:
        raise RuntimeError("this fault needs the sandbox's own server (ocma_sandbox.server)")
    close()
    await wait_gone(receive)


async def hang(scope: Scope, receive: Receive, seconds: float) -> None:
    """No answer for so long; ends early when the other side goes away or the server stops."""
    try:
        async with asyncio.timeout(seconds):
            await wait_gone(receive)
    except TimeoutError:
        await abort(scope, receive)
    except asyncio.CancelledError:
        # The server stops: swallowed on purpose, because a cancelled handler would be answered with a 500.
        scope["extensions"][ABORT]()
