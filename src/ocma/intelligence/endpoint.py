"""Which language model there is: a key, or a server of one's own, turns it on."""

from dataclasses import dataclass, field
from urllib.parse import urlsplit

from pydantic import SecretStr

from ocma.errors import Invalid
from ocma.intelligence.usage import Prices
from ocma.settings import Settings

OPENAI = "https://api.openai.com/v1"
USUAL = "gpt-4.1-mini"  # of OpenAI's: answers at once, without tokens for thinking


@dataclass(frozen=True, slots=True)
class Endpoint:
    """`key` may be empty: servers at home want none."""

    name: str
    url: str = OPENAI
    key: SecretStr = field(default_factory=lambda: SecretStr(""))
    organization: str = ""
    prices: Prices = field(default_factory=Prices)


def is_configured(settings: Settings) -> bool:
    return bool(settings.openai_api_key.get_secret_value().strip() or settings.openai_base_url.strip())


def find_endpoint(settings: Settings) -> Endpoint | None:
    """None: there is no model. Raises Invalid for what cannot be meant."""
    if not is_configured(settings):
        return None
    base = settings.openai_base_url.strip().rstrip("/")
    if base:
        _check_url(base)
    name = settings.ai_model.strip() or ("" if base and base != OPENAI else USUAL)
    if not name:
        raise Invalid(
            "OPENAI_BASE_URL is set, but no model.",
            code="settings",
            remediation="Set OCMA_AI_MODEL to a model that this server has, by its name there.",
        )
    _check_prices(settings)
    return Endpoint(
        name=name,
        url=base or OPENAI,
        key=_checked_key(settings.openai_api_key),
        organization=settings.openai_organization.strip(),
        prices=Prices(settings.ai_price_input, settings.ai_price_output),
    )


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
        is_plain = is_plain and not (parts.username or parts.password or parts.query or parts.fragment)
    except ValueError:
        is_plain = False
    if not is_plain:
        raise Invalid(
            "OPENAI_BASE_URL is not a plain http or https URL.",
            code="settings",
            remediation="Write it like http://127.0.0.1:11434/v1; a key goes into OPENAI_API_KEY.",
        )


def _checked_key(key: SecretStr) -> SecretStr:
    """As a header can carry it."""
    text = key.get_secret_value().strip()
    if not (text.isascii() and (text.isprintable() or not text)) or " " in text:
        raise Invalid(
            "OPENAI_API_KEY holds characters that no key has.", code="settings", remediation="Copy it again, without spaces."
        )
    return SecretStr(text)


def _check_prices(settings: Settings) -> None:
    if (settings.ai_price_input is None) != (settings.ai_price_output is None):
        raise Invalid(
            "Only one of OCMA_AI_PRICE_INPUT and OCMA_AI_PRICE_OUTPUT is set.",
            code="settings",
            remediation="Set both, or neither: with one alone no cost is known.",
        )
