"""A workspace in which something lives: every kind of thing that a path or a body can name, in every state."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

from PIL import Image
from sqlalchemy import update

import stage
from factories import PASSWORD, Factory, Person
from ocma.bootstrap import Resources
from ocma.features.accounts.models import Account
from ocma.features.assistant.experiments import design, rounds
from ocma.features.assistant.experiments.design import Laboratory
from ocma.features.assistant.experiments.schemas import NewExperiment, Start
from ocma.features.media.library import get_medium
from ocma.features.media.models import Medium
from ocma.features.media.target import Target
from ocma.features.notifications import deliveries, endpoints
from ocma.features.notifications.endpoints import Registry
from ocma.features.notifications.models import Notification
from ocma.features.notifications.schemas import NewEndpoint
from ocma.features.publishing.models import Publication
from ocma.features.workspaces.models import Workspace

# The way of a publication into each state, as the database allows it.
WAYS = {
    "scheduled": (),
    "cancelled": ("cancelled",),
    "failed": ("failed",),
    "unknown": ("publishing", "unknown"),
    "published": ("publishing", "published"),
}
LATER = timedelta(days=400)  # nothing here is due while a test runs


@dataclass
class Inhabited:
    """`ids` by the name that paths give them; `key`: headers of a key that may do everything there."""

    workspace_id: UUID
    key: dict[str, str]
    owner: Person
    password: str = PASSWORD
    ids: dict[str, list[str]] = field(default_factory=dict)

    def add(self, name: str, found: object) -> None:
        self.ids.setdefault(name, []).append(str(found))


async def inhabit(resources: Resources) -> Inhabited:
    make = Factory(resources)
    owner = await make.person()
    company = stage.Company(resources, make.caller(owner.workspace_id))
    place = Inhabited(owner.workspace_id, await make.key(owner.workspace_id), owner)
    place.add("workspace_id", owner.workspace_id)
    for _ in range(4):
        place.add("user_id", (await make.member(owner.workspace_id, "editor")).id)
        place.add("key_id", (await make.key_row(owner.workspace_id, "posts:read")).id)
        place.add("medium_id", (await resources.library.keep(company.caller, _picture(), "teal")).id)
        place.add("upload_id", (await resources.uploads.begin(company.caller, 1000)).id)
        wanted = Target(types=("image/jpeg",), max_width=4 + len(place.ids["medium_id"]))
        medium = await _medium(company, place.ids["medium_id"][0])
        place.add("rendition_id", (await resources.renditions.order(medium, wanted)).id)
    accounts = [await company.connect(platform, f"{name}{place.workspace_id.hex[-8:]}") for name, platform in _NAMES]
    for account in accounts:
        place.add("account_id", account.id)
    for number in range(2):
        await _post_in_every_state(place, company, accounts[number])
    await _told(place, company)
    await _experiments(place, company, accounts[:2])
    await _age(company)
    return place


async def _age(company: stage.Company) -> None:
    """Old enough for a second page of what it used."""
    found, caller = company.resources, company.caller
    async with found.database.transaction(caller.workspace_id) as session:
        made = {"created_at": found.clock() - timedelta(days=100)}
        await session.execute(update(Workspace).where(Workspace.id == caller.workspace_id).values(**made))


async def _medium(company: stage.Company, medium_id: str) -> Medium:
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        return await get_medium(session, UUID(medium_id))


async def _told(place: Inhabited, company: stage.Company) -> None:
    """Endpoints with what was sent to the first of them, and notifications."""
    found, caller = company.resources, company.caller
    registry, now = Registry(found.vault, found.clock, ()), found.clock()
    async with found.database.transaction(caller.workspace_id) as session:
        for number in range(4):
            wanted = NewEndpoint(url=f"https://example.org/{number}", events=["publication.*"])
            place.add("endpoint_id", (await endpoints.create_endpoint(session, caller, registry, wanted)).id)
        for _ in range(4):
            sent = await deliveries.send_test(session, caller, UUID(place.ids["endpoint_id"][0]), now)
            sent.status, sent.due_at = "delivered", None
            place.add("delivery_id", sent.id)
            told = Notification(workspace_id=caller.workspace_id, kind="account.restricted", data={"platform": "x"}, at=now)
            session.add(told)
            await session.flush()
            place.add("notification_id", told.id)


async def _experiments(place: Inhabited, company: stage.Company, accounts: Sequence[Account]) -> None:
    """Two drafts and two that run."""
    found, caller = company.resources, company.caller
    lab = Laboratory(found.database, found.library, found.clock)
    start = Start(starts_at=found.clock() + timedelta(days=300))
    for number in range(4):
        variants = [{"key": key, "content": f"Variant {key} of {number}"} for key in ("a", "b")]
        body = {"name": f"{number}", "accountIds": [each.id for each in accounts], "metric": "likes", "variants": variants}
        async with found.database.transaction(caller.workspace_id) as session:
            made = await design.create(session, lab, caller, NewExperiment.model_validate(body))
            if number % 2:
                await rounds.start(session, lab, caller, made.experiment.id, start)
        place.add("experiment_id", made.experiment.id)


_NAMES = (("stays", "x"), ("stays", "mastodon"), ("goes", "x"), ("goes", "mastodon"))


async def _picture():
    file = io.BytesIO()
    Image.new("RGB", (8, 8), "teal").save(file, "PNG")
    yield file.getvalue()


async def _post_in_every_state(place: Inhabited, company: stage.Company, account: Account) -> None:
    for state, way in WAYS.items():
        later = company.resources.clock() + LATER
        job = await company.schedule(f"{state} on {account.platform}", account, scheduledAt=later)
        publication = job.publications[0]
        for step in way:
            await _move(company, publication.id, step)
        place.add("job_id", job.post.id)
        place.add("publication_id", publication.id)


async def _move(company: stage.Company, publication_id: UUID, state: str) -> None:
    """As a worker or a person would, without the platform."""
    now = company.resources.clock()
    values = {
        "publishing": {"lease_until": now + LATER},
        "unknown": {"lease_until": None, "due_at": None},
        "published": {"lease_until": None, "due_at": None, "published_at": now, "platform_post_id": str(publication_id)},
        "failed": {"due_at": None, "error": {"code": "x", "kind": "contentRejected", "detail": "No."}},
        "cancelled": {"due_at": None},
    }[state]
    async with company.resources.database.transaction(company.caller.workspace_id) as session:
        await session.execute(update(Publication).where(Publication.id == publication_id).values(state=state, **values))
