"""Where a platform is: its manifest, the operator's variables, the sandbox."""

from ocma.platforms.configuration import endpoints, find_app, origin, variables
from ocma.platforms.grant import App
from ocma.platforms.manifest import Setup
from unit.platforms.manifests import manifest, oauth

PLATFORM = manifest(urls={"upload": "https://up.plain.example"}, settings={"version": "v7"})
MANY = manifest(
    api_url="https://{host}", auth_url="https://{host}", oauth=oauth(per_host=True), urls={"names": "https://names.example"}
)


def test_every_address_and_setting_has_its_variable():
    assert variables(PLATFORM) == {
        "OCMA_PLAIN_API_URL": "https://api.plain.example",
        "OCMA_PLAIN_AUTH_URL": "https://www.plain.example",
        "OCMA_PLAIN_UPLOAD_URL": "https://up.plain.example",
        "OCMA_PLAIN_VERSION": "v7",
        "OCMA_PLAIN_QUOTAS": "off",
    }


def test_the_manifest_counts_unless_the_operator_says_otherwise():
    where = endpoints(PLATFORM, {})
    assert (where.urls, where.settings) == ({"upload": "https://up.plain.example"}, {"version": "v7"})
    moved = endpoints(PLATFORM, {"OCMA_PLAIN_UPLOAD_URL": "http://127.0.0.1:1/up/", "OCMA_PLAIN_VERSION": "v8"})
    assert (moved.urls, moved.settings) == ({"upload": "http://127.0.0.1:1/up"}, {"version": "v8"})
    assert moved.api_url == "https://api.plain.example"


def test_the_sandbox_stands_in_for_every_address_that_is_not_set():
    environment = {"OCMA_SANDBOX_URL": "http://127.0.0.1:9/", "OCMA_PLAIN_UPLOAD_URL": "http://127.0.0.1:1"}
    where = endpoints(PLATFORM, environment)
    assert (where.api_url, where.auth_url) == ("http://127.0.0.1:9/plain", "http://127.0.0.1:9/plain")
    assert where.urls == {"upload": "http://127.0.0.1:1"}
    assert endpoints(MANY, environment, "social.example").api_url == "http://127.0.0.1:9/plain"


def test_a_users_host_is_nobodys_own_address():
    assert endpoints(PLATFORM, {}).origins == {
        "https://api.plain.example",
        "https://www.plain.example",
        "https://up.plain.example",
    }
    assert endpoints(MANY, {}, "social.example").origins == {"https://names.example"}
    assert "http://127.0.0.1:9" in endpoints(MANY, {"OCMA_PLAIN_API_URL": "http://127.0.0.1:9"}).origins


def test_users_who_name_no_host_are_at_the_usual_one():
    usual = manifest(api_url="https://{host}", auth_url="https://{host}", oauth=oauth(per_host=True, host="usual.example"))
    assert endpoints(usual, {}).api_url == "https://usual.example"
    assert endpoints(usual, {}, "own.example").api_url == "https://own.example"


def test_an_origin_has_one_spelling():
    assert origin("https://API.plain.example:443/x?y") == "https://api.plain.example"
    assert origin("http://127.0.0.1:9/x") == "http://127.0.0.1:9"
    assert {origin(each) for each in ("", "/path", "https://me@api.plain.example/", "mailto:me")} == {""}


def test_real_keys_do_not_go_to_the_sandbox():
    keys = {"PLAIN_ID": "real", "PLAIN_SECRET": "real secret"}
    assert find_app(PLATFORM, {}) is None
    assert find_app(PLATFORM, keys) == App("real", "real secret")
    sandbox = {"OCMA_SANDBOX_URL": "http://127.0.0.1:9"}
    assert find_app(PLATFORM, keys | sandbox) == App("sandbox-plain-client", "sandbox-plain-secret")
    own = {"OCMA_PLAIN_API_URL": "http://127.0.0.1:9/plain"}
    assert find_app(PLATFORM, keys | sandbox | own) == App("real", "real secret")
    assert find_app(manifest(setup=Setup(hint="registers itself")), sandbox) is None


def test_the_sandbox_has_an_app_for_each_login_of_a_platform():
    sandbox, several = {"OCMA_SANDBOX_URL": "http://127.0.0.1:9"}, manifest(settings={"login": "own"})
    usual, other = (
        App("sandbox-plain-client", "sandbox-plain-secret"),
        App("sandbox-plain-page-client", "sandbox-plain-page-secret"),
    )
    assert find_app(several, sandbox) == find_app(several, sandbox | {"OCMA_PLAIN_LOGIN": "own"}) == usual
    assert find_app(several, sandbox | {"OCMA_PLAIN_LOGIN": "page"}) == other
    assert find_app(PLATFORM, sandbox | {"OCMA_PLAIN_LOGIN": "page"}) == usual
