"""The process that opens files of strangers: one file, one answer, little memory, and then it is gone.

Standard input: `{"do": "look" | "render", …}`. Standard output, a JSON object a line: `{"progress": 0.4}` any number of times,
then `{"facts": {…}}` or `{"refused": {code, message, remediation}}`, and before that `{"failed": …}` for the operator when nobody
foresaw the reason. An end by a signal means that the file killed it.
"""

import contextlib
import json
import os
import sys
import traceback
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # Windows has none
    resource = None

MEMORY = 3 * 1024**3  # bytes of addresses, libraries included


def _limit(seconds: int, most_bytes: int) -> None:
    """Before anything of the file is read. `most_bytes`: of a file it writes."""
    if resource is None:
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, most_bytes),
        (resource.RLIMIT_CORE, 0),
    ):
        with contextlib.suppress(ValueError, OSError):  # a lower one is set already
            resource.setrlimit(what, (most, most))
    os.nice(5)


def _say(**what: Any) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 - this is how it answers


def _rising() -> Callable[[float], None]:
    """Tells progress, never backwards: frames are not read in the order they are shown, and a second try begins anew."""
    highest = 0.0

    def tell(part: float) -> None:
        nonlocal highest
        if part > highest:
            highest = part
            _say(progress=round(part, 3))

    return tell


def _look(path: Path) -> Any:
    from ocma.features.media.sniff import NEEDED, sniff  # noqa: PLC0415 - not before the limits stand
    from ocma.features.media.workshop import documents, films, pictures  # noqa: PLC0415 - the same
    from ocma.features.media.workshop.refusal import unreadable  # noqa: PLC0415 - the same

    with path.open("rb") as file:
        found = sniff(file.read(NEEDED))
    if found is None:
        raise unreadable()
    if found.kind == "document":
        return documents.look(path, found)
    return films.look(path, found) if found.kind == "video" else pictures.look(path, found)


def _render(order: Mapping[str, Any]) -> Any:
    from ocma.features.media.facts import read_facts  # noqa: PLC0415 - not before the limits stand
    from ocma.features.media.target import output_type, read_target  # noqa: PLC0415 - the same
    from ocma.features.media.workshop import filming, pictures  # noqa: PLC0415 - the same
    from ocma.features.media.workshop.refusal import Refusal  # noqa: PLC0415 - the same

    source, output = Path(order["source"]), Path(order["output"])
    facts, target = read_facts(order["facts"]), read_target(order["target"])
    wanted = output_type(facts, target)
    if not wanted:
        raise Refusal("This file cannot become one of the types that are taken.", code="mediaType")
    if wanted == "video/mp4":
        filming.render(source, facts, target, output, _rising())
    else:
        pictures.render(source, facts, target, output)
    return _look(output)


def main() -> None:
    order = json.loads(sys.stdin.read())
    _limit(order["seconds"], order["bytes"])
    from ocma.features.media.workshop.refusal import Refusal, unreadable  # noqa: PLC0415 - not before the limits stand

    try:
        found = _look(Path(order["source"])) if order["do"] == "look" else _render(order)
    except Refusal as refused:
        _say(refused={"code": refused.code, "message": refused.message, "remediation": refused.remediation})
    except Exception:  # noqa: BLE001 - of a stranger's file anything may come; the operator gets to see what it was
        refused = unreadable()
        _say(failed=traceback.format_exc()[-4000:])
        _say(refused={"code": refused.code, "message": refused.message, "remediation": refused.remediation})
    else:
        _say(facts=asdict(found))


if __name__ == "__main__":
    main()
