"""A wire to the replica that can be cut: connections stay open, and nothing comes through."""

import asyncio
from contextlib import asynccontextmanager, suppress

from sqlalchemy import make_url


class Wire:
    """What was connected when it was cut never hears anything again, as behind a router that forgot it."""

    def __init__(self, url: str):
        self._there = make_url(url)
        self._whole = asyncio.Event()
        self._whole.set()
        self._servings: set[asyncio.Task] = set()

    @property
    def url(self) -> str:
        return self._there.set(host="127.0.0.1", port=self.port).render_as_string(hide_password=False)

    def cut(self) -> None:
        self._whole = asyncio.Event()

    def mend(self) -> None:
        """For whoever connects from now on."""
        self._whole = asyncio.Event()
        self._whole.set()

    @asynccontextmanager
    async def open(self):
        server = await asyncio.start_server(self._serve_aside, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield self
        finally:
            server.close()
            for each in self._servings:
                each.cancel()
            await asyncio.gather(*self._servings, return_exceptions=True)

    def _serve_aside(self, reader, writer):
        self._servings.add(asyncio.create_task(self._serve(reader, writer)))

    async def _serve(self, reader, writer):
        whole = self._whole
        await whole.wait()
        there = await asyncio.open_connection(self._there.host, self._there.port)
        try:
            await asyncio.gather(self._pass(reader, there[1], whole), self._pass(there[0], writer, whole))
        finally:
            there[1].close()
            writer.close()

    async def _pass(self, reader, writer, whole):
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                if self._whole is not whole:
                    await asyncio.Event().wait()
                writer.write(data)
        writer.close()
