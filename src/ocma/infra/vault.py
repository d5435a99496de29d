"""Secrets at rest: AES-256-GCM under one of several keys, bound to the place they are stored in.

A value reads `v1.<key id>.<nonce>.<ciphertext>`, base64url. The additional data is workspace + row + field, so a ciphertext that
was moved to another row does not open.
"""

import base64
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ocma.errors import Invalid, Unavailable
from ocma.settings import Settings

VERSION = "v1"


class Sealed(Unavailable):
    """A stored secret cannot be opened with the keys at hand."""

    code = "vaultSealed"


@dataclass(frozen=True, slots=True)
class Place:
    """Where a secret is stored: nobody else's secret opens there."""

    workspace_id: UUID
    row_id: UUID
    field: str

    def encode(self) -> bytes:
        return f"{self.workspace_id}/{self.row_id}/{self.field}".encode()


@dataclass(frozen=True, slots=True)
class Keyring:
    active: str
    keys: Mapping[str, bytes] = field(repr=False)

    def __post_init__(self) -> None:
        if self.active not in self.keys or any(len(key) != 32 for key in self.keys.values()):
            raise Invalid("The vault's keys are not usable: 32 bytes each, and the active one among them.", code="vaultKeys")


def parse_keys(line: str) -> Keyring:
    """`id:base64,id:base64`; the first is the active one."""
    try:
        pairs = [item.strip().split(":", 1) for item in line.split(",") if item.strip()]
        return Keyring(pairs[0][0], {key_id: base64.b64decode(value, validate=True) for key_id, value in pairs})
    except (ValueError, IndexError) as error:
        raise Invalid("OCMA_VAULT_KEYS must be `id:base64,id:base64`, 32 bytes each.", code="vaultKeys") from error


def read_keys(path: Path) -> Keyring:
    """The JSON file `{"active": id, "keys": {id: base64}}`."""
    try:
        found = json.loads(path.read_text())
        return Keyring(found["active"], {key_id: base64.b64decode(value) for key_id, value in found["keys"].items()})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise Invalid(f"{path} does not hold vault keys.", code="vaultKeys", remediation="See OCMA_VAULT_KEYS_FILE.") from error


def add_key(path: Path) -> str:
    """A new active key in the file, readable by its owner only; the old ones stay, to decrypt. Returns its id."""
    before = read_keys(path)
    key_id = f"k{len(before.keys) + 1}-{secrets.token_hex(3)}"
    keys = {key_id: secrets.token_bytes(32), **before.keys}
    encoded = {name: base64.b64encode(key).decode() for name, key in keys.items()}
    fresh = path.with_suffix(".new")
    fresh.touch(mode=0o600)
    fresh.write_text(json.dumps({"active": key_id, "keys": encoded}))
    fresh.replace(path)
    return key_id


class Vault:
    """Encrypts with the active key, decrypts with any. A key file is read again when a value names a key not seen yet."""

    def __init__(self, keyring: Keyring, path: Path | None = None) -> None:
        self._keyring = keyring
        self._path = path
        self._read_at = _changed_at(path)

    @classmethod
    def open(cls, settings: Settings) -> "Vault":
        if settings.vault_keys_file is not None:
            return cls(read_keys(settings.vault_keys_file), settings.vault_keys_file)
        line = settings.vault_keys.get_secret_value()
        if not line:
            remediation = "`ocma up` makes them; elsewhere: OCMA_VAULT_KEYS=k1:$(openssl rand -base64 32)"
            raise Invalid("No vault keys are set, so tokens could not be stored.", code="vaultKeys", remediation=remediation)
        return cls(parse_keys(line))

    @property
    def active(self) -> str:
        self._reread()
        return self._keyring.active

    def encrypt(self, secret: str, place: Place) -> str:
        key_id, nonce = self.active, secrets.token_bytes(12)
        sealed = AESGCM(self._keyring.keys[key_id]).encrypt(nonce, secret.encode(), place.encode())
        return ".".join((VERSION, key_id, _encode(nonce), _encode(sealed)))

    def decrypt(self, value: str, place: Place) -> str:
        """Raises Sealed when the key is missing, or the value was changed or belongs elsewhere."""
        try:
            version, key_id, nonce, sealed = value.split(".")
            if version != VERSION:
                raise Sealed
            return AESGCM(self._key(key_id)).decrypt(_decode(nonce), _decode(sealed), place.encode()).decode()
        except (ValueError, InvalidTag) as error:
            raise Sealed from error

    def derive(self, purpose: str, key_id: str | None = None) -> tuple[str, bytes]:
        """A key for another purpose, drawn from the active key or the one named, and that one's id. Raises Sealed."""
        key_id = key_id or self.active
        drawn = HKDF(algorithm=SHA256(), length=32, salt=None, info=f"ocma/{purpose}".encode())
        return key_id, drawn.derive(self._key(key_id))

    def _key(self, key_id: str) -> bytes:
        if key_id not in self._keyring.keys:
            self._reread()
        try:
            return self._keyring.keys[key_id]
        except KeyError:
            raise Sealed(f"The vault key {key_id!r} is not among the configured ones.") from None

    def _reread(self) -> None:
        if self._path is not None and (changed := _changed_at(self._path)) != self._read_at:
            self._keyring, self._read_at = read_keys(self._path), changed


def _changed_at(path: Path | None) -> int:
    return path.stat().st_mtime_ns if path is not None else 0


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
