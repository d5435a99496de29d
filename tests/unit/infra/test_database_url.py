import pytest

from ocma.infra.database import async_url, plain_url


@pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"])
def test_every_spelling_of_the_scheme(scheme):
    assert async_url(f"{scheme}://u:p@h:1/d").drivername == "postgresql+asyncpg"
    assert plain_url(f"{scheme}://u:p@h:1/d") == "postgresql://u:p@h:1/d"


@pytest.mark.parametrize("query", ["sslmode=require", "ssl=require", "sslmode=require&channel_binding=require"])
def test_encryption_is_asked_for_in_each_ones_own_words(query):
    assert dict(async_url(f"postgresql://u:p@h/d?{query}").query) == {"ssl": "require"}
    assert plain_url(f"postgresql://u:p@h/d?{query}") == "postgresql://u:p@h/d?sslmode=require"
