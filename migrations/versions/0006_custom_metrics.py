"""Formulas of a workspace's own."""

from pathlib import Path

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0006_custom_metrics.sql"


def upgrade() -> None:
    _run(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    _run("DROP TABLE custom_metrics")


def _run(script: str) -> None:
    op.get_bind().connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # many statements in one go
