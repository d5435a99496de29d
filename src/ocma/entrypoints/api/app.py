"""The HTTP door."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute

from ocma import __version__, bootstrap
from ocma.bootstrap import Resources
from ocma.entrypoints.api import (
    audit,
    auth,
    config,
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
)
from ocma.entrypoints.api.middleware import Frame
from ocma.entrypoints.api.traffic import Traffic
from ocma.entrypoints.api.turnstile import Turnstile
from ocma.features.workspaces.authentication import Authenticator
from ocma.features.workspaces.issuer import Issuer
from ocma.features.workspaces.login_limit import LoginLimit
from ocma.infra.limiter import Limiter
from ocma.infra.limits import policies

DESCRIPTION = "Social media management: a post is never lost and never published twice."
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
    social.router,
    media.router,
    uploads.router,
    media_files.router,
    posts.router,
    queue.router,
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
        async with bootstrap.resources() as opened:
            _furnish(app, opened)
            yield

    app = FastAPI(
        title="OCMA",
        version=__version__,
        description=DESCRIPTION,
        lifespan=lifespan,
        redirect_slashes=False,
        generate_unique_id_function=_operation_id,
    )
    if resources is not None:
        _furnish(app, resources)
    app.state.traffic = Traffic()
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
    app.state.authenticator = Authenticator(resources.database, resources.redis, issuer, resources.clock)
    app.state.login_limit = LoginLimit()
    app.state.turnstile = Turnstile(policies(resources.settings), Limiter(resources.redis))


def _operation_id(route: APIRoute) -> str:
    return route.name
