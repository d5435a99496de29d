"""`ocma accounts`: connected accounts, by the operator's hand."""

import getpass
import sys
from collections.abc import Sequence
from typing import Annotated

import typer

from ocma.bootstrap import Resources
from ocma.entrypoints.cli import accounts_watch, listing, operation
from ocma.entrypoints.cli.accounts_watch import Id
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.entrypoints.cli.operation import Json, Workspace
from ocma.errors import Invalid, Issue
from ocma.features.accounts import authorizations, connections
from ocma.features.accounts.accounts import expiries, get_account, list_accounts
from ocma.features.accounts.connections import InHand
from ocma.features.accounts.models import Account
from ocma.features.accounts.schemas import AccountView, account_view
from ocma.features.analytics import freshness
from ocma.features.workspaces.caller import Caller
from ocma.platforms.registry import get_connector

MOST = 10_000  # rows

app = typer.Typer(
    help="Connect, show, refresh, watch and disconnect accounts.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("watch")(accounts_watch.watch_account)
Platform = Annotated[str | None, typer.Option(help="Only this platform's.")]


@app.command("list")
def list_connected(
    platform: Platform = None, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False
) -> None:
    """Every connected account, oldest first."""
    key = get_connector(platform).manifest.key if platform else None

    async def collect(resources: Resources, caller: Caller) -> list[AccountView]:
        async with resources.database.transaction(caller.workspace_id) as session:
            return await _views(resources, caller, await list_accounts(session, platform=key, limit=MOST))

    _show(operation.run(collect, data, workspace), as_json=as_json)


@app.command("show")
def show_account(account: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """One account: status, scopes, when the token ends, last success."""

    async def find(resources: Resources, caller: Caller) -> list[AccountView]:
        async with resources.database.transaction(caller.workspace_id) as session:
            found = await get_account(session, account)
        return await _views(resources, caller, [found])

    listing.show_facts(operation.run(find, data, workspace)[0], as_json=as_json)


@app.command("add")
def add_account(
    platform: Annotated[str, typer.Argument(help="Key of the platform, such as mastodon.")],
    token: Annotated[str, typer.Option(help="Access token; `-` reads it from standard input.", envvar="OCMA_ACCOUNT_TOKEN")],
    refresh_token: Annotated[
        str | None, typer.Option(help="Where tokens end; `-` reads it as well.", envvar="OCMA_ACCOUNT_REFRESH_TOKEN")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Where a platform is many servers: which one.")] = None,
    scope: Annotated[
        list[str] | None, typer.Option(help="What the token may do; may be repeated. Without it: all that OCMA asks for.")
    ] = None,
    workspace: Workspace = None,
    data: Data = DEFAULT_DIR,
    as_json: Json = False,
) -> None:
    """Connect with a token in hand. With `--token -` or the environment it stays out of the shell's history."""
    connector = get_connector(platform)
    access = _secret("token", token)
    renewal = _secret("refresh-token", refresh_token) if refresh_token is not None else None
    given = InHand(access, renewal, tuple(scope or ()))

    async def connect(resources: Resources, caller: Caller) -> list[AccountView]:
        where = authorizations.clean_host(connector.manifest, resources.desk, host)
        accounts = await connections.take(resources.desk, caller, connector, where, given)
        await freshness.forget_accounts(resources.cache, accounts)
        return await _views(resources, caller, accounts)

    _show(operation.run(connect, data, workspace), as_json=as_json)


@app.command("refresh")
def refresh_account(account: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR, as_json: Json = False) -> None:
    """Renew the token where tokens end, and read the profile again."""

    async def refresh(resources: Resources, caller: Caller) -> list[AccountView]:
        found = await connections.refresh(resources.desk, caller, account)
        await freshness.forget_accounts(resources.cache, [found])
        return await _views(resources, caller, [found])

    listing.show_facts(operation.run(refresh, data, workspace)[0], as_json=as_json)


@app.command("disconnect")
def disconnect_account(account: Id, workspace: Workspace = None, data: Data = DEFAULT_DIR) -> None:
    """Revoke OCMA's access at the platform, then forget the tokens. Posts stay on record."""

    async def disconnect(resources: Resources, caller: Caller) -> str | None:
        async with resources.database.transaction(caller.workspace_id) as session:
            found = await get_account(session, account)
        warning = await connections.disconnect(resources.desk, caller, account)
        await freshness.forget_accounts(resources.cache, [found])
        return warning

    warning = operation.run(disconnect, data, workspace)
    print(f"disconnected {account}")
    if warning:
        print(f"warning: {warning}", file=sys.stderr)


def _secret(name: str, given: str) -> str:
    """From the option, the next line of standard input, or a person who types unseen."""
    text = given
    if given == "-":
        text = getpass.getpass(f"{name}: ") if sys.stdin.isatty() else sys.stdin.readline()
    text = text.strip()
    if not text or not text.isascii() or not text.isprintable() or " " in text:
        message = "A token is one word of printable ASCII characters."
        raise Invalid(f"--{name} holds no token.", code="tokenInvalid", issues=[Issue(f"--{name}", "tokenInvalid", message)])
    return text


async def _views(resources: Resources, caller: Caller, accounts: Sequence[Account]) -> list[AccountView]:
    async with resources.database.transaction(caller.workspace_id) as session:
        ends = await expiries(session, [each.id for each in accounts])
    return [account_view(each, ends.get(each.id)) for each in accounts]


def _show(views: Sequence[AccountView], *, as_json: bool) -> None:
    columns = {
        "id": [str(each.id) for each in views],
        "platform": [each.platform for each in views],
        "handle": [each.account_handle for each in views],
        "status": [each.status for each in views],
        "token ends (UTC)": [listing.moment(each.token_expiry) for each in views],
        "last success (UTC)": [listing.moment(each.last_success_at) for each in views],
    }
    none = "No account is connected. `ocma accounts add` or POST /api/social/authorize connects one."
    listing.show_rows(views, columns, as_json=as_json, none=none)
