import base64
import hashlib
import re
import secrets

VERIFIER = re.compile(r"[A-Za-z0-9._~-]{43,128}")
METHODS = ("S256", "plain")


def is_verified(challenge: str, method: str, verifier: str) -> bool:
    """RFC 7636, section 4.6: does the verifier belong to the challenge of the authorization request?"""
    if not VERIFIER.fullmatch(verifier):
        return False
    return secrets.compare_digest(_transformed(verifier, method).encode(), challenge.encode())


def _transformed(verifier: str, method: str) -> str:
    if method == "plain":
        return verifier
    digest = hashlib.sha256(verifier.encode()).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
