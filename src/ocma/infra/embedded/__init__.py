"""PostgreSQL and Valkey without installing anything, and the supervisor behind `ocma up`."""

from ocma.infra.embedded.postgres import Postgres
from ocma.infra.embedded.servers import Services, services, temporary
from ocma.infra.embedded.valkey import Valkey

__all__ = ["Postgres", "Services", "Valkey", "services", "temporary"]
