import sqlite3
from collections.abc import AsyncGenerator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Mount

from ocma_sandbox import settings
from ocma_sandbox.blobs import Blobs
from ocma_sandbox.config import Config
from ocma_sandbox.control import Control
from ocma_sandbox.faults import Faults
from ocma_sandbox.gate import Gate
from ocma_sandbox.limits import Windows
from ocma_sandbox.platform import Platform, Refused
from ocma_sandbox.registry import PLATFORMS
from ocma_sandbox.store import Store
from ocma_sandbox.watch import SCHEMA, Watch
from ocma_sandbox.world import World


class StateError(Exception):
    """The state cannot be opened; the message says why."""


def create_app(config: Config) -> Starlette:
    """The whole sandbox as one ASGI app; `app.state.world` is what the platforms share.

    Raises `StateError` when the state cannot be opened, `settings.SettingError` for a setting that cannot be.
    """
    world = _world(config)

    def restart() -> None:
        _begin(world, config)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        yield
        world.close()

    _begin(world, config)
    mounts = [Mount(f"/{platform.key}", _platform_app(platform, world)) for platform in PLATFORMS]
    app = Starlette(
        routes=[*Control(world, PLATFORMS, restart).routes(), *mounts],
        exception_handlers={Refused: _refuse},
        lifespan=lifespan,
    )
    app.state.world = world
    return app


def _platform_app(platform: Platform, world: World) -> Gate:
    async def fail(_request: Request, _error: Exception) -> Response:
        return platform.broken(500)

    inner = Starlette(routes=platform.routes(world), exception_handlers={Refused: _refuse, ClientDisconnect: _gone, 500: fail})
    return Gate(inner, platform, world)


async def _gone(_request: Request, _error: Exception) -> Response:
    """The client left before its body was complete: nothing was handled, and nobody reads this."""
    return Response(status_code=400)


async def _refuse(_request: Request, error: Exception) -> Response:
    return error.response if isinstance(error, Refused) else JSONResponse({"error": "unexpected"}, 500)


def _world(config: Config) -> World:
    file, folder = _places(config.state)
    try:
        if file:
            file.parent.mkdir(parents=True, exist_ok=True)
        store = Store(file, [SCHEMA, *(platform.schema for platform in PLATFORMS)])
    except (OSError, sqlite3.Error) as error:
        hint = "is another sandbox using it?" if "locked" in str(error) else "is it a sandbox's state?"
        raise StateError(f"cannot open the state {file}: {error}; {hint}") from error
    return World(store, Blobs(folder), Watch(config.clock, store), {}, Faults(config.seed), Windows())


def _places(state: Path | None) -> tuple[Path | None, Path | None]:
    """Database file and folder for uploads. A path with a suffix is a file, any other a folder."""
    if state is None:
        return None, None
    if state.is_dir() or not (state.suffix or state.is_file()):
        return state / "sandbox.sqlite3", state / "media"
    return state, state.with_name(state.name + ".media")


def _begin(world: World, config: Config) -> None:
    _check_known(config.settings)
    for platform in PLATFORMS:
        chosen = platform.make_settings()
        for name, value in config.settings.get(platform.key, {}).items():
            settings.apply(chosen, name, value)
        world.settings[platform.key] = chosen
        platform.begin(world)


def _check_known(chosen: Mapping[str, Mapping[str, object]]) -> None:
    known = [platform.key for platform in PLATFORMS]
    for key in chosen:
        if key not in known:
            raise settings.SettingError(f"no platform {key!r}; there are {', '.join(known)}")
