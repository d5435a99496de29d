"""The environment of the children. Secrets travel here, never in argv, which every user of the machine can read."""

import base64
import json
import secrets
from collections.abc import Mapping
from pathlib import Path

from ocma.infra.embedded import private_file
from ocma.infra.embedded.addresses import Addresses
from ocma.infra.embedded.folder import DataFolder

OWNER_URL = "OCMA_OWNER_DATABASE_URL"
# Variable -> path on the sandbox. An operator pins a platform's base URLs by these names.
SANDBOX_PATHS: Mapping[str, str] = {
    "OCMA_X_API_URL": "/x",
    "OCMA_X_AUTH_URL": "/x",
    "OCMA_MASTODON_API_URL": "/mastodon",
}


def for_api(user: Mapping[str, str], addresses: Addresses, folder: DataFolder) -> dict[str, str]:
    """For API, workers and dispatchers. The user's values win; the sandbox's over them: no mix with real keys."""
    ours = {"OCMA_PUBLIC_URL": addresses.api_url, "OCMA_MEDIA_DIR": str(folder.path / "media"), "PYTHONUNBUFFERED": "1"}
    if not (user.get("OCMA_VAULT_KEYS") or user.get("OCMA_VAULT_KEYS_FILE")):
        ours["OCMA_VAULT_KEYS_FILE"] = str(_vault_keys(folder.path / "vault.keys.json"))
    missing = {name: value for name, value in ours.items() if not user.get(name)}
    fixed = {"DATABASE_URL": addresses.database_url, "REDIS_URL": addresses.redis_url}
    sandbox = for_sandbox_clients(addresses.sandbox_url, folder) if addresses.sandbox_url else {}
    if sandbox:  # the sandbox fetches files from here, whatever address the user's real platforms would
        sandbox["OCMA_MEDIA_BASE_URL"] = addresses.api_url
    everything = {**user, **missing, **fixed, **sandbox}
    everything.pop(OWNER_URL, None)  # the owner is above row level security: for migrations only
    return everything


def for_operator(api: Mapping[str, str], addresses: Addresses) -> dict[str, str]:
    """For `ocma migrate` and `ocma keys bootstrap`."""
    return {**api, OWNER_URL: addresses.owner_database_url}


def for_sandbox_clients(sandbox_url: str, folder: DataFolder) -> dict[str, str]:
    client_id, client_secret = x_app(folder)
    return {
        "OCMA_SANDBOX_URL": sandbox_url,
        **{name: sandbox_url + path for name, path in SANDBOX_PATHS.items()},
        "TWITTER_CLIENT_ID": client_id,
        "TWITTER_CLIENT_SECRET": client_secret,
    }


def x_app(folder: DataFolder) -> tuple[str, str]:
    """Client id and secret of the app we are at the sandbox's X."""
    return folder.secret("x_client_id"), folder.secret("x_client_secret")


def _vault_keys(path: Path) -> Path:
    private_file.read_or_make(path, _new_vault_keys)
    return path


def _new_vault_keys() -> str:
    key = base64.b64encode(secrets.token_bytes(32)).decode()
    return json.dumps({"active": "k1", "keys": {"k1": key}})
