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


def paths(body):
    """Which fields a problem complains of."""
    return [each["path"] for each in body["errors"]]
