"""`ocma accounts` against real servers and the sandbox's platforms."""

from uuid import uuid4

from ocma.features.analytics import freshness

TOKENS = "SELECT access_token, refresh_token, version FROM account_tokens WHERE account_id = :id"


def test_a_token_in_hand_connects_and_never_shows(program, workspace, x):
    words = ("accounts", "add", "twitter", "--token", "-", "--refresh-token", "-", "--json")
    said = program(*words, given=f"{x.tokens['access_token']}\n{x.tokens['refresh_token']}\n")
    assert said.code == 0, said.err
    added = said.row()
    assert (added["platform"], added["status"], added["permissions"]) == ("x", "active", ["publish", "read", "measure"])
    assert added["accountHandle"] == x.me()["username"]
    shown = program("accounts", "show", added["id"], "--json")
    assert shown.row() == program("accounts", "list", "--json").row() == added
    for people in (program("accounts", "list"), program("accounts", "show", added["id"])):
        assert added["accountHandle"] in people.out
        assert "\x1b" not in people.out
        assert x.tokens["access_token"] not in people.out + said.out + said.err + shown.out
    ((access, refresh, _),) = program.stored(workspace, TOKENS, id=added["id"])
    assert x.tokens["access_token"] not in access
    assert x.tokens["refresh_token"] not in refresh


def test_the_token_may_come_from_the_environment(program, workspace, mastodon):
    added = program("accounts", "add", "mastodon", "--json", OCMA_ACCOUNT_TOKEN=mastodon.access_token).row()
    assert added["accountHandle"].startswith(mastodon.me()["acct"])
    assert added["tokenExpiry"] is None
    listed = program("accounts", "list", "--platform", "x", "--json")
    assert (listed.code, listed.out) == (0, "")


def test_connecting_again_is_the_same_account(program, workspace, mastodon, mastodon_account):
    again = program("accounts", "add", "mastodon", "--scope", "read", "--json", OCMA_ACCOUNT_TOKEN=mastodon.access_token).row()
    assert (again["id"], again["permissions"]) == (mastodon_account, ["read", "listen", "measure"])
    assert len(program("accounts", "list", "--json").rows()) == 1


def test_what_is_kept_of_reports_is_forgotten(program, workspace, mastodon):
    """By every process: the kept answer is in Redis."""
    made = []

    async def ask(resources):
        async def make():
            made.append(1)
            return b"{}"

        for tags in ([freshness.tag()], [freshness.tag("mastodon")]):
            await resources.cache.get_or(workspace, ("report", *tags), 60, make, tags=tags)

    program.within(ask)
    program.within(ask)
    assert len(made) == 2
    account = program("accounts", "add", "mastodon", "--json", OCMA_ACCOUNT_TOKEN=mastodon.access_token).row()["id"]
    program.within(ask)
    assert len(made) == 4
    for words in (("refresh", account), ("disconnect", account)):
        before = len(made)
        assert program("accounts", *words).code == 0
        program.within(ask)
        assert len(made) == before + 2, words


def test_refresh_renews_the_token_and_the_profile(program, workspace, x, x_account):
    x.posted("Something that the profile counts")
    before = program.stored(workspace, TOKENS, id=x_account)
    said = program("accounts", "refresh", x_account, "--json")
    assert said.code == 0, said.err
    after = program.stored(workspace, TOKENS, id=x_account)
    assert after[0].version > before[0].version
    assert said.row()["metrics"]["posts"] == 1
    assert said.row()["tokenExpiry"]
    assert x.app.refresh(x.tokens["refresh_token"]).status_code == 400  # spent: each works once


def test_disconnect_revokes_at_the_platform_and_forgets(program, workspace, x, x_account):
    assert x.get("/2/users/me").status_code == 200
    said = program("accounts", "disconnect", x_account)
    assert (said.code, said.out, said.err) == (0, f"disconnected {x_account}\n", "")
    assert x.get("/2/users/me").status_code == 401
    assert program.stored(workspace, TOKENS, id=x_account) == []
    assert "No account is connected" in program("accounts", "list").out
    again = program("accounts", "disconnect", x_account)
    assert (again.code, again.out) == (66, "")
    assert "no such account" in again.err


def test_a_token_that_the_platform_does_not_know_connects_nothing(program, workspace):
    said = program("accounts", "add", "x", "--token", "invented")
    assert said.code == 77, said
    assert "invented" not in said.out + said.err
    assert program("accounts", "list", "--json").out == ""


def test_what_is_no_token_is_refused_before_anybody_is_asked(program, workspace):
    for given in ("\n", "two words\n", "bell\a\n", "schlüssel\n"):
        said = program("accounts", "add", "x", "--token", "-", given=given)
        assert (said.code, said.out) == (65, ""), given
        assert "--token" in said.err


def test_mistakes_are_named(program, workspace):
    unknown = program("accounts", "add", "myspace", "--token", "t")
    assert unknown.code == 65
    assert "Known: bluesky, facebook, instagram, linkedin, mastodon, threads, tiktok, x, youtube" in unknown.err
    host = program("accounts", "add", "mastodon", "--token", "t", "--host", "not a host")
    assert host.code == 65
    assert "host" in host.err
    assert program("accounts", "show", uuid4()).code == 66
    assert program("accounts", "refresh", uuid4()).code == 66
    wrong = program("accounts", "show", "1")
    assert wrong.code == 2
    assert "should be a valid UUID" in wrong.err


def test_another_workspace_sees_nothing_of_it(program, make_workspace, x_account):
    other = make_workspace()
    assert program("accounts", "list", "--json", "--workspace", other).out == ""
    assert program("accounts", "show", x_account, "--workspace", other).code == 66
    assert program("accounts", "disconnect", x_account, "--workspace", other).code == 66
    assert program("accounts", "show", x_account).code == 0
