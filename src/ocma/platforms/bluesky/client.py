"""Who OCMA says it is: there are no app ids, servers read a document at the address that is the id."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from ocma.platforms.bluesky.manifest import MANIFEST
from ocma.platforms.bluesky.proof import public_key
from ocma.platforms.connector import Announces
from ocma.platforms.grant import App

SCOPE = " ".join(MANIFEST.oauth.scopes)


class Client(Announces):
    def app(self, at: str, redirect_uri: str, secret: str) -> App:
        """Without a public https address the exception for development holds: what would be read stands in the id."""
        if at.startswith("https://"):
            return App(at, secret)
        return App("http://localhost?" + urlencode({"redirect_uri": redirect_uri, "scope": SCOPE}), "")

    def document(self, app: App, redirect_uris: Sequence[str]) -> Mapping[str, Any]:
        described: dict[str, Any] = {
            "client_id": app.client_id,
            "client_name": "OCMA",
            "application_type": "web",
            "grant_types": ["authorization_code", "refresh_token"],
            "response_types": ["code"],
            "scope": SCOPE,
            "redirect_uris": list(redirect_uris),
            "dpop_bound_access_tokens": True,
        }
        if not app.client_secret:
            return {**described, "token_endpoint_auth_method": "none"}
        shown = {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256"}
        return {**described, **shown, "jwks": {"keys": [public_key(app.client_secret)]}}
