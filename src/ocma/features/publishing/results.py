"""What preparation's steps gave, as a publication keeps it: an id, or sealed what is a permission by itself."""

from collections.abc import Mapping
from typing import Any

from ocma.features.publishing.load import Work
from ocma.infra.vault import Place, Sealed, Vault
from ocma.platforms.connector import Step
from ocma.platforms.errors import PreparationLost


def keep(vault: Vault, work: Work, step: Step, result: str) -> dict[str, Any]:
    return {"sealed": vault.encrypt(result, _place(work, step.key))} if step.secret else {"id": result}


def known(vault: Vault, work: Work) -> dict[str, str]:
    """By step. Raises PreparationLost when the vault's key is gone: `ocma keys rotate` leaves alone what lasts some hours."""
    steps: Mapping[str, Mapping[str, Any]] = work.publication.progress.get("steps", {})
    found = {key: _open(vault, work, key, stored) for key, stored in steps.items()}
    return {key: result for key, result in found.items() if result is not None}


def _open(vault: Vault, work: Work, key: str, stored: Mapping[str, Any]) -> str | None:
    if "sealed" not in stored:
        return stored["id"]
    try:
        return vault.decrypt(stored["sealed"], _place(work, key))
    except Sealed as error:
        if "lost" in stored:
            return None
        message = "The vault's key for what was prepared is gone; it is prepared anew."
        raise PreparationLost(message, platform=work.claim.platform, steps=(key,)) from error


def _place(work: Work, key: str) -> Place:
    return Place(work.claim.workspace_id, work.claim.id, f"progress.steps.{key}")
