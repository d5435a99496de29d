"""Reads that tell where they were answered, and what the process counted."""

from sqlalchemy import text

HERE = text("SELECT pg_is_in_recovery()")


async def on_replica(session) -> bool:
    return await session.scalar(HERE)


def counted(resources) -> dict[str, float]:
    """Reads by server, and fallbacks by reason."""
    samples = [each for family in resources.meters.registry.collect() for each in family.samples]
    kinds = {"ocma_reads_total": "server", "ocma_read_fallbacks_total": "reason"}
    return {each.labels[kinds[each.name]]: each.value for each in samples if each.name in kinds}
