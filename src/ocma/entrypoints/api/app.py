"""The HTTP door."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from starlette.types import Scope

from ocma import __version__, bootstrap
from ocma.bootstrap import Resources
from ocma.entrypoints.api import (
    ai_usage,
    analytics,
    assistant,
    audit,
    auth,
    config,
    experiments,
    health,
    keys,
    media,
    media_files,
    members,
    methods,
    metrics,
    notifications,
    openapi,
    platform_health,
    posts,
    problems,
    queue,
    social,
    uploads,
    usage,
    webhooks,
    workspaces,
    writing,
)
from ocma.entrypoints.api.middleware import Frame
from ocma.entrypoints.api.shortcut import Shortcut
from ocma.entrypoints.api.traffic import Traffic
from ocma.entrypoints.api.turnstile import Turnstile
from ocma.features.workspaces.authentication import Authenticator
from ocma.features.workspaces.issuer import Issuer
from ocma.features.workspaces.login_limit import LoginLimit
from ocma.infra import garbage
from ocma.infra.limiter import Limiter
from ocma.infra.limits import policies

DESCRIPTION = "Social media management: a post is never lost and never published twice."
LOOKS = frozenset({"/healthz", "/readyz", "/metrics"})
ROUTERS: tuple[APIRouter, ...] = (
    health.router,
    metrics.router,
    platform_health.router,
    config.router,
    auth.router,
    auth.session_router,
    workspaces.router,
    members.router,
    keys.router,
    audit.router,
    usage.router,
    ai_usage.router,
    social.router,
    analytics.router,
    media.router,
    uploads.router,
    media_files.router,
    posts.router,
    assistant.router,
    writing.router,
    queue.router,
    experiments.router,
    notifications.router,
    webhooks.router,
    webhooks.types_router,
)


def create_app(resources: Resources | None = None) -> FastAPI:
    """`resources` None: opened from the environment when the app starts, closed when it ends."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncGenerator[None]:
        if resources is not None:
            yield
            return
        async with bootstrap.resources(traced="api") as opened:
            _furnish(app, opened)
            garbage.settle()
            yield

    app = FastAPI(
        title="OCMA",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
        telemetry={"metrics": False, "logs": False, "operation_spans": False, "auto_configure": False, "exclude": _is_a_look},
    )
    if resources is not None:
        _furnish(app, resources)
    app.state.traffic = Traffic()
    app.add_middleware(Shortcut)
    app.add_middleware(Frame)
    for router in ROUTERS:
        app.include_router(router, responses=openapi.RESPONSES)
    problems.install(app)
    methods.install(app)
    openapi.install(app)
    return app


def _furnish(app: FastAPI, resources: Resources) -> None:
    """What routes find at `request.app.state`."""
    issuer = Issuer(resources.settings, resources.outbound, resources.clock)
    app.state.resources = resources
    app.state.authenticator = Authenticator(resources.database, resources.line, issuer, resources.clock)
    app.state.login_limit = LoginLimit()
    app.state.turnstile = Turnstile(policies(resources.settings), Limiter(resources.redis))


def _is_a_look(scope: Scope) -> bool:
    """What comes every few seconds for ever is in no trace."""
    return scope.get("path") in LOOKS


def _operation_id(route: APIRoute) -> str:
    return route.name
