"""Where everything is, once it is started."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """`sandbox_url` None: no sandbox. The database and Redis URLs carry passwords."""

    api_url: str
    sandbox_url: str | None
    owner_database_url: str = field(repr=False)
    database_url: str = field(repr=False)
    redis_url: str = field(repr=False)
