"""What a request to one of Meta's hosts says, as Meta reads it."""

import re
from urllib.parse import parse_qsl

import httpx2


class Broken(AssertionError):
    """A request that the platform's own description does not allow."""


def form(request: httpx2.Request) -> dict[str, str]:
    """Each name once."""
    if not request.content:
        return {}
    assert request.headers["content-type"].partition(";")[0] == "application/x-www-form-urlencoded"
    pairs = parse_qsl(request.content.decode(), keep_blank_values=True, strict_parsing=True)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def top_level(fields: str) -> set[str]:
    """`id,picture{url}` -> id, picture."""
    while "{" in fields:
        fields = re.sub(r"\{[^{}]*\}", "", fields)
    return set(fields.split(",")) - {""}


def asked_at(url: str, dialog: str) -> tuple[str, str, str]:
    """What a user is sent to the dialog for: back to where, with which state, for which scopes."""
    parts = httpx2.URL(url)
    assert f"{parts.scheme}://{parts.host}{parts.path}" == dialog
    given = dict(parts.params)
    assert (given.pop("client_id"), given.pop("response_type")) == ("app-id", "code")
    asked = given.pop("redirect_uri"), given.pop("state"), given.pop("scope")
    assert given == {}
    return asked
