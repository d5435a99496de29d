"""Publications that are named by their ids are looked up by their ids."""

from pathlib import Path

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0011_by_id.sql"


def upgrade() -> None:
    script = SQL.read_text(encoding="utf-8")
    op.get_bind().connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # many statements in one go


def downgrade() -> None:
    """Nothing: the functions do what those before did, on the same tables."""
