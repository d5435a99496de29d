"""Tenants: workspaces, members and roles, API keys, sessions, the audit trail."""
