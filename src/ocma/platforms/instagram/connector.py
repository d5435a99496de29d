"""Instagram: images, carousels, reels, stories and first comments, for either login."""

import json
from collections.abc import AsyncGenerator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, ClassVar

import httpx2
from pydantic import AliasChoices, BaseModel, Field

from ocma.platforms.connector import Access, Measures, Profile, Published, Step
from ocma.platforms.content import Media, Outgoing, Part, part_step
from ocma.platforms.errors import PlatformError
from ocma.platforms.instagram import measuring
from ocma.platforms.instagram.flow import FACEBOOK, LOGIN, MARK, InstagramFlow
from ocma.platforms.instagram.manifest import MANIFEST
from ocma.platforms.instagram.refusal import NO_ACCOUNT, REFUSALS, UNDELETABLE, by_words, reason
from ocma.platforms.manifest import Manifest
from ocma.platforms.meta.container import Containers, address, since_query
from ocma.platforms.meta.measuring import allow, measure_each
from ocma.platforms.meta.pages import Linked, Page, pages
from ocma.platforms.meta.refusal import Table, refuse
from ocma.platforms.meta.wire import Node, accepted, at, read
from ocma.platforms.metrics import Measured, Seen, Target
from ocma.platforms.oauth import OAuthFlow
from ocma.platforms.refusals import Refusal

COUNTS = "username,name,profile_picture_url,followers_count,follows_count,media_count"
PAGE = f"id,name,access_token,tasks,instagram_business_account{{id,{COUNTS}}}"
LIVE = "id,caption,timestamp,permalink,media_type,media_product_type"
KEY = MANIFEST.key


class Me(Linked):
    """`user_id` is the account's id everywhere; `id` is another for each app."""

    id: str = Field(validation_alias=AliasChoices("user_id", "id"))
    account_type: str | None = None


class Wrapped(BaseModel):
    data: list[Me] = []


