"""The signature against the example that Standard Webhooks' own libraries are tested with (webhook.test.ts, version 1.0.0)."""

import base64
import re
import time
from datetime import UTC, datetime
from pathlib import Path

from ocma.features.notifications import signature

SECRET, MESSAGE, TIMESTAMP = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330
BODY, EXPECTED = b'{"test": 2432232314}', "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_known_example():
    assert signature.sign(SECRET, MESSAGE, TIMESTAMP, BODY) == EXPECTED


def test_headers_carry_a_signature_for_each_valid_secret():
    other = signature.new_secret()
    found = signature.headers([other, SECRET], MESSAGE, datetime.fromtimestamp(TIMESTAMP, UTC), BODY)
    assert found == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": str(TIMESTAMP),
        "webhook-signature": f"{signature.sign(other, MESSAGE, TIMESTAMP, BODY)} {EXPECTED}",
    }


def test_the_receiver_in_the_documents_accepts_what_we_sign_and_nothing_else():
    page = (Path(__file__).parents[4] / "docs" / "howto" / "webhooks.md").read_text(encoding="utf-8")
    shown = {}
    exec(re.search(r"```python\n(.*?)```", page, re.DOTALL)[1], shown)
    other, at = signature.new_secret(), datetime.fromtimestamp(time.time(), UTC)
    found = signature.headers([other, SECRET], MESSAGE, at, BODY)
    assert shown["is_ours"](SECRET, found, BODY)
    assert shown["is_ours"](other, found, BODY)
    assert not shown["is_ours"](signature.new_secret(), found, BODY)
    assert not shown["is_ours"](SECRET, found, BODY + b" ")
    assert not shown["is_ours"](SECRET, {**found, "webhook-id": "msg_x"}, BODY)
    assert not shown["is_ours"](SECRET, signature.headers([SECRET], MESSAGE, datetime.fromtimestamp(TIMESTAMP, UTC), BODY), BODY)


def test_secrets_are_long_and_each_another():
    found = {signature.new_secret() for _ in range(20)}
    assert len(found) == 20
    assert all(each.startswith("whsec_") and len(base64.b64decode(each[6:])) == 32 for each in found)
