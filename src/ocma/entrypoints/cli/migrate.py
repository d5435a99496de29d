"""`ocma migrate`: the schema, as the login that owns it."""

from typing import Annotated

import typer

from ocma.errors import Invalid
from ocma.infra import migrations
from ocma.settings import Settings


def migrate(
    revision: Annotated[str, typer.Option(help="`head`, `base` or the name of a revision.")] = "head",
) -> None:
    """Bring the database to this program's schema. Uses OCMA_OWNER_DATABASE_URL, else DATABASE_URL."""
    settings = Settings()
    url = settings.owner_database_url.get_secret_value() or settings.database_url.get_secret_value()
    if not url:
        raise Invalid(
            "Neither OCMA_OWNER_DATABASE_URL nor DATABASE_URL is set.",
            code="settings",
            remediation="Give the URL of a login that may create tables; `ocma up` does all of this by itself.",
        )
    print(f"schema ocma is at revision {migrations.run(url, revision)}")
