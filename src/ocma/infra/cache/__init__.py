"""What was computed and is asked for again: kept here and in Redis, by workspace."""

from ocma.infra.cache.cache import TRUST, Cache
from ocma.infra.cache.keys import Part

__all__ = ["TRUST", "Cache", "Part"]
