"""What is on this machine: the vault's keys, the place for media, the address that users and platforms use."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryFile
from urllib.parse import urlsplit
from uuid import UUID

from ocma.entrypoints.cli.doctor_finding import Finding, Grade, fine, note, wrong
from ocma.errors import Invalid, OcmaError
from ocma.infra.vault import Place, Vault
from ocma.intelligence.endpoint import find_endpoint
from ocma.platforms.configuration import LOOPBACK
from ocma.settings import Settings

NOWHERE = Place(UUID(int=0), UUID(int=0), "doctor")
LOW = 1024**3  # bytes


def examine(settings: Settings) -> Iterator[Finding]:
    yield _vault(settings)
    yield _media(settings.media_dir)
    yield _public_url(settings.public_url)
    yield _language_model(settings)


def _vault(settings: Settings) -> Finding:
    try:
        vault = Vault.open(settings)
        opened = vault.decrypt(vault.encrypt("a secret", NOWHERE), NOWHERE)
    except OcmaError as error:
        return wrong("vault", error.detail, error.remediation)
    if opened != "a secret":
        return wrong("vault", "What was encrypted does not come out again.")
    return fine("vault", f"encrypts and decrypts; the active key is {vault.active}")


def _media(folder: Path) -> Finding:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with TemporaryFile(dir=folder) as file:
            file.write(b"ocma")
        free = shutil.disk_usage(folder).free
    except OSError as error:
        return wrong("media", f"{folder} cannot be written to: {error.strerror}", "Set OCMA_MEDIA_DIR to a folder of OCMA's own.")
    told = f"{folder.resolve()} can be written to; {free / LOW:.1f} GiB free"
    return note("media", told, "Make room.") if free < LOW else fine("media", told)


def _public_url(url: str) -> Finding:
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        return wrong("public URL", f"{url} is not a URL", "Set OCMA_PUBLIC_URL, such as https://social.example.org")
    if parts.scheme == "http" and parts.hostname not in LOOPBACK:
        return note("public URL", f"{url} is not https; most platforms refuse it", "Set OCMA_PUBLIC_URL to an https address.")
    return fine("public URL", url)


def _language_model(settings: Settings) -> Finding:
    try:
        endpoint = find_endpoint(settings)
    except Invalid as error:
        return wrong("language model", error.detail, error.remediation)
    if endpoint is None:
        told = "neither OPENAI_API_KEY nor OPENAI_BASE_URL is set; OCMA's own models answer"
        return Finding("language model", Grade.OPEN, told)
    told = f"{endpoint.name} at {endpoint.url}"
    if endpoint.prices.input is None:
        return note(
            "language model",
            f"{told}; what it costs is not known, so that OCMA_AI_DAILY_USD cannot hold",
            "Set OCMA_AI_PRICE_INPUT and OCMA_AI_PRICE_OUTPUT, 0 for a server of your own.",
        )
    return fine("language model", told)
