"""The ways of a large file: into the API, and out again."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from ocma.ids import new_id

TUS = {"Tus-Resumable": "1.0.0"}
CHUNK = 1024 * 1024
PIECE = 64 * 1024 * 1024


@dataclass
class Sender:
    """A client of the API, with a key that may do everything."""

    client: httpx2.Client
    path: Path

    @property
    def size(self) -> int:
        return self.path.stat().st_size

    def form(self) -> str:
        return self._form({})

    def form_with_key(self) -> str:
        """`Idempotency-Key`: the API takes in the whole body before it knows whether it has seen it."""
        return self._form({"Idempotency-Key": str(new_id())})

    def one_piece(self) -> str:
        return self._pieces(self.size)

    def pieces(self) -> str:
        return self._pieces(PIECE)

    def out(self, medium_id: str) -> bool:
        """Through a signed address; says whether it is what went in."""
        url = _good(self.client.get(f"/api/media/{medium_id}/link"))["url"]
        digest = hashlib.sha256()
        with self.client.stream("GET", httpx2.URL(url).path) as response:
            for chunk in response.iter_bytes(CHUNK):
                digest.update(chunk)
        return digest.hexdigest() == _sha256(self.path)

    def drop(self, medium_id: str) -> None:
        self.client.delete(f"/api/media/{medium_id}").raise_for_status()

    def _form(self, headers: dict[str, str]) -> str:
        with self.path.open("rb") as file:
            answer = self.client.post("/api/media", files={"file": ("film.mp4", file, "video/mp4")}, headers=headers)
        return str(_good(answer)["id"])

    def _pieces(self, size: int) -> str:
        begun = self.client.post("/api/uploads", headers={**TUS, "Upload-Length": str(self.size)})
        place, offset = _good(begun) and begun.headers["location"], 0
        while offset < self.size:
            length = min(size, self.size - offset)
            headers = {
                "Upload-Offset": str(offset),
                "Content-Length": str(length),
                "Content-Type": "application/offset+octet-stream",
            }
            answer = self.client.patch(place, headers={**TUS, **headers}, content=self._part(offset, length))
            answer.raise_for_status()
            offset = int(answer.headers["upload-offset"])
        return str(_good(self.client.get(place))["mediumId"])

    def _part(self, offset: int, length: int) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            file.seek(offset)
            while length > 0 and (chunk := file.read(min(CHUNK, length))):
                length -= len(chunk)
                yield chunk


def _good(answer: httpx2.Response) -> dict[str, Any]:
    answer.raise_for_status()
    return answer.json()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
