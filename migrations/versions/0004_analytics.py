"""What platforms count: posts, samples, roll-ups, and whose turn it is."""

from pathlib import Path

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0004_analytics.sql"

DOWN = """
    DROP TRIGGER enrol_new ON accounts;
    DROP TRIGGER enrol_change ON accounts;
    DROP FUNCTION enrol_account, claim_measurements, measure_measurements, make_sample_months, forget_old_samples;
    DROP TABLE metric_rollups, metric_spans, metric_samples, metric_series, account_posts, measurements, metric_spending;
    DROP FUNCTION guard_sample, sample_grains;
    DROP SCHEMA ocma_samples;
    ALTER TABLE workspaces DROP COLUMN metrics_budget_usd;
"""


def upgrade() -> None:
    _run(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    _run(DOWN)


def _run(script: str) -> None:
    op.get_bind().connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # many statements in one go
