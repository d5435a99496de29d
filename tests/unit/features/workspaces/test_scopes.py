from itertools import pairwise

import pytest

from ocma.errors import Forbidden, Invalid
from ocma.features.workspaces.caller import Caller, operator
from ocma.features.workspaces.identity import Identity, Membership, user
from ocma.features.workspaces.identity import key as key_identity
from ocma.features.workspaces.keys import FoundKey
from ocma.features.workspaces.scopes import ALL, ROLE_SCOPES, check_scopes
from ocma.ids import new_id

# What each role may do, spelled out: a change of the table has to be made here too.
MATRIX = {
    "owner": ALL,
    "admin": ALL - {"workspace:write"},
    "editor": {"accounts:read", "posts:read", "posts:write", "media:write", "members:read", "workspace:read"},
    "viewer": {"accounts:read", "posts:read", "members:read", "workspace:read"},
}


@pytest.mark.parametrize("role", MATRIX)
def test_what_a_role_may_do(role):
    assert ROLE_SCOPES[role] == MATRIX[role]


def test_a_higher_role_has_strictly_more():
    ladder = [ROLE_SCOPES[role] for role in ("viewer", "editor", "admin", "owner")]
    assert all(lower < higher for lower, higher in pairwise(ladder))


def test_unknown_scopes_are_named_all_at_once():
    with pytest.raises(Invalid) as caught:
        check_scopes(frozenset({"posts:read", "posts:reed", "nope"}))
    assert [issue.message for issue in caught.value.issues] == ["There is no scope 'nope'.", "There is no scope 'posts:reed'."]
    assert "posts:read" in caught.value.remediation


def test_a_missing_scope_is_named():
    caller = Caller(new_id(), "key:x", None, "key", frozenset({"posts:read"}))
    caller.require("posts:read")
    with pytest.raises(Forbidden, match="`posts:write`") as caught:
        caller.require("posts:write")
    assert caught.value.rule == "scopeMissing"


def test_the_operator_may_everything():
    for scope in ALL:
        operator(new_id()).require(scope)


@pytest.fixture
def memberships():
    return (Membership(new_id(), "first", "viewer"), Membership(new_id(), "second", "owner"))


def test_without_a_wish_it_is_the_oldest_workspace(memberships):
    caller = user(new_id(), memberships).choose(None)
    assert (caller.workspace_id, caller.role, caller.scopes) == (memberships[0].workspace_id, "viewer", ROLE_SCOPES["viewer"])


def test_a_wish_among_ones_own_is_granted_with_the_role_there(memberships):
    person = new_id()
    caller = user(person, memberships).choose(memberships[1].workspace_id)
    assert (caller.workspace_id, caller.role, caller.user_id, caller.name) == (
        memberships[1].workspace_id,
        "owner",
        person,
        f"user:{person}",
    )


def test_another_workspace_is_not(memberships):
    with pytest.raises(Forbidden) as caught:
        user(new_id(), memberships).choose(new_id())
    assert caught.value.rule == "notAMember"


def test_no_workspace_at_all():
    with pytest.raises(Forbidden) as caught:
        user(new_id(), ()).choose(None)
    assert caught.value.rule == "noWorkspace"


def test_a_key_acts_in_its_workspace_only():
    found = FoundKey(new_id(), new_id(), frozenset({"posts:read"}), None, None)
    identity = key_identity(found)
    for wanted in (None, found.workspace_id):
        caller = identity.choose(wanted)
        assert (caller.workspace_id, caller.role, caller.name, caller.user_id) == (
            found.workspace_id,
            "key",
            f"key:{found.id}",
            None,
        )
        assert caller.scopes == found.scopes
    with pytest.raises(Forbidden):
        identity.choose(new_id())


def test_a_key_is_no_person():
    with pytest.raises(Forbidden):
        Identity("key:x", None).get_user_id()
