"""`ocma env-template`: every variable OCMA reads, from the places that define them. `.env.template` is its output."""

import textwrap

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from ocma.platforms.configuration import NO_QUOTAS, addresses, settings, variables
from ocma.platforms.manifest import Manifest
from ocma.platforms.registry import manifests
from ocma.settings import Settings

WIDTH = 110
INTRODUCTION = (
    "Everything OCMA reads from its environment. Copy this file to `.env` and fill in what you need; nothing here is needed for"
    " `make demo`, and `make up` needs only the keys of the platforms you want. A variable of the process wins over this file."
    " A line that is commented out shows its default."
)
QUOTAS = f"What your plan there grants: what:whose=calls/window, or {NO_QUOTAS} (docs/howto/production.md)."
OWN = "Change these only if the platform has changed; an empty line means the default."
COMING = (
    "Platforms that are still to come. Nothing reads these variables yet; their names are fixed, so that they can be set once."
)
COMING_VARIABLES = (
    "PINTEREST_CLIENT_ID",
    "PINTEREST_CLIENT_SECRET",
)


def env_template() -> None:
    """Print the template of a `.env` file."""
    print(render(), end="")


def render() -> str:
    """Blocks with an empty line between them."""
    general = (_setting(field) for field in Settings.model_fields.values())
    platforms = (_platform(manifest) for manifest in manifests())
    return "\n\n".join([_comment(INTRODUCTION), *general, *platforms, _coming()]) + "\n"


def _setting(field: FieldInfo) -> str:
    return f"{_comment(field.description or '')}\n{_line(str(field.alias), _default(field))}"


def _default(field: FieldInfo) -> str | None:
    """As one would write it into the file; None where even an empty value would mean something."""
    value = field.default
    if isinstance(value, SecretStr):
        return value.get_secret_value()
    if isinstance(value, tuple):
        return ",".join(value)
    return None if value is None else str(value)


def _line(name: str, default: str | None) -> str:
    """An empty default is open to be filled in: left as it is, it means the same as no line."""
    return f"{name}=" if default == "" else f"# {name}={default or ''}"


def _platform(manifest: Manifest) -> str:
    setup, moves = manifest.setup, addresses(manifest)
    lines = [_comment(" ".join(word for word in (f"{manifest.name}.", setup.hint, setup.url) if word))]
    lines += [_line(name, "") for name in (setup.client_id, setup.client_secret) if name]
    lines += [_comment(_where(manifest)), *(_line(name, default) for name, default in moves.items())]
    own = settings(manifest)
    lines += [_comment(OWN), *(_line(name, default) for name, default in own.items())] if own else []
    others = {name: default for name, default in variables(manifest).items() if name not in moves.keys() | own.keys()}
    lines += [_comment(QUOTAS), *(_line(name, default) for name, default in others.items())]
    return "\n".join(lines)


def _where(manifest: Manifest) -> str:
    if manifest.oauth.per_host:
        return "Users name their server; set this to have all of them use one."
    return "Where it is reached; change this for an emulator or a proxy."


def _coming() -> str:
    return "\n".join([_comment(COMING), *(_line(name, None) for name in COMING_VARIABLES)])


def _comment(text: str) -> str:
    return textwrap.fill(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_long_words=False, break_on_hyphens=False)
