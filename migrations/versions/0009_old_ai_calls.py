"""Old lines of the ledger of language models are forgotten."""

from pathlib import Path

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0009_old_ai_calls.sql"


def upgrade() -> None:
    _run(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    _run("""
        DROP FUNCTION forget_old_ai_calls;
        DROP POLICY system ON ai_calls;
        REVOKE SELECT (id, at), DELETE ON ai_calls FROM ocma_system;
        DROP TRIGGER guard_gone ON ai_calls;
        DROP TRIGGER guard ON ai_calls;
        CREATE TRIGGER guard BEFORE UPDATE OR DELETE ON ai_calls FOR EACH ROW EXECUTE FUNCTION guard_ai_call();
    """)


def _run(script: str) -> None:
    op.get_bind().connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # many statements in one go
