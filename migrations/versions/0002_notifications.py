"""Notifications, webhooks, and events of more than publications."""

from pathlib import Path

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

SQL = Path(__file__).parents[1] / "sql" / "0002_notifications.sql"

DOWN = """
    DROP TRIGGER tell_held ON publications;
    DROP TRIGGER tell_new ON accounts;
    DROP TRIGGER tell_change ON accounts;
    DROP TRIGGER tell ON audit_events;
    DROP TABLE notification_reads, notifications, webhook_deliveries, webhook_endpoints, event_cursors;
    DROP FUNCTION tell_held, tell_account, tell_audited, tell_disabled, concerns_people, spread_events, claim_deliveries,
        list_stale_webhook_secrets, forget_old_events, forget_old_deliveries, forget_old_notifications, new_id;
    DROP INDEX events_order;
    REVOKE SELECT, UPDATE (xid), DELETE ON events FROM ocma_system;
"""


def upgrade() -> None:
    _run(SQL.read_text(encoding="utf-8"))


def downgrade() -> None:
    """Events that were told stay; nobody reads those that 0001 does not know."""
    _run(DOWN)


def _run(script: str) -> None:
    op.get_bind().connection.dbapi_connection.run_async(lambda raw: raw.execute(script))  # many statements in one go
