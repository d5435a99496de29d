"""What a connection was not allowed, told before the platform is asked."""

from ocma.platforms.connector import Access
from ocma.platforms.errors import PermissionMissing
from ocma.platforms.manifest import Manifest


def require(manifest: Manifest, access: Access, ability: str, what: str) -> None:
    """Raises PermissionMissing that names the scopes. Where no scopes are known, the platform itself has to say so.

    `what`: what may not be done, as in "This connection may not …".
    """
    if access.scopes and (missing := manifest.oauth.missing(ability, access.scopes)):
        raise PermissionMissing(
            f"This connection may not {what}.",
            platform=manifest.key,
            rule="notPermitted",
            remediation=f"Connect the account again and allow {', '.join(missing)}.",
        )
