from dataclasses import fields
from typing import Any


class SettingError(ValueError):
    """A setting that does not exist, or a value that it cannot have. The message is for a person."""


def apply(settings: Any, name: str, value: object) -> None:
    """Sets one field of a platform's settings; text is read as the type that the field has."""
    known = {field.name for field in fields(settings)}
    if name not in known:
        raise SettingError(f"no setting {name!r}; there are {', '.join(sorted(known))}")
    setattr(settings, name, _read(name, value, type(getattr(settings, name))))


def _read(name: str, value: object, kind: type[object]) -> object:
    try:
        return _convert(value, kind)
    except (ValueError, TypeError):
        raise SettingError(f"{name} must be {kind.__name__}, not {value!r}") from None


def _convert(value: object, kind: type[object]) -> object:
    if kind is bool:
        return _flag(value)
    if isinstance(value, bool):
        raise TypeError
    if kind is float and isinstance(value, int | float | str):
        return float(value)
    if kind is int and isinstance(value, int | str):
        return int(value)
    if kind is str and isinstance(value, str):
        return value
    raise TypeError


def _flag(value: object) -> bool:
    known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in known:
        return known[value.lower()]
    raise ValueError


def shown(settings: Any) -> dict[str, Any]:
    """Every setting that is not a secret."""
    return {field.name: getattr(settings, field.name) for field in fields(settings) if "secret" not in field.name}
