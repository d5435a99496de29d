"""Looking for secrets in everything that a run left behind."""

import base64
import hashlib
import json
import re

import asyncpg
import httpx2
from redis.asyncio import Redis

from ocma.infra.vault import Place, Vault, read_keys

WORD = re.compile(r"eyJ[\w-]+\.[\w-]+\.[\w-]+|[A-Za-z0-9_-]{40,70}")  # a JWT, or what other tokens and codes look like
TABLES = "SELECT tablename FROM pg_tables WHERE schemaname = 'ocma'"


def as_text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


async def read_database(url):
    """Every column of every row of every table of ours, as text, bytes as they are."""
    connection = await asyncpg.connect(url)
    try:
        texts = {}
        for (table,) in await connection.fetch(TABLES):
            rows = await connection.fetch(f'SELECT * FROM ocma."{table}"')
            texts[table] = "\n".join(as_text(value) for row in rows for value in row.values() if value is not None)
        return texts
    finally:
        await connection.close()


async def read_redis(url):
    """Every key with what it holds."""
    reading = {b"string": "get", b"hash": "hgetall", b"set": "smembers", b"list": None, b"zset": None, b"stream": None}
    texts = {}
    async with Redis.from_url(url) as redis:
        async for key in redis.scan_iter(count=1000):
            kind = await redis.type(key)
            if reading[kind]:
                value = await getattr(redis, reading[kind])(key)
            else:
                value = await (
                    redis.xrange(key)
                    if kind == b"stream"
                    else redis.zrange(key, 0, -1)
                    if kind == b"zset"
                    else redis.lrange(key, 0, -1)
                )
            texts[as_text(key)] = f"{as_text(key)} {value!r}"
    return texts


async def read_api(url, key):
    """Every address that only reads, headers and body; ids from the lists where an address wants one."""
    texts = {}
    async with httpx2.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=30, trust_env=False
    ) as client:

        async def ask(path):
            answer = await client.get(path)
            texts[path] = f"{answer.status_code} {answer.headers!r} {answer.text}"
            return answer

        async def ids(path, name="id"):
            return [each[name] for each in (await ask(path)).json()["data"]]

        described = (await ask("/openapi.json")).json()["paths"]
        known = {
            "account_id": await ids("/api/social/accounts"),
            "job_id": await ids("/api/queue/jobs", "jobId"),
            "medium_id": await ids("/api/media"),
            "key_id": await ids("/api/keys"),
        }
        for path in (each for each, methods in described.items() if "get" in methods and not each.endswith("/events")):
            wanted = re.findall(r"{(\w+)}", path)
            for value in known.get(wanted[0], [])[:20] if wanted else [""]:
                await ask(re.sub(r"{\w+}", value, path))
    return texts


async def reveal(ready, data):
    """Tokens, keys, verifiers and client secrets in clear, as only the holder of the vault's keys gets them."""
    keys = data / "vault.keys.json"
    vault, connection = Vault(read_keys(keys)), await asyncpg.connect(ready["ownerDatabaseUrl"])
    wanted = [
        ("account_tokens", "account_id", "access_token"),
        ("account_tokens", "account_id", "refresh_token"),
        ("platform_apps", "id", "client_secret"),
        ("oauth_states", "id", "verifier"),
        ("account_tokens", "account_id", "extra"),
        ("oauth_states", "id", "kept"),
    ]
    try:
        found = {}
        for table, row_id, field in wanted:
            rows = await connection.fetch(
                f"SELECT workspace_id, {row_id} AS id, {field} AS value FROM ocma.{table} WHERE {field} <> ''"
            )
            found[field] = [vault.decrypt(row["value"], Place(row["workspace_id"], row["id"], field)) for row in rows]
        for field in ("extra", "kept"):
            found[field] = [secret for each in found[field] for secret in secrets_of(json.loads(each))]
        return found
    finally:
        await connection.close()


def secrets_of(kept):
    """Of what an account keeps besides: the private part of a key it signs with, the token of the login it came with."""
    key, login = kept.get("key"), kept.get("login")
    return [*([json.loads(key)["d"]] if key else []), *([login] if login else [])]


def vault_keys(data):
    """As they are written, and as bytes."""
    written = json.loads((data / "vault.keys.json").read_text())["keys"].values()
    return [form for key in written for form in (key.encode(), base64.b64decode(key))]


def files_with(secret, roots):
    """Paths of the files below the roots, relative to theirs, that hold the bytes."""
    return {
        str(path.relative_to(root))
        for root in roots
        for path in root.rglob("*")
        if path.is_file() and not path.is_symlink() and secret in path.read_bytes()
    }


def texts_with(secret, texts):
    return [name for name, text in texts.items() if secret in text]


def hashed_words(texts, hashes):
    """Words whose SHA-256 the platforms know: tokens and codes that were ever given out, used up ones included."""
    return {
        (name, word)
        for name, text in texts.items()
        for word in set(WORD.findall(text))
        if hashlib.sha256(word.encode()).hexdigest() in hashes
    }
