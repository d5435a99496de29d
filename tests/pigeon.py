"""A tenth platform, Pigeon Post, as a third party would bring it: two packages beside OCMA, known by their metadata alone."""

from pathlib import Path

CONNECTOR = """
from ocma.platforms.connector import Absent, Connector, Profile, Published, Publishes, Unprovable
from ocma.platforms.errors import ContentRejected
from ocma.platforms.manifest import Manifest, OAuth2, Setup
from ocma.platforms.refusals import Refusal
from ocma.platforms.rules import MediaRules, Text

REFUSED = Refusal(ContentRejected, "refused", "The pigeon will not carry this.", "Write less.")


class Pigeon(Connector, Publishes):
    manifest = Manifest(
        key="pigeon",
        name="Pigeon Post",
        aliases=("dove",),
        api_url="https://api.pigeon.example",
        auth_url="https://pigeon.example",
        oauth=OAuth2(authorize="/authorize", token="/token", scopes=("carry",), needs={"publish": ("carry",)}),
        text=Text(20),
        media=MediaRules(),
        settings={"loft": "north"},
        setup=Setup("https://pigeon.example/apps", "PIGEON_ID", "PIGEON_SECRET"),
    )

    def explain(self, response):
        return REFUSED.to_error("pigeon", response.status_code)

    async def identify(self, access):
        return [Profile("1", "Ann", "ann")]

    def steps(self, content):
        return []

    async def publish(self, access, outgoing):
        body = {"text": outgoing.part.text, "loft": access.settings["loft"]}
        return Published((await self.send(access, "POST", "/letters", json=body)).json()["id"])

    async def resume(self, access, processing):
        return processing

    async def find(self, access, outgoing):
        return Unprovable()

    async def fetch_post(self, access, post_id):
        return Absent()

    async def withdraw(self, access, post_id):
        await self.call(access, "DELETE", f"/letters/{post_id}")
"""

SIDE = """
from dataclasses import dataclass

from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ocma_sandbox import books, people
from ocma_sandbox.platform import Platform


@dataclass
class Settings:
    client_id: str = "sandbox-pigeon-client"
    lofts: str = "north"


def make_person(world, handle, name):
    return people.ensure(world.store, "pigeon", handle, new_id=1, now=world.clock(), name=name)


def routes(world):
    async def take(request):
        letter = await request.json()
        if letter["loft"] not in world.settings["pigeon"].lofts.split(","):
            return Response(status_code=422)
        author = make_person(world, "ann", "Ann")
        books.accept(world.store, books.Post("pigeon", "1", author.id, letter["text"], world.clock()))
        return JSONResponse({"id": "1"}, 201)

    return [Route("/letters", take, methods=["POST"])]


PIGEON = Platform(
    key="pigeon",
    name="Pigeon Post",
    make_settings=Settings,
    routes=routes,
    publishes=lambda method, path: (method, path) == ("POST", "/letters"),
    is_api=lambda path: path == "/letters",
    token_path="/token",
    throttled=lambda reset: Response(status_code=429),
    broken=Response,
    make_person=make_person,
)
"""

BOTH = {
    "pigeon_post": ("ocma.platforms", "Pigeon", CONNECTOR),
    "pigeon_loft": ("ocma_sandbox.platforms", "PIGEON", SIDE),
}


def install(folder: Path) -> Path:
    """As an installer leaves packages: the code, and beside it the metadata. `folder` has to be on the path."""
    for package, (group, name, source) in BOTH.items():
        metadata = folder / f"{package}-1.0.dist-info"
        for each in (folder / package, metadata):
            each.mkdir(parents=True)
        (folder / package / "__init__.py").write_text(source, encoding="utf-8")
        (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n", encoding="utf-8")
        (metadata / "entry_points.txt").write_text(f"[{group}]\npigeon = {package}:{name}\n", encoding="utf-8")
    return folder
