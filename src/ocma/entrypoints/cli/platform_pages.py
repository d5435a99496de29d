"""The pages of docs/platforms: what a platform takes and measures is written from its manifest, the words around it by hand."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from ocma.errors import Invalid
from ocma.platforms.configuration import write_quotas
from ocma.platforms.manifest import Manifest
from ocma.platforms.metrics import Measure, Measuring
from ocma.platforms.registry import manifests
from ocma.platforms.rules import MEGABYTE, MediaRules, Range, Text

BEGIN = "<!-- From the manifest; `make format` writes it. -->"
BEGIN_MEASURED = "<!-- What is measured, from the manifest; `make format` writes it. -->"
END = "<!-- The rest is written by hand. -->"
Rows = Iterator[tuple[str, str]]


def platform_pages(
    folder: Annotated[Path, typer.Argument(help="Where the pages are.", file_okay=False, exists=True)],
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; fail when a page is not what its manifest says.")
    ] = False,
) -> None:
    """Write what every platform takes into its page."""
    old = {path: after for path, before, after in _pages(folder) if before != after}
    if check and old:
        names = ", ".join(path.name for path in old)
        raise Invalid(f"Not what the manifest says: {names}.", code="pageOutdated", remediation="Run `make format`.")
    for path, page in old.items():
        path.write_text(page, encoding="utf-8")


def _pages(folder: Path) -> Iterator[tuple[Path, str, str]]:
    """Each page, as it is and as it should be."""
    for manifest in manifests():
        path = folder / f"{manifest.key}.md"
        before = path.read_text(encoding="utf-8") if path.exists() else f"# {manifest.name}\n"
        yield path, before, fill(before, manifest)


def fill(page: str, manifest: Manifest) -> str:
    """The page with its tables; at the end, where it has none yet."""
    page = _put(page, "What a post may be", BEGIN, _table(manifest))
    measured = _measured(manifest)
    return _put(page, "What is measured", BEGIN_MEASURED, measured) if measured or BEGIN_MEASURED in page else page


def _put(page: str, heading: str, begin: str, table: str) -> str:
    block = f"{begin}\n\n{table}\n{END}\n"
    head, mark, rest = page.partition(begin)
    if not mark:
        return f"{page.rstrip()}\n\n## {heading}\n\n{block}"
    return head + block + rest.partition(f"{END}\n")[2]


def _table(manifest: Manifest) -> str:
    return _rows([*_text(manifest), *_media(manifest.media), *_more(manifest), *_access(manifest)])


def _rows(rows: Sequence[tuple[str, str]]) -> str:
    return "| what | how much |\n|---|---|\n" + "".join(f"| {what} | {much} |\n" for what, much in rows)


def _text(manifest: Manifest) -> Rows:
    yield "text", _length(manifest.text) if manifest.text.limit else "none"
    if manifest.thread > 1:
        yield "thread", f"up to {manifest.thread} posts"
    if manifest.comment:
        yield "first comment", _length(manifest.comment)


def _length(text: Text) -> str:
    size = f", {text.bytes:,} bytes" if text.bytes else ""
    tags = [f", {most} {name}" for name, most in (("hashtags", text.tags.hashtags), ("mentions", text.tags.mentions)) if most]
    without = f", without {_code(text.forbidden)}" if text.forbidden else ""
    return f"{text.limit:,} {text.unit}{size}{''.join(tags)}{without}"


def _media(rules: MediaRules) -> Rows:
    if rules.images:
        yield "images", f"{rules.images}; {_types(rules.image_types)}; {_size(rules.image_bytes)} each"
    if rules.gifs:
        yield "GIFs", f"{rules.gifs}; {_size(rules.gif_bytes)}"
    if rules.videos:
        video = rules.video
        yield "videos", f"{rules.videos}; {_types(video.types)}; {_size(video.bytes)}{_range(video.seconds, 's')}"
    if rules.documents:
        yield "documents", f"{rules.documents}; {_types(rules.document_types)}; {_size(rules.document_bytes)}"
    if rules.images or rules.videos:
        yield "alternative text", f"{rules.alt_text:,} characters" if rules.alt_text else "none"
    if rules.fetches:
        yield "files", "are fetched by the platform: OCMA needs a public address"


def _more(manifest: Manifest) -> Rows:
    if poll := manifest.poll:
        yield "poll", f"{poll.options[0]} to {poll.options[1]} answers of {poll.option_length} characters"
    if manifest.link:
        yield "link", "as a card"
    if manifest.kinds:
        yield "kinds", _code(*manifest.kinds)
    if manifest.options:
        yield "options", _code(*manifest.options)
    if manifest.required:
        yield "options that are needed", _code(*manifest.required)


def _access(manifest: Manifest) -> Rows:
    yield "quotas", _code(*write_quotas(manifest.quotas).split(","))
    yield "scopes", _code(*manifest.oauth.scopes)
    looks = ", ".join(f"{each:g}" for each in manifest.settle.looks)
    yield "an unknown outcome is looked for", f"after {looks} s"


def _types(types: Sequence[str]) -> str:
    return ", ".join(each.partition("/")[2] for each in types)


def _size(size: int) -> str:
    return f"{size / MEGABYTE:.4g} MiB" if size < 1024 * MEGABYTE else f"{size / MEGABYTE / 1024:.4g} GiB"


def _range(values: Range, unit: str) -> str:
    least, most = values
    if least is None and most is None:
        return ""
    return f"; {least or 0:g} to {most:g} {unit}" if most is not None else f"; from {least:g} {unit}"


def _code(*names: str) -> str:
    return ", ".join(f"`{each}`" for each in names if each)


def _measured(manifest: Manifest) -> str:
    """Nothing where nothing is measured."""
    lines = [_measure(each) for each in manifest.measuring.measures]
    if not lines:
        return ""
    head = f"| figure | {manifest.name}'s name | of | kind |\n|---|---|---|---|\n"
    return f"{head}{''.join(lines)}\n{_rows([*_asking(manifest.measuring)])}"


def _measure(measure: Measure) -> str:
    unit = "" if measure.metric.unit == "count" else f" ({measure.metric.unit})"
    of = f"{measure.of} ({_code(*measure.kinds)})" if measure.kinds else measure.of
    kind = f"{measure.kind}, in groups" if measure.split else measure.kind
    kind += f", up to {measure.keeps.days} days after posting" if measure.keeps else ""
    return f"| `{measure.metric.key}`{unit} | {_code(measure.name, *measure.also)} | {of} | {kind} |\n"


def _asking(measuring: Measuring) -> Rows:
    yield "posts at once", f"{measuring.at_once}"
    if measuring.late:
        yield "figures are late", f"by up to {measuring.late / timedelta(hours=1):g} hours"
    if measuring.days:
        yield "figures of single days", f"of the last {measuring.days.days:,} days ({measuring.zone})"
    if measuring.keeps:
        yield "figures of a post", f"up to {measuring.keeps.days:,} days after posting"
    if bills := [f"${usd:g} for {what}" for usd, what in _bills(measuring) if usd]:
        yield "a look costs", ", ".join(bills)
    breaks = ((each.name, found) for each in measuring.measures for found in each.breaks)
    for name, found in dict.fromkeys(breaks):  # a name may be measured of posts and of the account
        yield f"`{name}` since {found.at}", found.about


def _bills(measuring: Measuring) -> Iterator[tuple[float, str]]:
    yield measuring.reads, "a post"
    yield measuring.reads_account, "the account"