class Instagram(Containers, Measures):
    """Accounts of Instagram's login are at graph.instagram.com, those of Facebook's at graph.facebook.com, by the same paths."""

    manifest: ClassVar[Manifest] = MANIFEST
    flow: ClassVar[type[OAuthFlow]] = InstagramFlow
    refusals: ClassVar[Table] = REFUSALS
    edge = "media"
    release = "media_publish"
    status = "status_code,status"

    async def _request(self, access: Access, method: str, path: str, **request: Any) -> httpx2.Response:
        elsewhere = _by_facebook(access) and path.startswith("/")
        whole = f"{access.urls['facebook']}{path}" if elsewhere else path
        return await super()._request(access, method, whole, **request)

    def sign(self, access: Access, method: str, url: str, request: dict[str, Any]) -> dict[str, Any]:
        proves = _by_facebook(access) or access.settings.get("proof") == "on"
        return super().sign(access if proves else replace(access, app=None), method, url, request)

    def explain(self, response: httpx2.Response) -> PlatformError:
        told = by_words(response)
        return refuse(told, KEY, MANIFEST.name, response) if told else super().explain(response)

    async def identify(self, access: Access) -> list[Profile]:
        """One login is one account; with Facebook's, every account that is linked to one of its pages."""
        if not _by_facebook(access):
            fields = {"fields": f"user_id,account_type,{COUNTS}"}
            return [_profile(_me(await self.call(access, "GET", at(access, "me"), params=fields)))]
        if access.profile_id:
            fields = {"fields": f"id,{COUNTS}"}
            response = await self.call(access, "GET", at(access, access.profile_id), params=fields)
            return [_profile(read(response, Linked, KEY))]
        found = [_of_page(page, access) for page in await pages(self, access, PAGE)]
        if profiles := [each for each in found if each]:
            return profiles
        raise NO_ACCOUNT.to_error(KEY)

    def owner(self, access: Access) -> str:
        return access.profile_id

    def steps_of(self, options: Mapping[str, Any], index: int, part: Part) -> Iterator[Step]:
        if part.role == "post":
            yield from super().steps_of(options, index, part)
        else:
            yield Step(part_step("allowed", index), self.allow_reply)

    def form(self, part: Part, options: Mapping[str, Any], children: Sequence[str]) -> dict[str, str]:
        if options.get("kind") == "story":
            return {"media_type": "STORIES", **address(part.media[0], KEY)}
        text = {"caption": part.text} if part.text.strip() else {}
        common = text | {name: _said(options[name]) for name in ("location_id", "collaborators") if options.get(name)}
        if children:
            return {"media_type": "CAROUSEL", "children": ",".join(children), **common}
        media = part.media[0]
        if media.kind != "video":
            return {**address(media, KEY), **_alt_text(media), **common}
        reel = {name: _said(options[name]) for name in ("share_to_feed", "thumb_offset", "audio_name") if name in options}
        return {"media_type": "REELS", **address(media, KEY), **common, **reel}

    def child(self, media: Media) -> dict[str, str]:
        kind = {"media_type": "VIDEO"} if media.kind == "video" else _alt_text(media)
        return {"is_carousel_item": "true", **kind, **address(media, KEY)}

    def reason(self, detail: str) -> Refusal:
        return reason(detail)

    async def publish(self, access: Access, outgoing: Outgoing) -> Published:
        if outgoing.part.role == "post":
            return await super().publish(access, outgoing)
        path = at(access, outgoing.reply_to or "", "comments")
        response = await self.send(access, "POST", path, data={"message": outgoing.part.text})
        return Published(accepted(response, Node, KEY).id)

    def history(self, access: Access, outgoing: Outgoing, since: datetime) -> tuple[str, dict[str, str]]:
        """Comments and stories take no `since`."""
        if outgoing.part.role == "comment":
            return at(access, outgoing.reply_to or "", "comments"), {"fields": "id,text,timestamp"}
        if outgoing.options.get("kind") == "story":
            return at(access, self.owner(access), "stories"), {"fields": LIVE}
        return at(access, self.owner(access), "media"), since_query(LIVE, since)

    async def withdraw(self, access: Access, post_id: str) -> None:
        """Raises ContentRejected where Instagram deletes nothing for apps: with its own login."""
        login = FACEBOOK if _by_facebook(access) else "instagram"
        if login not in access.settings.get("deletes", ""):
            raise UNDELETABLE.to_error(KEY)
        await self.delete(access, post_id)

    async def measure_account(self, access: Access, since: datetime) -> Measured:
        return await measuring.measure_account(self, access, since, self._clock())

    async def measure_posts(self, access: Access, posts: Sequence[Target]) -> Measured:
        allow(access, self.manifest)
        return await measure_each(self, access, posts, partial(measuring.measure_post, self, access, now=self._clock()))

    def list_posts(self, access: Access, since: datetime) -> AsyncGenerator[Seen]:
        return measuring.list_posts(self, access, since)


def _by_facebook(access: Access) -> bool:
    return access.secrets.get(LOGIN) == FACEBOOK


def _me(response: httpx2.Response) -> Me:
    """At times in a list."""
    wrapped = read(response, Wrapped, KEY)
    return wrapped.data[0] if wrapped.data else read(response, Me, KEY)


def _of_page(page: Page, access: Access) -> Profile | None:
    grant = page.grant(access)
    if page.instagram_business_account is None:
        return None
    profile = _profile(page.instagram_business_account)
    return replace(profile, grant=grant and replace(grant, extra=MARK), missing=page.missing)


def _profile(account: Linked) -> Profile:
    personal = isinstance(account, Me) and account.account_type == "PERSONAL"
    return Profile(
        id=account.id,
        name=account.name or account.username,
        handle=account.username,
        url=f"https://www.instagram.com/{account.username}/",
        avatar_url=account.profile_picture_url,
        followers=account.followers_count,
        following=account.follows_count,
        posts=account.media_count,
        missing=("professional account",) if personal else (),
    )


def _alt_text(media: Media) -> dict[str, str]:
    return {"alt_text": media.alt_text} if media.alt_text else {}


def _said(value: object) -> str:
    """As a form has it."""
    return value if isinstance(value, str) else json.dumps(value)
