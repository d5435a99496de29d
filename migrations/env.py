"""Alembic's entry: the connection is handed over by `ocma migrate` (entrypoints/cli/migrate.py)."""

from alembic import context

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=None, version_table_schema="ocma", transaction_per_migration=True)
with context.begin_transaction():
    context.run_migrations()
