"""/api/config: what is enabled here. No secrets."""

from fastapi import APIRouter

from ocma import __version__
from ocma.entrypoints.api.dependencies import ResourcesDep
from ocma.entrypoints.api.idempotency import PlainRoute
from ocma.entrypoints.api.incoming import JSON_LIMIT
from ocma.features.schema import Schema
from ocma.features.workspaces.schemas import PASSWORD_LENGTH
from ocma.features.workspaces.scopes import ROLE_SCOPES, SCOPES
from ocma.intelligence.endpoint import is_configured

router = APIRouter(prefix="/api/config", tags=["config"], route_class=PlainRoute)


class JwtConfig(Schema):
    enabled: bool
    issuer: str | None
    audience: str | None


class ConfigView(Schema):
    """`jwt`: whose JWTs are taken as bearer tokens. `languageModel`: whether AI answers may come from one."""

    version: str
    public_url: str
    sandbox: bool
    jwt: JwtConfig
    language_model: bool
    password_min_length: int
    json_max_bytes: int
    media_max_bytes: int
    scopes: dict[str, str]
    roles: dict[str, list[str]]


@router.get("")
async def show_config(resources: ResourcesDep) -> ConfigView:
    settings = resources.settings
    enabled = bool(settings.jwt_issuer and (settings.jwt_secret.get_secret_value() or settings.jwt_jwks_url))
    return ConfigView(
        version=__version__,
        public_url=settings.public_url,
        sandbox=bool(resources.environment.get("OCMA_SANDBOX_URL")),
        jwt=JwtConfig(
            enabled=enabled,
            issuer=settings.jwt_issuer if enabled else None,
            audience=settings.jwt_audience if enabled else None,
        ),
        language_model=is_configured(settings),
        password_min_length=PASSWORD_LENGTH,
        json_max_bytes=JSON_LIMIT,
        media_max_bytes=settings.media_max_bytes,
        scopes=dict(SCOPES),
        roles={role: sorted(scopes) for role, scopes in ROLE_SCOPES.items()},
    )
