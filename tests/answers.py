"""What every answer of the HTTP door has to be, checked wherever one is read."""


def good(answer, status=200):
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else None


def problem(answer, status, code=None):
    """The body of a problem, after it was found to be a whole one."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {"type", "title", "status", "detail", "code", "requestId", "error", "details"} <= body.keys()
    assert None not in body.values()
    assert (body["status"], body["error"], body["details"]) == (status, body["title"], body["detail"])
    assert body["requestId"] == answer.headers["x-request-id"] or "idempotency-replayed" in answer.headers
    assert "Traceback" not in answer.text
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert ("retry-after" in answer.headers) == ("retryAfter" in body)
    if code is not None:
        assert body["code"] == code, body
    return body


def refused(answer, *codes):
    """The paths that a whole problem complains of; each complaint has a code and a sentence. `codes`: one of them is there."""
    assert 400 <= answer.status_code < 500, answer.text
    body = problem(answer, answer.status_code)
    found = {body["code"], *(each["code"] for each in body["errors"])}
    assert not codes or found & {*codes}, body
    assert all(each["code"] and each["message"] for each in body["errors"])
    return paths(body)


def paths(body):
    """Which fields a problem complains of."""
    return [each["path"] for each in body["errors"]]
