"""api.x.com as far as one test needs it: checks each request against the description and gives the prepared answers in order."""

import json
from collections.abc import Callable
from typing import Any

import httpx2

from contract.x.specification import NEW, Specification
from ocma.platforms.connector import Access

Answer = httpx2.Response | Exception | Callable[[httpx2.Request], httpx2.Response]
ME = "2244994945"


def answer(status: int = 200, body: Any = None, **headers: str) -> httpx2.Response:
    content = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
    return httpx2.Response(status, content=content, headers={"content-type": "application/json", **headers})


class Host:
    """`requests` is what came in. A 2xx that is not marked `loose` must itself keep to the description."""

    def __init__(self, *answers: Answer, specification: Specification = NEW, loose: bool = False) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers = list(answers)
        self._specification = specification
        self._loose = loose

    def __call__(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        if refusal := self._unknown_parameter(request):
            return refusal
        self._specification.check(request)
        found = self._answers.pop(0)
        if isinstance(found, Exception):
            raise found
        response = found if isinstance(found, httpx2.Response) else found(request)
        if response.is_success and not self._loose:
            self._specification.check_answer(request, response)
        return response

    def _unknown_parameter(self, request: httpx2.Request) -> httpx2.Response | None:
        """X refuses parameters that it does not know."""
        unknown = sorted(self._specification.unknown(request))
        if not unknown:
            return None
        errors = [{"parameters": {name: []}, "message": f"The query parameter [{name}] is not one of [...]"} for name in unknown]
        body = {"errors": errors, "title": "Invalid Request", "detail": "One or more parameters to your request was invalid."}
        return answer(400, {**body, "type": "https://api.twitter.com/2/problems/invalid-request"})

    @property
    def asked(self) -> list[str]:
        return [f"{each.method} {each.url.path}" for each in self.requests]

    @property
    def left(self) -> int:
        return len(self._answers)

    def access(self) -> Access:
        client = httpx2.AsyncClient(
            transport=httpx2.MockTransport(self), base_url="https://api.x.com", headers={"Authorization": "Bearer token"}
        )
        return Access(client, profile_id=ME, handle="ocma")
