"""What of a manifest tells whether a draft fits."""

from ocma.intelligence.fit import Facts
from ocma.intelligence.text import Draft
from ocma.platforms.content import Content, Part
from ocma.platforms.manifest import Manifest


def facts_of(manifest: Manifest, draft: Draft, language: str | None) -> Facts:
    """For an ordinary post of this text and nothing else. What was measured on platforms was of English posts."""
    rules = manifest.text_of(Content((Part(draft.raw),)))
    return Facts(
        key=manifest.key if language in ("en", None) else "",
        limit=rules.limit,
        length=rules.measure(draft.raw),
        unit=rules.unit,
        bytes_limit=rules.bytes,
        bytes=len(draft.raw.encode("utf-8", "replace")),
        required=rules.required,
        hashtags=rules.tags.hashtags,
        heeded=rules.tags.heeded,
        mentions=rules.tags.mentions,
        link_costs=_link_cost(manifest, draft),
    )


def _link_cost(manifest: Manifest, draft: Draft) -> int | None:
    """What the platform counts for one address, where that is not its length: asked of its own measure."""
    if not draft.urls:
        return None
    long = "https://example.org/" + "a" * 200
    cost = manifest.text_of(Content((Part(long),))).measure(long)
    return cost if cost < len(long) else None
