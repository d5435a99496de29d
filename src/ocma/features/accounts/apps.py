"""Which developer app speaks for us: the operator's, or one registered with a host."""

from uuid import UUID

from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from ocma.features.accounts.desk import Desk
from ocma.features.accounts.models import PlatformApp
from ocma.ids import new_id
from ocma.infra.vault import Place
from ocma.platforms.configuration import find_app
from ocma.platforms.connector import Announces, Connector, Registers
from ocma.platforms.errors import PlatformUnavailable
from ocma.platforms.grant import App


async def get_app(desk: Desk, workspace_id: UUID, connector: Connector, host: str, redirect_uri: str | None = None) -> App:
    """Registers with the host when that has not been done for this redirect."""
    if isinstance(connector, Announces):
        return announced(desk, connector, redirect_uri or desk.callback_url)
    if not isinstance(connector, Registers):
        return desk.gateway.configured_app(connector.manifest)
    found = await _find(desk, workspace_id, connector, host, redirect_uri)
    return found or await _register(desk, workspace_id, connector, host, redirect_uri or desk.callback_url)


def announced(desk: Desk, connector: Connector, redirect_uri: str) -> App:
    """The app whose id is the address of a document of ours."""
    if not isinstance(connector, Announces):
        raise PlatformUnavailable(platform=connector.manifest.key)
    secret = desk.gateway.environment.get(connector.manifest.setup.client_secret, "")
    return connector.app(desk.document_url(connector.manifest.key), redirect_uri, secret)


def app_at_hand(desk: Desk, connector: Connector) -> App:
    """For a token that somebody has already: the operator's app, or a blank one."""
    return find_app(connector.manifest, desk.gateway.environment) or App("", "")


async def _find(desk: Desk, workspace_id: UUID, connector: Connector, host: str, redirect_uri: str | None) -> App | None:
    query = select(PlatformApp).where(PlatformApp.platform == connector.manifest.key, PlatformApp.host == host)
    if redirect_uri is not None:
        query = query.where(PlatformApp.redirect_uri == redirect_uri)
    async with desk.database.transaction(workspace_id) as session:
        row = await session.scalar(query.order_by(PlatformApp.created_at.desc()).limit(1))
    return App(row.client_id, desk.vault.decrypt(row.client_secret, _place(row))) if row else None


async def _register(desk: Desk, workspace_id: UUID, connector: Connector, host: str, redirect_uri: str) -> App:
    if not isinstance(connector, Registers):
        raise PlatformUnavailable(platform=connector.manifest.key)
    app = await connector.register(desk.gateway.client(connector.manifest, host), redirect_uri)
    row_id = new_id()
    values = {
        "id": row_id,
        "workspace_id": workspace_id,
        "platform": connector.manifest.key,
        "host": host,
        "redirect_uri": redirect_uri,
        "client_id": app.client_id,
        "client_secret": desk.vault.encrypt(app.client_secret, Place(workspace_id, row_id, "client_secret")),
        "key_id": desk.vault.active,
        "created_at": desk.clock(),
    }
    async with desk.database.transaction(workspace_id) as session:
        await session.execute(insert(PlatformApp).values(values).on_conflict_do_nothing())
    return await _find(desk, workspace_id, connector, host, redirect_uri) or app


async def forget_app(desk: Desk, workspace_id: UUID, platform: str, host: str) -> None:
    """The host does not know our app any more (`invalid_client`): the next authorization registers anew."""
    async with desk.database.transaction(workspace_id) as session:
        await session.execute(delete(PlatformApp).where(PlatformApp.platform == platform, PlatformApp.host == host))


def _place(row: PlatformApp) -> Place:
    return Place(row.workspace_id, row.id, "client_secret")
