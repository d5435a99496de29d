"""How often each of our callers may ask, as the settings have it, and how somebody stands."""

import re
from dataclasses import dataclass

from ocma.errors import Invalid, Issue
from ocma.settings import Settings

OFF = "off"
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LIMIT = re.compile(r"([1-9]\d{0,8})/([1-9]\d{0,4})([smhd])")
FIELD = "rate_limit_"  # what the settings' names begin with


@dataclass(frozen=True, slots=True)
class Policy:
    """So many requests within `window` seconds, which begin with the first of them."""

    name: str
    quota: int
    window: int


@dataclass(frozen=True, slots=True)
class Standing:
    """`count`: requests in this window, the present one included. It ends in `seconds`."""

    policy: Policy
    count: int
    seconds: float

    @property
    def is_over(self) -> bool:
        return self.count > self.policy.quota

    @property
    def remaining(self) -> int:
        return max(0, self.policy.quota - self.count)


def policies(settings: Settings) -> dict[str, Policy]:
    """By name; what is off is not there. Raises Invalid that names the variable."""
    fields = {name: field for name, field in type(settings).model_fields.items() if name.startswith(FIELD)}
    read = (_read(name, str(field.alias), getattr(settings, name)) for name, field in fields.items())
    return {each.name: each for each in read if each}


def _read(field: str, variable: str, text: str) -> Policy | None:
    if text.strip() == OFF:
        return None
    if (found := LIMIT.fullmatch(text.strip())) is None:
        raise Invalid(
            f"{variable}: {text[:60]!r} is no limit.",
            code="settings",
            issues=[Issue(variable, "settings", "No limit.")],
            remediation=f"Write requests/window, such as 600/1m (s, m, h, d), or {OFF} for none.",
        )
    quota, length, unit = found.groups()
    return Policy(field.removeprefix(FIELD), int(quota), int(length) * UNITS[unit])
