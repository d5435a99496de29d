"""Asks a language model behind any OpenAI-compatible server, and believes nothing that it has not checked.

One question, one answer, by its schema: repaired once, then given up. At most one retry, where the server wants it; nothing
outlasts the question's time. The SDK is imported when the first question is asked: it costs some ten megabytes.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from importlib import import_module
from random import random
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import structlog
from pydantic import BaseModel

from ocma.infra.outbound import Outbound, is_unwritten
from ocma.intelligence.dialect import Dialect, most_of
from ocma.intelligence.endpoint import OPENAI, Endpoint
from ocma.intelligence.prompt import Prompt, Repair
from ocma.intelligence.reading import Malformed, Said, T, Wrong, add_chunk, parsed, read_whole, usage_of
from ocma.intelligence.usage import Bill

if TYPE_CHECKING:
    from openai import APIStatusError, AsyncOpenAI

log = structlog.get_logger(__name__)

PATH = "/chat/completions"
ANSWER = 4 * 1024 * 1024  # bytes: a token of a stream takes some 250
PAUSE = 0.5  # seconds before the retry, where the server does not say
REST = 300.0  # seconds that a server's word not to ask again is kept at most
FIT = 0.5  # seconds that a retry has to have left, or it is not worth it
PASSING = frozenset({429, 500, 502, 503, 504})
UNDERSTANDING = frozenset({400, 422})
DIALECTS = 5  # tries until a server understands
Why = Literal["timeout", "unavailable", "invalidAnswer", "refused"]
Heard: TypeAlias = Callable[[str], None]
Body: TypeAlias = dict[str, Any]


class Unanswered(Exception):
    """`why`: see features/assistant/question.py. `is_down`: it says something of the server's health."""

    def __init__(self, why: Why, *, is_down: bool = False, status: int | None = None) -> None:
        super().__init__(why)
        self.why: Why = why
        self.is_down, self.status = is_down, status


class Misunderstood(Exception):
    """Asked in other words it may answer."""

    def __init__(self, error: "APIStatusError") -> None:
        super().__init__(error.status_code)
        self.error = error


class Passing(Exception):
    """Asked again after `pause` seconds it may answer."""

    def __init__(self, pause: float, *, is_down: bool, status: int) -> None:
        super().__init__(status)
        self.pause, self.is_down, self.status = pause, is_down, status

    def unanswered(self) -> Unanswered:
        return Unanswered("unavailable", is_down=self.is_down, status=self.status)


@dataclass(frozen=True, slots=True)
class Asked:
    prompt: Prompt
    shape: type[BaseModel]
    repair: Repair | None
    heard: Heard | None


