"""Bearer tokens of our own: what they look like, and the only form in which they are stored."""

import hashlib
import secrets

API_KEY = "ocma_k_"
SESSION = "ocma_s_"
SHOWN = len(API_KEY) + 6  # characters that people recognise a key by; 37 stay secret


def new_token(prefix: str) -> str:
    """256 random bits behind a prefix that secret scanners can find."""
    return prefix + secrets.token_urlsafe(32)


def digest(token: str) -> bytes:
    """SHA-256 is enough here: nobody can guess 256 bits, so there is nothing for a slow hash to slow down."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
