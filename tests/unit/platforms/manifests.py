"""A platform that does not exist, for tests of the common tongue: whatever a test does not name is plain."""

from ocma.platforms.manifest import Manifest, OAuth2, Setup
from ocma.platforms.rules import MediaRules, Text


def manifest(**more) -> Manifest:
    known = {
        "key": "plain",
        "name": "Plain",
        "oauth": oauth(),
        "api_url": "https://api.plain.example",
        "auth_url": "https://www.plain.example",
        "text": Text(100),
        "media": MediaRules(),
        "setup": Setup("https://developer.plain.example", "PLAIN_ID", "PLAIN_SECRET"),
    }
    return Manifest(**(known | more))


def oauth(**more) -> OAuth2:
    return OAuth2(**({"authorize": "/authorize", "token": "/token", "scopes": ("read", "write")} | more))
