"""Posts from what somebody asks for: written by a language model, else made of the request's own words."""

import asyncio
import re
from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from uuid import UUID

from ocma.errors import Invalid, Issue
from ocma.features.assistant.candidates import Candidate, different, local_versions, polished
from ocma.features.assistant.consult import Consulted, Question
from ocma.features.assistant.deltas import Deltas
from ocma.features.assistant.generate_schemas import GenerateWish, GenerationAnswer, Usage
from ocma.features.assistant.material import Material
from ocma.features.assistant.optimize import Tools, local_view, material_of, source_view
from ocma.features.assistant.rewriting import Variants, fitted, variants_question
from ocma.features.assistant.source_schemas import SourceView
from ocma.features.assistant.target import REMEDY, Target, target
from ocma.platforms.registry import get_connector

# How people ask for a post; what they say after it is what the post is about.
_ASKING: Mapping[str, str] = {
    "en": r"(?:please\s+)?(?:write|create|generate|draft|make|compose)\s+(?:me\s+|us\s+)?(?:an?|some|the|\d)?\s*"
    r"(?:[\w-]+\s+){0,3}?(?:posts?|tweets?|captions?|threads?|updates?|announcements?|texts?)\s+(?:about|on|for|announcing|saying|that\s+says)[:\s]+",
    "de": r"(?:bitte\s+)?(?:schreib\w*|erstell\w*|verfass\w*)\s+(?:mir\s+|uns\s+)?(?:einen?|eine)?\s*(?:[\w-]+\s+){0,3}?"
    r"(?:posts?|beitrag|beiträge|tweets?|texte?)\s+(?:über|zu|zum|zur|für)[:\s]+",
}
_ASKED = re.compile("|".join(_ASKING.values()), re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Task:
    wish: GenerateWish
    to: Target
    material: Material


@dataclass(frozen=True, slots=True)
class Delta:
    """What variant number `variant` grows by, as the model writes it: before it is checked or made to fit."""

    variant: int
    text: str


async def generate(tools: Tools, workspace_id: UUID, wish: GenerateWish) -> GenerationAnswer:
    """Raises Invalid for an unknown platform, and for a request of which nothing can be said there."""
    task = await begin(tools, wish)
    consulted = await tools.consultant.ask(workspace_id, question(task))
    return await asyncio.to_thread(_answer, tools, task, consulted)


async def begin(tools: Tools, wish: GenerateWish) -> Task:
    """Raises what `generate` raises: a stream has no status to tell it by."""
    to = target(get_connector(wish.platform).manifest, None)
    topic = topic_of(wish.prompt)
    if not to.fit(topic).text.strip():
        message = f"Nothing of it can be said on {to.manifest.name}."
        raise Invalid(message, code="nothingLeft", issues=[Issue("prompt", "nothingLeft", message)], remediation=REMEDY)
    return Task(wish, to, await asyncio.to_thread(material_of, tools.look, topic, wish.language))


async def stream(tools: Tools, workspace_id: UUID, task: Task) -> AsyncGenerator[Delta | GenerationAnswer]:
    """Deltas, if a model writes; the last item is the answer, in which everything is checked."""
    deltas, consulted = Deltas("variants"), Consulted[Variants].local(None)
    async with aclosing(tools.consultant.stream(workspace_id, question(task))) as written:
        async for each in written:
            if isinstance(each, str):
                for variant, text in deltas.feed(each):
                    yield Delta(variant, text)
            else:
                consulted = each
    yield await asyncio.to_thread(_answer, tools, task, consulted)


def topic_of(prompt: str) -> str:
    """Without the asking, so that a post can be made of the rest."""
    found = _ASKED.match(prompt.lstrip())
    rest = prompt.lstrip()[found.end() :].strip() if found else prompt.strip()
    return rest[:1].upper() + rest[1:] if found and rest else prompt


def question(task: Task) -> Question[Variants]:
    wish = task.wish
    told = {"tone": wish.tone, "language": wish.language}
    return variants_question(wish.prompt, task.to, wish.variants, wish.max_tokens, told)


def _answer(tools: Tools, task: Task, consulted: Consulted[Variants]) -> GenerationAnswer:
    wish, to = task.wish, task.to
    texts = consulted.value.variants if consulted.value else []
    written = [Candidate(text, "", "", "model") for each in texts if (text := fitted(each, wish.prompt, to))]
    own = [polished(task.material, to, "engagement"), *local_versions(task.material, to, "engagement")]
    found = list(different((each for each in (*written, *own) if each.content.strip()), ()))[: wish.variants]
    return GenerationAnswer(
        generated_at=tools.clock(),
        platform=wish.platform,
        variants=[each.content for each in found],
        variant_sources=[each.source for each in found],
        usage=Usage(prompt_tokens=consulted.prompt_tokens, completion_tokens=consulted.completion_tokens),
        notes=list(_notes(wish, found, consulted)),
        sources={"variants": _source(found, consulted)},
    )


def _source(found: Sequence[Candidate], consulted: Consulted[Variants]) -> SourceView:
    return source_view(consulted.source) if any(each.source == "model" for each in found) else local_view(consulted, heard=False)


def _notes(wish: GenerateWish, found: Sequence[Candidate], consulted: Consulted[Variants]) -> list[str]:
    notes: list[str] = []
    if consulted.value is None:
        notes.append("No language model wrote this: the variants are made of the request's own words.")
    elif any(each.source == "local" for each in found):
        who = "Some are" if any(each.source == "model" for each in found) else "They are"
        notes.append(f"{who} made of the request's own words: the language model wrote too few, or said what nobody asked for.")
    if len(found) < wish.variants:
        notes.append(f"{wish.variants} variants were asked for; {len(found)} that differ enough could be made.")
    return notes
