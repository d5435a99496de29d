"""Sessions of people, which Redis has only a copy of."""

from pathlib import Path

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0005_sessions.sql"


def upgrade() -> None:
    _run(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    names = ("open_session(bytea, uuid, timestamptz, timestamptz)", "find_session(bytea, timestamptz, interval, interval)")
    names += ("close_session(bytea)", "close_sessions(uuid)")
    _run("".join(f"DROP FUNCTION {each};" for each in names) + "DROP TABLE sessions")


def _run(script: str) -> None:
    op.get_bind().connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # many statements in one go