class Model:
    """One per process."""

    def __init__(self, endpoint: Endpoint, outbound: Outbound) -> None:
        self.endpoint, self._outbound = endpoint, outbound
        is_openai = endpoint.url == OPENAI
        self._dialect = Dialect(limit="max_completion_tokens" if is_openai else "max_tokens")
        self._client: AsyncOpenAI | None = None
        self._rest_until = 0.0  # monotonic: the server wants no question before

    async def ask(self, prompt: Prompt, shape: type[T], bill: Bill, seconds: float, heard: Heard | None = None) -> T:
        """`heard` is told the answer's text as it comes, unchecked; should it have to be repaired, not that of the second.

        Raises Unanswered, and Unaffordable of the bill's. Cancelled, it hangs up.
        """
        until = time.monotonic() + seconds
        await self._load(until)
        said = await self._answer(Asked(prompt, shape, None, heard), bill, until)
        try:
            return _read(said, shape)
        except Wrong as error:
            again = Asked(prompt, shape, Repair(error.said, error.errors), None)
        try:
            return _read(await self._answer(again, bill, until), shape)
        except Wrong:
            raise Unanswered("invalidAnswer") from None

    async def _answer(self, asked: "Asked", bill: Bill, until: float) -> Said:
        """In a form that the server understands."""
        if time.monotonic() < self._rest_until:
            raise Unanswered("unavailable")
        dialect, tried = self._dialect, set[Dialect]()
        while True:
            tried.add(dialect)
            body = dialect.body(self.endpoint.name, asked.prompt, asked.repair, asked.shape, stream=asked.heard is not None)
            try:
                await bill.begin(most_of(body, dialect.limit))
                said = await self._call(body, asked.heard, bill, until)
            except Misunderstood as error:
                simpler = _simpler(dialect, error.error)
                if simpler is None or simpler in tried or len(tried) >= DIALECTS:
                    raise Unanswered("refused", status=error.error.status_code) from None
                dialect = simpler
            else:
                self._dialect = dialect
                return said
            finally:
                bill.close()

    async def _call(self, body: Body, heard: Heard | None, bill: Bill, until: float) -> Said:
        """With one retry, if the server may have it and there is time."""
        try:
            return await self._send(body, heard, bill, until)
        except Passing as passing:
            left = until - time.monotonic()
            if passing.pause > left:
                self._rest_until = time.monotonic() + min(passing.pause, REST)
            if passing.pause > left - FIT:
                raise passing.unanswered() from None
            await asyncio.sleep(passing.pause)
        try:
            return await self._send(body, heard, bill, until)
        except Passing as passing:
            raise passing.unanswered() from None

    async def _send(self, body: Body, heard: Heard | None, bill: Bill, until: float) -> Said:
        from openai import APIConnectionError, APIError, APIStatusError, APITimeoutError  # noqa: PLC0415 - only where it is used

        try:
            async with asyncio.timeout(until - time.monotonic()):
                return await (self._whole(body, bill, until) if heard is None else self._streamed(body, heard, bill, until))
        except APIStatusError as error:
            bill.refused()
            raise _refusal(error) from None  # it holds the request, and with it the key
        except (TimeoutError, APITimeoutError):
            raise Unanswered("timeout", is_down=True) from None
        except APIConnectionError as error:
            if is_unwritten(error):
                bill.refused()
            raise Unanswered("unavailable", is_down=True) from None
        except APIError:  # told inside a stream
            raise Unanswered("unavailable", is_down=True) from None
        except (Malformed, ValueError, RecursionError) as error:
            log.warning("model.malformed", error=type(error).__name__)
            raise Unanswered("invalidAnswer") from None

    async def _whole(self, body: Body, bill: Bill, until: float) -> Said:
        answer = await self._opened().post(PATH, cast_to=object, body=body, options=_options(until))
        bill.count(usage_of(answer))
        return read_whole(answer)

    async def _streamed(self, body: Body, heard: Heard, bill: Bill, until: float) -> Said:
        from openai import AsyncStream  # noqa: PLC0415 - only where it is used

        said = Said()
        chunks = await self._opened().post(
            PATH, cast_to=object, body=body, options=_options(until), stream=True, stream_cls=AsyncStream[object]
        )
        async with chunks:
            async for chunk in chunks:
                if text := add_chunk(said, chunk):
                    heard(text)
        bill.count(said.usage)
        if not (said.finish or said.text):
            raise Malformed
        return said

    async def _load(self, until: float) -> None:
        """Beside everything else: it takes half a second, once."""
        if self._client is None:
            try:
                async with asyncio.timeout(until - time.monotonic()):
                    await asyncio.to_thread(import_module, "openai")
            except TimeoutError:
                raise Unanswered("timeout") from None

    def _opened(self) -> "AsyncOpenAI":
        """The SDK reads variables of its own where it is not told: so it is told everything."""
        if self._client is None:
            from openai import AsyncOpenAI  # noqa: PLC0415 - only where it is used

            transport = self._outbound.transport(chosen=True, live=True, most=ANSWER)
            http = self._outbound.client(
                self.endpoint.url, chosen=True, headers={"Accept-Encoding": "identity"}, transport=transport
            )
            self._client = AsyncOpenAI(
                api_key=self.endpoint.key.get_secret_value() or "none",
                base_url=self.endpoint.url,
                organization=self.endpoint.organization,
                project="",
                webhook_secret="",
                max_retries=0,
                http_client=http,
            )
            self._client.organization = self.endpoint.organization or None
            self._client.project = None
        return self._client

    async def close(self) -> None:
        if self._client is not None:
            await self._client.close()


def _options(until: float) -> Any:
    return {"timeout": max(until - time.monotonic(), 0.001)}


def _read(said: Said, shape: type[T]) -> T:
    """Raises Wrong, where it is worth to ask again."""
    if said.is_refused:
        raise Unanswered("refused")
    try:
        return parsed(said, shape)
    except Wrong:
        if said.is_cut:  # it would not be shorter a second time
            raise Unanswered("invalidAnswer") from None
        raise


def _refusal(error: "APIStatusError") -> Exception:
    status = error.status_code
    if status in UNDERSTANDING:
        return Misunderstood(error)
    if status in PASSING and error.code != "insufficient_quota":
        pause = _pause(error.response.headers)
        return Passing(PAUSE * (1 + random()) if pause is None else pause, is_down=status >= 500, status=status)  # noqa: S311 - spreads, hides nothing
    return Unanswered("refused" if status < 500 and status >= 400 else "unavailable", is_down=status >= 500, status=status)


def _simpler(dialect: Dialect, error: "APIStatusError") -> Dialect | None:
    return dialect.simpler(str(error.message), str(error.param or ""), error.code)


def _pause(headers: Any) -> float | None:
    """Seconds, by `Retry-After`: a number of them, or a date."""
    told = headers.get("retry-after")
    if told is None:
        return None
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(told).timestamp() - time.time()
        except ValueError:
            return None
    return seconds if 0 <= seconds < float("inf") else None
