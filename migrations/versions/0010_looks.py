"""Experiments are looked at by themselves."""

from pathlib import Path

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0010_looks.sql"


def upgrade() -> None:
    _run(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    _run("""
        DROP FUNCTION claim_looks;
        DROP POLICY system ON experiments;
        REVOKE SELECT (id, workspace_id, state) ON experiments FROM ocma_system;
        ALTER TABLE experiments DROP COLUMN look_at;
    """)


def _run(script: str) -> None:
    op.get_bind().connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # many statements in one go
