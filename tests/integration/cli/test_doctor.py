"""`ocma doctor`: fine when all is fine, and for each thing that can be wrong: which, and what to do. Never a secret."""

import time
from uuid import uuid4

import asyncpg
import pytest
from redis import Redis

from ocma.infra.database import ROLE
from ocma.infra.embedded.database import ensure_database


@pytest.fixture(autouse=True)
def nobody_else(services):
    """Workers that other tests have killed cannot take back their last sign of life."""
    with Redis.from_url(services.valkey.url) as redis:
        redis.delete("ocma:heartbeats:worker", "ocma:heartbeats:dispatcher")


@pytest.fixture
def alive(services, nobody_else):
    """A worker and a dispatcher have just given a sign of life."""
    with Redis.from_url(services.valkey.url) as redis:
        keys = [f"ocma:heartbeats:{kind}" for kind in ("worker", "dispatcher")]
        for key in keys:
            redis.zadd(key, {f"doctor:{uuid4()}": time.time() + 600})
        yield keys
        redis.delete(*keys)


def findings(program, **more):
    """By name, of the JSON; the words for people say the same and give the same exit code."""
    said, people = program("doctor", "--json", **more), program("doctor", **more)
    assert said.code == people.code
    assert said.err == people.err == ""
    assert "Traceback" not in people.out
    rows = said.rows()
    for row in rows:
        told = row["detail"].partition(";")[0] if row["name"] == "media" else row["detail"]  # other programs fill the disk
        assert told in people.out or row["name"].endswith("ers")  # the age of a sign of life changes
        for line in (row["remedy"] or "").splitlines():
            assert line in people.out
    return said.code, {row["name"]: row for row in rows}, said.out + people.out


def wrong(found):
    return [name for name, row in found.items() if row["grade"] == "wrong"]


def secrets(program):
    """What the operator has set and nobody may read."""
    urls = [program.environment[name] for name in ("DATABASE_URL", "OCMA_OWNER_DATABASE_URL", "REDIS_URL")]
    passwords = [url.split("@")[0].rpartition(":")[2] for url in urls]
    found = [program.environment["OCMA_VAULT_KEYS"].split(":")[1], program.environment["TWITTER_CLIENT_SECRET"], *passwords]
    assert all(len(each) > 8 for each in found)
    return found


def test_all_is_fine(program, alive):
    code, found, said = findings(program)
    assert (code, wrong(found)) == (0, [])
    assert found["PostgreSQL"]["detail"].startswith("answers, version 18.")
    assert found["isolation"]["detail"] == "neither the login nor its role can bypass row-level security"
    assert "Valkey 9" in found["Redis"]["detail"]
    assert "noeviction" in found["Redis memory"]["detail"]
    assert "1 at work" in found["workers"]["detail"]
    assert not [each for each in secrets(program) if each in said]


def test_nothing_at_all(program, tmp_path):
    code, found, _ = findings(program, **dict.fromkeys(program.environment))
    assert code == 1
    assert wrong(found) == ["servers", "vault"]
    assert "ocma up" in found["servers"]["remedy"]
    assert found["mastodon"]["grade"] == "fine"
    assert found["x"]["grade"] == "notSet"
    assert "https://developer.x.com" in found["x"]["remedy"]
    assert "http://127.0.0.1:8000/api/social/callback" in found["x"]["remedy"]
    assert "Set TWITTER_CLIENT_ID and TWITTER_CLIENT_SECRET." in found["x"]["remedy"]


def test_nobody_at_work(program):
    code, found, _ = findings(program)
    assert (code, wrong(found)) == (1, ["workers", "dispatchers"])
    assert "ocma worker" in found["workers"]["remedy"]


def test_servers_that_do_not_answer(program, alive):
    code, found, said = findings(
        program, DATABASE_URL="postgresql://somebody:hushhush@127.0.0.1:9/ocma", REDIS_URL="redis://:hushhush@127.0.0.1:9/0"
    )
    assert (code, wrong(found)) == (1, ["PostgreSQL", "Redis"])
    assert "hushhush" not in said


def test_wrong_passwords(program, services, alive):
    code, found, said = findings(
        program,
        DATABASE_URL=program.environment["DATABASE_URL"].replace(services.postgres.app_password, "hushhush"),
        REDIS_URL=program.environment["REDIS_URL"].replace(services.valkey.password, "hushhush"),
    )
    assert (code, wrong(found)) == (1, ["PostgreSQL", "Redis"])
    assert "password" in found["PostgreSQL"]["detail"]
    assert "hushhush" not in said


def test_no_redis_named(program, alive):
    code, found, _ = findings(program, REDIS_URL=None)
    assert (code, wrong(found)) == (1, ["Redis"])


def test_a_database_that_is_not_migrated(program, own_database, alive):
    name = f"bare_{uuid4().hex[:8]}"
    ensure_database(own_database, name)
    code, found, _ = findings(program, DATABASE_URL=own_database.app_url_to(name))
    assert (code, wrong(found)) == (1, ["schema"])
    assert found["schema"]["remedy"] == "Run `ocma migrate`."


