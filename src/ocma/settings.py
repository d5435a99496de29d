"""Everything that can be set, from the environment or a `.env` file. Platforms' own variables: platforms/configuration.py."""

import os
from collections.abc import Mapping
from decimal import Decimal
from pathlib import Path
from typing import Annotated

from dotenv import dotenv_values
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

Words = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Values by variable name; every one has a default that works on one laptop, but for the two URLs."""

    model_config = SettingsConfigDict(env_file=".env", extra="ignore", populate_by_name=True, hide_input_in_errors=True)

    database_url: SecretStr = Field(
        default=SecretStr(""),
        alias="DATABASE_URL",
        description="PostgreSQL 15 or newer. `ocma up` starts one when this is empty.",
    )
    database_read_url: SecretStr = Field(
        default=SecretStr(""),
        alias="DATABASE_READ_URL",
        description="A streaming replica of it, for reports. Empty: they are read from DATABASE_URL, too.",
    )
    read_lag: float = Field(
        default=10.0,
        ge=3,
        alias="OCMA_READ_LAG",
        description="How many seconds that replica may be behind; further behind it is not asked.",
    )
    owner_database_url: SecretStr = Field(
        default=SecretStr(""),
        alias="OCMA_OWNER_DATABASE_URL",
        description="The login that owns the tables, for `ocma migrate`. Empty: DATABASE_URL.",
    )
    database_pool: int = Field(default=10, ge=1, alias="OCMA_DATABASE_POOL", description="Connections per process.")
    redis_url: SecretStr = Field(
        default=SecretStr(""),
        alias="REDIS_URL",
        description="Redis 6.2+ or Valkey (redis://, redis+sentinel://, redis+cluster://). Empty: `ocma up` starts one.",
    )
    cache_bytes: int = Field(
        default=64 * 1024**2,
        ge=1,
        alias="OCMA_CACHE_BYTES",
        description="Memory per process for answers that are kept here beside Redis, in bytes.",
    )

    public_url: str = Field(
        default="http://127.0.0.1:8000",
        alias="OCMA_PUBLIC_URL",
        description="Where users and platforms reach the API; OAuth redirects go there.",
    )
    vault_keys: SecretStr = Field(
        default=SecretStr(""),
        alias="OCMA_VAULT_KEYS",
        description="Keys that encrypt tokens, `id:base64,id:base64`, 32 bytes each; the first encrypts, all decrypt.",
    )
    vault_keys_file: Path | None = Field(
        default=None, alias="OCMA_VAULT_KEYS_FILE", description="The same as a JSON file; read again when it changes."
    )
    media_dir: Path = Field(
        default=Path(".data/media"),
        alias="OCMA_MEDIA_DIR",
        description="Where uploads are kept; with OCMA_MEDIA_STORAGE only for files being worked on.",
    )
    media_storage: str = Field(
        default="",
        alias="OCMA_MEDIA_STORAGE",
        description="A bucket to keep uploads in instead, `s3://bucket/folder`. Empty: the folder OCMA_MEDIA_DIR.",
    )
    s3_endpoint: str = Field(default="", alias="OCMA_S3_ENDPOINT", description="The bucket's server, when it is not Amazon's.")
    s3_region: str = Field(default="", alias="OCMA_S3_REGION", description="The bucket's region.")
    s3_access_key_id: str = Field(
        default="",
        alias="OCMA_S3_ACCESS_KEY_ID",
        description="Key to the bucket. Empty: AWS's own variables, or the machine's role.",
    )
    s3_secret_access_key: SecretStr = Field(
        default=SecretStr(""), alias="OCMA_S3_SECRET_ACCESS_KEY", description="The secret of that key."
    )
    image_max_bytes: int = Field(
        default=20 * 1024**2, ge=1, alias="OCMA_IMAGE_MAX_BYTES", description="Largest picture that is taken in, in bytes."
    )
    gif_max_bytes: int = Field(default=50 * 1024**2, ge=1, alias="OCMA_GIF_MAX_BYTES", description="Largest GIF, in bytes.")
    video_max_bytes: int = Field(default=4 * 1024**3, ge=1, alias="OCMA_VIDEO_MAX_BYTES", description="Largest video, in bytes.")
    document_max_bytes: int = Field(
        default=100 * 1024**2, ge=1, alias="OCMA_DOCUMENT_MAX_BYTES", description="Largest document (PDF), in bytes."
    )
    upload_hours: float = Field(
        default=24, gt=0, alias="OCMA_UPLOAD_HOURS", description="How long an upload in pieces may rest before it is forgotten."
    )
    media_base_url: str = Field(
        default="",
        alias="OCMA_MEDIA_BASE_URL",
        description="Where platforms fetch files, e.g. a CDN in front of OCMA_PUBLIC_URL. Empty: OCMA_PUBLIC_URL.",
    )
    media_link_hours: float = Field(
        default=48, ge=1, alias="OCMA_MEDIA_LINK_HOURS", description="How long the address of a file that platforms get is good."
    )
    trusted_hosts: Words = Field(
        default=(),
        alias="OCMA_TRUSTED_HOSTS",
        description="Private hosts that may be reached, e.g. your own Mastodon server: host (ports 80 and 443) or host:port,"
        " comma-separated.",
    )

    jwt_issuer: str = Field(default="", alias="OCMA_JWT_ISSUER", description="Accept JWTs of this issuer (Supabase or any OIDC).")
    jwt_audience: str = Field(default="authenticated", alias="OCMA_JWT_AUDIENCE", description="Audience those JWTs must carry.")
    jwt_secret: SecretStr = Field(
        default=SecretStr(""), alias="OCMA_JWT_SECRET", description="Shared secret of that issuer (HS256), or set the next one."
    )
    jwt_jwks_url: str = Field(
        default="", alias="OCMA_JWT_JWKS_URL", description="Where that issuer publishes its keys (RS256, ES256, EdDSA)."
    )

    schedule_horizon_days: int = Field(
        default=1830,
        ge=1,
        le=36525,
        alias="OCMA_SCHEDULE_HORIZON_DAYS",
        description="How many days ahead a post may be scheduled; a time beyond is taken for a slip and refused.",
    )
    worker_concurrency: int = Field(
        default=800, ge=1, alias="OCMA_WORKER_CONCURRENCY", description="Publications one worker process works at a time."
    )
    platform_concurrency: int = Field(
        default=200,
        ge=1,
        alias="OCMA_PLATFORM_CONCURRENCY",
        description="Calls it makes to one platform (host) at a time.",
    )
    lease_seconds: float = Field(
        default=15.0,
        ge=0.5,
        alias="OCMA_LEASE_SECONDS",
        description="After this long without a sign of life a worker's publications are taken over.",
    )
    publish_timeout_seconds: float = Field(
        default=30.0, gt=0, alias="OCMA_PUBLISH_TIMEOUT_SECONDS", description="How long one call to a platform may take."
    )
    settle_patience: float = Field(
        default=1.0,
        gt=0,
        alias="OCMA_SETTLE_PATIENCE",
        description="Multiplies the waits before a platform is asked what became of a post it did not answer for. Below 1 holds"
        " only where this machine plays the platform, as the sandbox does: real ones show posts late.",
    )
    history_days: int = Field(
        default=30,
        ge=2,
        alias="OCMA_HISTORY_DAYS",
        description="How long events (live stream, timelines) and the log of webhook deliveries are kept, in days; and what"
        " language models were asked, but that for 367 days at least, for GET /api/ai/usage offers 366.",
    )
    rate_limit_read: str = Field(
        default="3000/1m",
        alias="OCMA_RATE_LIMIT_READ",
        description="Requests of one API key or user in a workspace that only read: number/window (s, m, h, d), or off.",
    )
    rate_limit_write: str = Field(
        default="1200/1m",
        alias="OCMA_RATE_LIMIT_WRITE",
        description="Requests that change something, likewise; a dry run is one.",
    )
    rate_limit_upload: str = Field(
        default="1200/1m", alias="OCMA_RATE_LIMIT_UPLOAD", description="Files and pieces of files that are sent, likewise."
    )
    rate_limit_ai: str = Field(
        default="120/1m",
        alias="OCMA_RATE_LIMIT_AI",
        description="Questions to /api/ai, likewise: a language model's time and money are behind them.",
    )
    rate_limit_download: str = Field(
        default="6000/1m",
        alias="OCMA_RATE_LIMIT_DOWNLOAD",
        description="Files that one client address fetches by their signed addresses: platforms and CDNs are such clients.",
    )
    rate_limit_auth: str = Field(
        default="120/1m",
        alias="OCMA_RATE_LIMIT_AUTH",
        description="Logins and registrations of one client address; apart from these, its requests with a bad token or none.",
    )
    measure: bool = Field(
        default=True,
        alias="OCMA_METRICS_ENABLED",
        description="Whether workers read the figures (likes, followers …) of connected accounts and their posts.",
    )
    measure_every_minutes: float = Field(
        default=60,
        ge=10,
        le=1440,
        alias="OCMA_METRICS_EVERY_MINUTES",
        description="How often an account's own figures are read; its posts by their age (docs/architecture/analytics.md).",
    )
    measure_concurrency: int = Field(
        default=8, ge=1, alias="OCMA_METRICS_CONCURRENCY", description="Accounts whose figures one worker reads at a time."
    )
    measure_daily_usd: Decimal = Field(
        default=Decimal("1.00"),
        ge=0,
        alias="OCMA_METRICS_DAILY_USD",
        description="Where a platform bills reading posts (X): what a workspace may spend a UTC day, unless it says otherwise.",
    )
    samples_keep_days: int = Field(
        default=0,
        ge=0,
        alias="OCMA_METRICS_KEEP_DAYS",
        description="After so many days raw samples are dropped, by whole months (31 at least); roll-ups stay. 0: they are kept.",
    )
    metrics_token: SecretStr = Field(
        default=SecretStr(""),
        alias="OCMA_METRICS_TOKEN",
        description="The bearer token with which Prometheus may read `/metrics`; without one there is no such address.",
    )
    metrics_port: int = Field(
        default=0,
        ge=0,
        le=65535,
        alias="OCMA_METRICS_PORT",
        description="Where a worker or dispatcher serves its own `/metrics`. 0: nowhere. `ocma up` counts up from it.",
    )
    metrics_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        alias="OCMA_METRICS_HOST",
        description="The address it listens on there; 0.0.0.0 for every one, as in a container.",
    )
    breaker_seconds: float = Field(
        default=15.0,
        gt=0,
        alias="OCMA_BREAKER_SECONDS",
        description="How long a platform that fails is left alone the first time; twice as long each time after.",
    )
    log_level: str = Field(default="INFO", alias="OCMA_LOG_LEVEL", description="DEBUG, INFO, WARNING or ERROR.")
    log_format: str = Field(default="json", alias="OCMA_LOG_FORMAT", pattern="^(json|text)$", description="json or text.")

    otel_endpoint: str = Field(
        default="",
        alias="OTEL_EXPORTER_OTLP_ENDPOINT",
        description="A collector that takes traces by OTLP over HTTP, such as http://127.0.0.1:4318; needs `ocma[otel]`.",
    )
    otel_headers: SecretStr = Field(
        default=SecretStr(""),
        alias="OTEL_EXPORTER_OTLP_HEADERS",
        description="Headers for it, `name=value,name=value`, e.g. a token.",
    )

    openai_api_key: SecretStr = Field(
        default=SecretStr(""),
        alias="OPENAI_API_KEY",
        description="The key to a language model's server. With it, or OPENAI_BASE_URL, AI answers may come from a model.",
    )
    openai_base_url: str = Field(
        default="",
        alias="OPENAI_BASE_URL",
        description="Any server that speaks OpenAI's protocol, e.g. http://127.0.0.1:11434/v1 (Ollama). Empty: OpenAI's own.",
    )
    openai_organization: str = Field(
        default="", alias="OPENAI_ORGANIZATION", description="The organisation at OpenAI that pays. Empty: the key's own."
    )
    ai_model: str = Field(
        default="",
        max_length=200,
        alias="OCMA_AI_MODEL",
        description="The model to ask, by the server's name for it. Empty: gpt-4.1-mini, where the server is OpenAI's own.",
    )
    ai_timeout_seconds: float = Field(
        default=20.0,
        gt=0,
        le=600,
        alias="OCMA_AI_TIMEOUT_SECONDS",
        description="How long a model may take for one question, retries and repairs included; then OCMA answers by itself.",
    )
    ai_price_input: Decimal | None = Field(
        default=None,
        ge=0,
        alias="OCMA_AI_PRICE_INPUT",
        description="What a million tokens of questions cost, in USD. Without both prices costs are told as unknown.",
    )
    ai_price_output: Decimal | None = Field(
        default=None, ge=0, alias="OCMA_AI_PRICE_OUTPUT", description="What a million tokens of answers cost, in USD."
    )
    ai_daily_usd: Decimal = Field(
        default=Decimal("1.00"),
        ge=0,
        alias="OCMA_AI_DAILY_USD",
        description="What a workspace may spend on a model a UTC day, unless it says otherwise; holds where prices are set.",
    )
    ai_daily_tokens: int = Field(
        default=1_000_000,
        ge=0,
        alias="OCMA_AI_DAILY_TOKENS",
        description="The same in tokens, of questions and answers; holds always.",
    )
    ai_concurrency: int = Field(
        default=8, ge=1, alias="OCMA_AI_CONCURRENCY", description="Questions one process asks a model at a time; others wait."
    )
    ai_cache_seconds: float = Field(
        default=86_400,
        ge=0,
        alias="OCMA_AI_CACHE_SECONDS",
        description="How long a model's answer is given to the same question of the same workspace. 0: it is asked each time.",
    )

    @property
    def media_max_bytes(self) -> int:
        """Of the largest file of any kind."""
        return max(self.image_max_bytes, self.gif_max_bytes, self.video_max_bytes, self.document_max_bytes)

    @field_validator("ai_price_input", "ai_price_output", mode="before")
    @classmethod
    def unset(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("trusted_hosts", mode="before")
    @classmethod
    def split(cls, value: object) -> object:
        return tuple(word.strip() for word in value.split(",") if word.strip()) if isinstance(value, str) else value


def environment(env_file: Path = Path(".env")) -> Mapping[str, str]:
    """The process environment over the `.env` file: what platforms read their own variables from."""
    from_file = {key: value for key, value in dotenv_values(env_file).items() if value is not None}
    return {**from_file, **os.environ}
