"""The first schema."""

from pathlib import Path

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0001_initial.sql"

TABLES = (
    "renditions uploads events attempts publications posts media oauth_states platform_apps account_tokens accounts idempotent_requests "
    "audit_events api_keys members users workspaces"
)


def upgrade() -> None:
    script = SQL.read_text(encoding="utf-8")
    op.get_bind().connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # many statements in one go


def downgrade() -> None:
    """The roles stay: other databases of the server may use them."""
    bind = op.get_bind()
    for table in TABLES.split():
        bind.exec_driver_sql(f"DROP TABLE {table} CASCADE")
    bind.exec_driver_sql("""
        DO $$ DECLARE each regprocedure; BEGIN
            FOR each IN SELECT p.oid::regprocedure FROM pg_proc p WHERE p.pronamespace = 'ocma'::regnamespace LOOP
                EXECUTE format('DROP FUNCTION %s CASCADE', each);
            END LOOP;
        END $$""")
    bind.exec_driver_sql("REVOKE ALL ON SCHEMA ocma FROM ocma_app, ocma_worker, ocma_system")
