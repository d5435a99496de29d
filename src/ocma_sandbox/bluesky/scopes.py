"""What a grant allows: `transition:generic` nearly everything, `repo:`, `blob:` and `rpc:` what they name."""

from dataclasses import dataclass
from urllib.parse import parse_qs, unquote

from ocma_sandbox.bluesky import errors
from ocma_sandbox.bluesky.validation import accepts

APPVIEW = "did:web:api.bsky.app#bsky_appview"
ACTIONS = ("create", "update", "delete")
TRANSITION = ("transition:generic", "transition:email", "transition:chat.bsky")


@dataclass(frozen=True)
class Permission:
    """One scope: `repo:NSID?action=create` and `repo?collection=NSID&action=create` say the same."""

    resource: str
    values: tuple[str, ...]
    options: dict[str, list[str]]


_POSITIONAL = {"repo": "collection", "blob": "accept", "rpc": "lxm"}


def parse(scope: str) -> Permission:
    head, _, query = scope.partition("?")
    resource, _, positional = head.partition(":")
    options = parse_qs(query)
    values = options.pop(_POSITIONAL.get(resource, ""), [])
    return Permission(resource, tuple([unquote(positional)] if positional else values), options)


@dataclass(frozen=True)
class Scopes:
    """`granted` None: a session of an app password, which has no scopes and may do everything."""

    granted: str | None

    def need_repo(self, collection: str, action: str) -> None:
        self._need(f"repo:{collection}?action={action}", any(_is_repo(each, collection, action) for each in self._of("repo")))

    def need_blob(self, mime_type: str) -> None:
        allowed = any(accepts(pattern, mime_type) for each in self._of("blob") for pattern in each.values)
        self._need(f"blob:{mime_type}", allowed)

    def need_rpc(self, method: str, audience: str) -> None:
        allowed = any(_is_rpc(each, method, audience) for each in self._of("rpc"))
        self._need(f"rpc:{method}?aud={audience.replace('#', '%23')}", allowed)

    def _of(self, resource: str) -> list[Permission]:
        return [each for each in map(parse, (self.granted or "").split()) if each.resource == resource]

    def _need(self, scope: str, allowed: bool) -> None:
        if not (allowed or self.granted is None or "transition:generic" in self.granted.split()):
            raise errors.scope_missing(scope)


def _is_repo(permission: Permission, collection: str, action: str) -> bool:
    actions = permission.options.get("action", ACTIONS)
    return action in actions and bool({"*", collection} & set(permission.values))


def _is_rpc(permission: Permission, method: str, audience: str) -> bool:
    audiences, methods = permission.options.get("aud", []), permission.values
    if "*" in audiences and "*" in methods:  # of the two only one may be everything
        return False
    return bool({"*", audience} & set(audiences)) and bool({"*", method} & set(methods))