@pytest.fixture
def as_owner(program):
    async def execute(statement):
        connection = await asyncpg.connect(program.environment["OCMA_OWNER_DATABASE_URL"])
        try:
            await connection.execute(statement)
        finally:
            await connection.close()

    return lambda statement: program.within(lambda _: execute(statement))


def test_a_role_that_is_above_row_level_security(program, as_owner, alive):
    as_owner(f"ALTER ROLE {ROLE} BYPASSRLS")
    try:
        code, found, _ = findings(program)
    finally:
        as_owner(f"ALTER ROLE {ROLE} NOBYPASSRLS")
    assert (code, wrong(found)) == (1, ["isolation"])
    assert "NOBYPASSRLS" in found["isolation"]["remedy"]


def test_a_tenant_table_that_is_open(program, as_owner, alive):
    as_owner("ALTER TABLE ocma.posts NO FORCE ROW LEVEL SECURITY")
    try:
        code, found, _ = findings(program)
    finally:
        as_owner("ALTER TABLE ocma.posts FORCE ROW LEVEL SECURITY")
    assert (code, wrong(found)) == (1, ["isolation"])
    assert found["isolation"]["detail"] == "without forced row-level security: posts"


def test_a_login_that_could_be_above_it_is_noted(program, alive):
    code, found, _ = findings(program, DATABASE_URL=program.environment["OCMA_OWNER_DATABASE_URL"])
    assert (code, found["isolation"]["grade"]) == (0, "note")


def test_vault_keys_that_cannot_be_used(program, alive):
    for keys in (None, "k1:short", "nonsense"):
        code, found, said = findings(program, OCMA_VAULT_KEYS=keys)
        assert (code, wrong(found)) == (1, ["vault"]), keys
        assert "k1:short" not in said


def test_media_that_cannot_be_kept(program, tmp_path, alive):
    (tmp_path / "file").write_text("in the way")
    code, found, _ = findings(program, OCMA_MEDIA_DIR=str(tmp_path / "file"))
    assert (code, wrong(found)) == (1, ["media"])
    assert "OCMA_MEDIA_DIR" in found["media"]["remedy"]


def test_half_a_platform(program, alive):
    code, found, said = findings(program, TWITTER_CLIENT_ID=None)
    assert (code, wrong(found)) == (1, ["x"])
    assert "TWITTER_CLIENT_ID is not set" in said


def test_the_sandbox_has_an_app_for_every_platform(program, alive):
    code, found, _ = findings(program, OCMA_SANDBOX_URL="http://127.0.0.1:9")
    assert (code, found["facebook"]["grade"], found["facebook"]["remedy"]) == (0, "fine", None)
    assert "sandbox" in found["facebook"]["detail"]


def test_a_public_url_that_platforms_refuse_is_noted(program, alive):
    code, found, _ = findings(program, OCMA_PUBLIC_URL="http://social.example.org")
    assert (code, found["public URL"]["grade"]) == (0, "note")
    code, found, _ = findings(program, OCMA_PUBLIC_URL="social.example.org")
    assert (code, wrong(found)) == (1, ["public URL"])


def test_an_eviction_policy_that_drops_sessions_is_noted(program, services, alive):
    with Redis.from_url(services.valkey.url) as redis:
        redis.config_set("maxmemory", "512mb")
        redis.config_set("maxmemory-policy", "allkeys-lru")
        try:
            code, found, _ = findings(program)
        finally:
            redis.config_set("maxmemory-policy", "noeviction")
            redis.config_set("maxmemory", "0")
    assert (code, found["Redis memory"]["grade"]) == (0, "note")
    assert "allkeys-lru" in found["Redis memory"]["detail"]


MODELS = [
    ({}, "notSet", "OCMA's own models answer"),
    ({"OPENAI_API_KEY": "sk-hushhush"}, "note", "gpt-4.1-mini at https://api.openai.com/v1"),
    (
        {"OPENAI_API_KEY": "sk-hushhush", "OCMA_AI_PRICE_INPUT": "1", "OCMA_AI_PRICE_OUTPUT": "4"},
        "fine",
        "gpt-4.1-mini at https://api.openai.com/v1",
    ),
    ({"OPENAI_BASE_URL": "http://127.0.0.1:9/v1"}, "wrong", "no model"),
    ({"OPENAI_BASE_URL": "http://me:hushhush@127.0.0.1:9/v1", "OCMA_AI_MODEL": "m"}, "wrong", "OPENAI_BASE_URL"),
]


@pytest.mark.parametrize(("given", "grade", "told"), MODELS)
def test_a_language_model(program, alive, given, grade, told):
    code, found, said = findings(program, **given)
    assert (found["language model"]["grade"], code) == (grade, 1 if grade == "wrong" else 0)
    assert told in found["language model"]["detail"]
    assert "hushhush" not in said
