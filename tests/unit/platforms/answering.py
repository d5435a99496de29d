"""A platform that gives prepared answers in order and remembers what it was asked."""

import json

import httpx2

from ocma.platforms.connector import Access


class Host:
    def __init__(self, *answers):
        self.asked, self._answers = [], list(answers)

    def __call__(self, request):
        self.asked.append(request)
        found = self._answers.pop(0)
        return found if isinstance(found, httpx2.Response) else httpx2.Response(200, json=found)

    @property
    def paths(self):
        """As they go over the wire."""
        return [each.url.raw_path.decode() for each in self.asked]

    @property
    def left(self):
        return len(self._answers)

    def body(self, number=-1):
        return json.loads(self.asked[number].content)

    def access(self, base, profile_id, scopes, **more):
        client = httpx2.AsyncClient(transport=httpx2.MockTransport(self), base_url=base)
        return Access(client, **({"profile_id": profile_id, "handle": "ocma", "token": "t0ken", "scopes": tuple(scopes)} | more))


def figures(measured):
    """name -> value; with the post where there is one, with the day it begins where it has a span."""
    return {
        ":".join(filter(None, (each.post, each.measure.name, each.start and f"{each.start:%m-%dT%H}"))): each.value
        for each in measured.readings
    }
