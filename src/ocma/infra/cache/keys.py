"""Names of what is kept. None can be made without a workspace, which is where it begins."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias
from uuid import UUID

Part: TypeAlias = str | int | UUID | None


@dataclass(frozen=True, slots=True)
class Key:
    """`parts` begin with a word of the code's, such as "metrics": it is the name in /metrics. What the rest holds is hashed."""

    workspace_id: UUID
    parts: tuple[Part, ...]
    tags: frozenset[str] = frozenset()
    name: str = field(init=False, compare=False)

    def __post_init__(self) -> None:
        if not isinstance(self.workspace_id, UUID):  # pyright: ignore[reportUnnecessaryIsInstance] - a None here would mix tenants
            raise TypeError("A key of the cache begins with a workspace's id.")
        if not self.parts or not isinstance(self.parts[0], str):
            raise TypeError("A key of the cache says what it is for by its first part.")
        what = json.dumps([self.parts, sorted(self.tags)], default=str, separators=(",", ":")).encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(what, digest_size=20).hexdigest()
        object.__setattr__(self, "name", f"{prefix(self.workspace_id)}:{self.parts[0]}:{digest}")

    @property
    def use(self) -> str:
        return str(self.parts[0])

    @property
    def lock(self) -> str:
        return f"{self.name}:lock"

    @property
    def all_tags(self) -> frozenset[str]:
        return self.tags | {EVERYTHING}

    @property
    def versions(self) -> list[str]:
        return versions(self.workspace_id, self.all_tags)


EVERYTHING = ""  # the tag of all that a workspace has


def prefix(workspace_id: UUID) -> str:
    """With a hash tag: what is a workspace's own is in one slot of a cluster, so that one call can read much of it."""
    return f"ocma:cache:{{{workspace_id}}}"


def versions(workspace_id: UUID, tags: Iterable[str]) -> list[str]:
    """Where the tags' versions are."""
    return [f"{prefix(workspace_id)}::{tag}" for tag in sorted(tags)]
