"""`ocma doctor`: what is configured, what is missing, and how to get it. Never a secret."""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer

from ocma.entrypoints.cli import doctor_platforms, doctor_servers, doctor_settings, installation
from ocma.entrypoints.cli.doctor_finding import Finding, Grade
from ocma.entrypoints.cli.installation import DEFAULT_DIR, Data
from ocma.errors import Unavailable
from ocma.settings import Settings, environment

MARKS = {Grade.FINE: "ok     ", Grade.NOTE: "note   ", Grade.OPEN: "not set", Grade.WRONG: "WRONG  "}


def doctor(
    data: Data = DEFAULT_DIR,
    as_json: Annotated[bool, typer.Option("--json", help="JSON for programs, one line per finding.")] = False,
) -> None:
    """Look at everything OCMA needs. Exits with 0 when all that is required is fine, else with 1."""
    findings = examine(data)
    for each in findings:
        print(json.dumps({**asdict(each), "grade": each.grade.value}, ensure_ascii=False) if as_json else _told(each))
    wrong = [each for each in findings if each.grade is Grade.WRONG]
    if not as_json:
        print(f"\n{len(wrong)} of {len(findings)} need attention." if wrong else "\nAll that is required is fine.")
    raise typer.Exit(1 if wrong else 0)


def examine(data: installation.Path) -> list[Finding]:
    """Each part is looked at whatever is wrong with the others."""
    try:
        found = installation.find(data)
    except Unavailable as error:
        settings = Settings()
        servers = [Finding("servers", Grade.WRONG, error.detail, error.remediation)]
    else:
        settings = found.settings
        place = f"those that `ocma up` runs in {found.data}" if found.data else "named by DATABASE_URL and REDIS_URL"
        servers = [Finding("servers", Grade.FINE, place), *asyncio.run(doctor_servers.examine(settings))]
    return [*servers, *doctor_settings.examine(settings), *doctor_platforms.examine(settings, environment())]


def _told(finding: Finding) -> str:
    lines = [f"{MARKS[finding.grade]}  {finding.name:<14} {finding.detail}"]
    lines += [f"{'':<24} → {line}" for line in (finding.remedy or "").splitlines()]
    return "\n".join(lines)


__all__: Sequence[str] = ["doctor", "examine"]
