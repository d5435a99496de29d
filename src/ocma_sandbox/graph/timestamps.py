from datetime import UTC, datetime


def time_of(at: float) -> str:
    """As Meta writes times."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%S+0000")
