"""What a client says of itself, in a document at the address that is its id."""

import pytest
from joserfc.jwk import ECKey

from integration.sandbox.bluesky_walks import ASSERTION_TYPE, BlueskyApp, published


@pytest.fixture
def documents():
    with published() as found:
        yield found


@pytest.fixture
def app(url, clock, documents):
    return BlueskyApp(url, clock, client_id=documents.client())


@pytest.fixture
def confidential(url, clock, documents):
    key = ECKey.generate_key("P-256", {"kid": "k1"})
    signed = {"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256"}
    return BlueskyApp(url, clock, documents.client(**signed, jwks={"keys": [key.as_dict(private=False)]}), own_key=key)


def test_a_client_is_what_its_document_says(app, documents):
    request_uri = app.push().json()["request_uri"]
    assert "Test" in app.authorize(request_uri, approve=None).text
    assert app.connect().post().status_code == 200
    assert documents.asked == ["/client.json"], "it is kept for a while"


def test_a_document_is_fetched_again_after_a_while(app, documents, clock):
    app.connect()
    documents.client(scope="atproto")
    assert app.push().status_code == 201
    clock.now += 600
    assert app.push().json()["error"] == "invalid_scope"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"client_id": "http://else.where/client.json"}, "client_id"),
        ({"dpop_bound_access_tokens": None}, "dpop_bound_access_tokens"),
        ({"grant_types": ["refresh_token"]}, "authorization_code"),
        ({"response_types": []}, "code"),
        ({"redirect_uris": []}, "redirect_uris"),
        ({"scope": "transition:generic"}, "atproto"),
        ({"application_type": "toaster"}, "application_type"),
        ({"token_endpoint_auth_method": "client_secret_basic"}, "token_endpoint_auth_method"),
        ({"client_secret": "s"}, "client_secret"),
        ({"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": []}}, "ES256"),
        ({"token_endpoint_auth_method": "private_key_jwt", "token_endpoint_auth_signing_alg": "ES256"}, "jwks"),
    ],
)
def test_a_wrong_document_is_refused(app, documents, changed, said):
    documents.client(**changed)
    response = app.push()
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client_metadata")
    assert said in response.json()["error_description"]


@pytest.mark.parametrize(
    "answer",
    [
        {"content": {}, "status": 404},
        {"content": b"http://127.0.0.1:9/", "status": 302},
        {"content": {}, "kind": "text/html"},
        {"content": b"{"},
        {"content": []},
        {"content": b" " * 100_000 + b"{}"},
    ],
)
def test_a_document_that_cannot_be_had_is_refused(app, documents, answer):
    documents.publish("/client.json", **answer)
    assert app.push().json()["error"] == "invalid_client_metadata"


def test_a_server_that_is_not_there_is_no_crash(app):
    assert app.push(client_id="http://127.0.0.1:9/client.json").json()["error"] == "invalid_client_metadata"


def test_documents_of_development_can_be_switched_off(app, control):
    control.settle("bluesky", http_clients=False)
    assert app.push().json()["error"] == "invalid_client_metadata"


def test_a_confidential_client_proves_itself_everywhere(confidential, clock):
    user = confidential.connect()
    clock.now += 80 * 86400
    second = confidential.refresh(user.tokens["refresh_token"])
    assert second.status_code == 200, "its sessions live longer than those of public clients"
    assert confidential.form("/oauth/revoke", {"token": second.json()["refresh_token"]}).status_code == 200
    confidential.own_key = None
    for path in ("/oauth/par", "/oauth/token", "/oauth/revoke"):
        assert confidential.form(path, {}).json()["error"] == "invalid_client"


def test_keys_may_stand_at_an_address_of_their_own(confidential, documents, clock):
    keys = {"keys": [confidential.own_key.as_dict(private=False)]}
    documents.client(
        token_endpoint_auth_method="private_key_jwt",
        token_endpoint_auth_signing_alg="ES256",
        jwks_uri=documents.publish("/keys.json", keys),
    )
    assert confidential.push().status_code == 201
    assert documents.asked == ["/client.json", "/keys.json"]
    clock.now += 600
    documents.publish("/keys.json", keys, status=500)
    assert confidential.push().json()["error"] == "invalid_client_metadata"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"iss": "someone"}, "iss"),
        ({"sub": None}, "sub"),
        ({"aud": "http://else.where"}, "aud"),
        ({"jti": None}, "jti"),
        ({"iat": None}, "iat"),
        ({"iat": 1_000}, "iat"),
        ({"exp": 1_000}, "exp"),
        ({"kid": None}, "kid"),
        ({"signer": ECKey.generate_key("P-256")}, "signature"),
    ],
)
def test_a_wrong_assertion_is_refused(confidential, changed, said):
    response = confidential.form("/oauth/par", confidential.assertion(**changed))
    assert (response.status_code, response.json()["error"]) == (400, "invalid_client")
    assert said in response.json()["error_description"]


def test_an_assertion_is_for_once(confidential):
    told = confidential.assertion()
    assert confidential.form("/oauth/revoke", {**told, "token": "x"}).status_code == 200
    assert "jti" in confidential.form("/oauth/revoke", {**told, "token": "x"}).json()["error_description"]


def test_a_public_client_has_no_assertion(app):
    response = app.form("/oauth/par", {"client_assertion": "x", "client_assertion_type": ASSERTION_TYPE})
    assert response.json()["error"] == "invalid_client"
