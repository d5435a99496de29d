import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from ocma_sandbox.store import Store


@dataclass(frozen=True)
class App:
    """A client registered with a platform. No `redirect_uris` means that any absolute one is taken."""

    platform: str
    client_id: str
    client_secret: str
    name: str
    redirect_uris: tuple[str, ...]
    scopes: str
    website: str | None = None


def save(store: Store, app: App, now: float) -> None:
    store.run(
        "INSERT OR REPLACE INTO apps VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
        *(app.platform, app.client_id, app.client_secret, app.name, app.website),
        *(json.dumps(app.redirect_uris), app.scopes, now),
    )


def find(store: Store, platform: str, client_id: str) -> App | None:
    row = store.one("SELECT * FROM apps WHERE platform = ? AND client_id = ?", platform, client_id)
    if row is None:
        return None
    uris: Sequence[str] = json.loads(row["redirect_uris"])
    return App(platform, client_id, row["client_secret"], row["name"], tuple(uris), row["scopes"], website=row["website"])


def is_secret(app: App, secret: str) -> bool:
    return secrets.compare_digest(app.client_secret.encode(), secret.encode())
