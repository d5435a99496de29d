"""An account's way to its platform, for as long as its publications are at hand: opened once, renewed when it is refused."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from ocma.features.accounts import tokens
from ocma.features.accounts.desk import Desk
from ocma.features.accounts.models import Account, AccountToken
from ocma.platforms.connector import Access
from ocma.platforms.errors import ReauthorizationRequired
from ocma.platforms.grant import Grant
from ocma.platforms.registry import get_connector

Answered = Callable[[Mapping[str, str]], None]


class Line:
    """`answered` is given the headers of every answer to a call that publishes."""

    def __init__(self, desk: Desk, account: Account, token: AccountToken | None, answered: Answered) -> None:
        self._desk, self._account, self._token, self._answered = desk, account, token, answered
        self._opened: tuple[Grant, int] | None = None
        self._access: Access | None = None

    @property
    def version(self) -> int | None:
        """Of the token that is or was to be used."""
        if self._opened:
            return self._opened[1]
        return self._token.version if self._token else None

    async def access(self) -> Access:
        """Raises ReauthorizationRequired when there is no token that could be used."""
        if self._account.status != "active" or self._token is None:
            raise ReauthorizationRequired(
                f"The account is not usable ({self._account.status}).",
                platform=self._account.platform,
                remediation="Connect the account again.",
            )
        grant, version = self._opened or (tokens.unseal(self._desk.vault, self._token, self._account), self._token.version)
        return self._use(*await tokens.good(self._desk, self._account, grant, version))

    async def renew(self) -> Access:
        """After a refusal: with a token that is newer than the refused one."""
        if self._opened is None:
            return await self.access()
        return self._use(*await tokens.refresh(self._desk, self._account, self._opened[1]))

    def _use(self, grant: Grant, version: int) -> Access:
        if self._access is None or self._opened != (grant, version):
            account = self._account
            connector = get_connector(account.platform)
            self._opened = grant, version
            access = self._desk.gateway.access(connector, grant, account.host, account.platform_account_id, account.handle)
            self._access = replace(access, answered=self._answered)
        return self._access
