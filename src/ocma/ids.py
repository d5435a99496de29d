"""Identifiers: UUIDv7, so that they sort by the time they were made."""

from uuid import UUID

import uuid_utils.compat


def new_id() -> UUID:
    return uuid_utils.compat.uuid7()
