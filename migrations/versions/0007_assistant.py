"""What asking language models may cost, and has cost."""

from pathlib import Path

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0007_assistant.sql"

DOWN = """
    DROP TABLE ai_calls, ai_reservations, ai_spending;
    DROP FUNCTION guard_ai_call;
    ALTER TABLE workspaces DROP COLUMN ai_budget_usd, DROP COLUMN ai_budget_tokens;
"""


def upgrade() -> None:
    _run(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    _run(DOWN)


def _run(script: str) -> None:
    op.get_bind().connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # many statements in one go
