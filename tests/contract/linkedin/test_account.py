"""GET /v2/userinfo, /rest/organizationAcls and /rest/organizations/{id}: who a login is."""

import pytest

from contract.linkedin.host import MEMBER, MEMBER_SCOPES, PAGE, PAGE_SCOPES, Host, answer, refused
from ocma.platforms.connector import Profile
from ocma.platforms.errors import PermissionMissing, PlatformUnavailable, ReauthorizationRequired
from ocma.platforms.linkedin import LinkedIn

USER = {
    "sub": "782bbtaQ",
    "name": "John Doe",
    "given_name": "John",
    "family_name": "Doe",
    "picture": "https://media.licdn-ei.com/dms/image/C5F03AQHqK8v7tB1HCQ/profile-displayphoto-shrink_100_100/0/",
    "locale": {"country": "US", "language": "en"},
    "email": "doe@email.com",
    "email_verified": True,
}
ALL = (*MEMBER_SCOPES, *PAGE_SCOPES)
JOHN = Profile(MEMBER, "John Doe", "John Doe", avatar_url=USER["picture"])
DEVTESTCO = Profile(PAGE, "Devtestco", "devtestco", "https://www.linkedin.com/company/devtestco/")


def role(name, organization=PAGE):
    return {"role": name, "organization": organization, "roleAssignee": MEMBER, "state": "APPROVED"}


def roles(*listed, more=False):
    links = [{"rel": "next", "href": "/rest/organizationAcls"}] if more else []
    return answer(body={"paging": {"count": 100, "start": 0, "links": links}, "elements": list(listed)})


def page(name="Devtestco", vanity="devtestco"):
    return answer(
        body={"id": 2414183, "localizedName": name, "vanityName": vanity, "logoV2": {"original": "urn:li:digitalmediaAsset:C"}}
    )


async def identify(host, scopes=ALL):
    return await LinkedIn().identify(host.access("", scopes))


async def test_a_member_alone():
    host = Host(answer(body=USER))
    assert await identify(host, MEMBER_SCOPES) == [JOHN]
    assert host.asked == ["GET /v2/userinfo"]


async def test_a_member_and_the_pages_run_by_them():
    host = Host(roles(role("ADMINISTRATOR")), page(), answer(body=USER))
    assert await identify(host) == [JOHN, DEVTESTCO]
    assert host.asked == [
        "GET /rest/organizationAcls?q=roleAssignee&state=APPROVED&count=100&start=0",
        "GET /rest/organizations/2414183",
        "GET /v2/userinfo",
    ]


async def test_a_page_of_several_roles_is_one_account():
    host = Host(roles(role("ANALYST"), role("CONTENT_ADMINISTRATOR")), page(), answer(body=USER))
    assert (await identify(host))[1:] == [DEVTESTCO]


async def test_what_publishing_to_a_page_lacks_is_told():
    host = Host(roles(role("ANALYST")), page(), answer(body=USER))
    _, found = await identify(host, tuple(each for each in ALL if each != "w_organization_social"))
    assert found.missing == ("w_organization_social", "CONTENT_ADMINISTRATOR")


async def test_a_member_who_may_not_post_is_told_so():
    (found,) = await identify(Host(answer(body=USER)), ("openid", "profile"))
    assert found.missing == ("w_member_social",)


async def test_many_pages_are_listed_to_the_end():
    other = "urn:li:organization:5"
    host = Host(
        roles(role("ADMINISTRATOR"), more=True),
        roles(role("ADMINISTRATOR", other)),
        page(),
        page("Five", None),
        answer(body=USER),
    )
    _, first, second = await identify(host)
    assert (first.id, second.id, second.handle) == (PAGE, other, "5")
    assert "start=100" in host.asked[1]


async def test_an_app_for_pages_alone():
    pages_only = Host(roles(role("ADMINISTRATOR")), page())
    assert await identify(pages_only, PAGE_SCOPES) == [DEVTESTCO]
    without_openid = Host(roles(role("ADMINISTRATOR")), page(), refused(403, "ACCESS_DENIED"))
    assert await identify(without_openid, (*PAGE_SCOPES, "w_member_social")) == [DEVTESTCO]


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refused(401, "REVOKED_ACCESS_TOKEN", serviceErrorCode=65601), ReauthorizationRequired),
        (refused(403, "ACCESS_DENIED", serviceErrorCode=100), PermissionMissing),
        (answer(500), PlatformUnavailable),
        (answer(200, b"<html>"), PlatformUnavailable),
        (answer(200, {"name": "x"}), PlatformUnavailable),
    ],
    ids=repr,
)
async def test_a_refusal_is_explained(response, error):
    with pytest.raises(error) as refusal:
        await identify(Host(response), MEMBER_SCOPES)
    assert refusal.value.platform == "linkedin"


@pytest.mark.parametrize("element", [{}, {"organization": {}}, "x"])
async def test_roles_that_cannot_be_read(element):
    with pytest.raises(PlatformUnavailable):
        await identify(Host(answer(body={"elements": [element]})))
