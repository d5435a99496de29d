"""The OAuth walk of a client of our tests at a real PDS."""

import httpx2

from integration.sandbox.bluesky_walks import SCOPE, BlueskyApp, BlueskyUser, localhost
from integration.sandbox.walks import REDIRECT
from real.pds import Pds, User
from real.pds_consent import consent


async def connect(app: BlueskyApp, pds: Pds, user: User, scope: str = SCOPE) -> BlueskyUser:
    client = localhost(scope)
    request_uri = app.push(client_id=client, scope=scope).json()["request_uri"]
    address = httpx2.URL(f"{pds.url}/oauth/authorize", params={"client_id": client, "request_uri": request_uri})
    back = await consent(str(address), user)
    assert str(back).startswith(REDIRECT)
    assert (back.params["state"], back.params["iss"]) == ("s5", pds.url)
    answer = app.redeem(back.params["code"], app.verifiers[request_uri], client_id=client)
    assert answer.is_success, answer.text
    assert answer.json()["sub"] == user.did
    return BlueskyUser(app, answer.json()["access_token"], user.did, answer.json())
