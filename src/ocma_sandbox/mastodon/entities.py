"""What Mastodon answers with: Status, Account, MediaAttachment and the rest."""

from dataclasses import dataclass
from typing import Any

from ocma_sandbox import books, media, people
from ocma_sandbox.books import Post, iso
from ocma_sandbox.figures import Figures
from ocma_sandbox.mastodon import content
from ocma_sandbox.mastodon.calls import KEY
from ocma_sandbox.mastodon.counts import COUNTS
from ocma_sandbox.media import Media
from ocma_sandbox.people import Person
from ocma_sandbox.world import World

Json = dict[str, Any]

LIVE = "platform = 'mastodon' AND deleted_at IS NULL"


@dataclass(frozen=True)
class Renderer:
    """`base` is the instance's address; `me` is who asks, if anybody."""

    world: World
    base: str
    me: Person | None = None

    def account(self, person: Person) -> Json:
        own = LIVE + " AND person_id = ?"
        newest = books.select(self.world.store, own, person.id, limit=1)
        url, missing = f"{self.base}/@{person.handle}", f"{self.base}/avatars/original/missing.png"
        return {
            "id": person.id,
            "username": person.handle,
            "acct": person.handle,
            "display_name": person.name,
            "locked": False,
            "bot": False,
            "discoverable": True,
            "group": False,
            "created_at": iso(person.created_at // 86400 * 86400),
            "note": "",
            "url": url,
            "uri": f"{self.base}/users/{person.handle}",
            "avatar": missing,
            "avatar_static": missing,
            "header": missing,
            "header_static": missing,
            "followers_count": Figures(self.world, COUNTS).gauge(person, "followers_count"),
            "following_count": person.following,
            "statuses_count": books.count(self.world.store, own, person.id),
            "last_status_at": iso(newest[0].at)[:10] if newest else None,
            "emojis": [],
            "fields": [],
        }

    def credential_account(self, person: Person) -> Json:
        source: Json = {"privacy": "public", "sensitive": False, "language": None, "quote_policy": "public"}
        source |= {"note": "", "fields": [], "follow_requests_count": 0}
        role = {"id": "-99", "name": "", "permissions": "65536", "color": "", "highlighted": False}
        return {**self.account(person), "source": source, "role": role}

    def status(self, post: Post, *, source: bool = False) -> Json:
        """With `source`, the plain text stands in place of the HTML, as after a deletion."""
        author = people.get(self.world.store, KEY, post.person_id)
        details = post.details
        body: Json = {
            "id": post.id,
            "created_at": iso(post.at),
            "in_reply_to_id": post.reply_to,
            "in_reply_to_account_id": details.get("in_reply_to_account_id"),
            "sensitive": details["sensitive"],
            "spoiler_text": details["spoiler_text"],
            "visibility": details["visibility"],
            "language": details["language"],
            "uri": f"{self.base}/users/{author.handle}/statuses/{post.id}",
            "url": f"{self.base}/@{author.handle}/{post.id}",
            **self._counts(post),
            "edited_at": None,
            "favourited": False,
            "reblogged": False,
            "muted": False,
            "bookmarked": False,
            "pinned": False,
            **({"text": post.content} if source else {"content": self._html(post)}),
            "filtered": [],
            "reblog": None,
            "application": details.get("application"),
            "account": self.account(author),
            "media_attachments": [self._attached(item["id"]) for item in post.media],
            "mentions": [self._mention(person) for person in self.mentioned(post)],
            "tags": [{"name": tag, "url": f"{self.base}/tags/{tag}"} for tag in content.tags(post.content)],
            "emojis": [],
            "card": None,
            "poll": self.poll(post),
            "quote": self._quote(post),
        }
        return body

    def _counts(self, post: Post) -> Json:
        figures = Figures(self.world, COUNTS)
        return {name: figures.value(post, name) for name in COUNTS.post}

    def _html(self, post: Post) -> str:
        return content.html(post.content, base=self.base, profile=self._profile)

    def _profile(self, span: content.Span) -> str | None:
        person = self.named(span)
        return f"{self.base}/@{person.handle}" if person else None

    def named(self, span: content.Span) -> Person | None:
        """Whom a mention means; people of other instances are not known here."""
        domain = self.base.partition("://")[2].partition("/")[0]
        if span.domain is not None and span.domain.lower() != domain.lower():
            return None
        return people.find(self.world.store, KEY, span.name)

    def mentioned(self, post: Post) -> list[Person]:
        found = [self.named(span) for span in content.spans(post.content) if span.kind == "mention"]
        return list({person.id: person for person in found if person}.values())

    def _mention(self, person: Person) -> Json:
        url = f"{self.base}/@{person.handle}"
        return {"id": person.id, "username": person.handle, "url": url, "acct": person.handle}

    def is_visible(self, post: Post) -> bool:
        """Nobody follows anybody here, so `private` shows to the author and to who is mentioned, as `direct` does."""
        if post.details["visibility"] in {"public", "unlisted"}:
            return True
        me = self.me
        return me is not None and (me.id == post.person_id or me.id in {person.id for person in self.mentioned(post)})

    def _attached(self, media_id: str) -> Json:
        item = media.find(self.world.store, KEY, media_id)
        return {} if item is None else self.media(item)

    def media(self, item: Media) -> Json:
        ready = item.is_ready(self.world.clock())
        url = f"{self.base}/media/{item.id}" if ready else None
        return {
            "id": item.id,
            "type": item.category,
            "url": url,
            "preview_url": url,
            "remote_url": None,
            "preview_remote_url": None,
            "text_url": None,
            "meta": _meta(item),
            "description": item.alt_text,
            "blurhash": None,
        }

    def poll(self, post: Post) -> Json | None:
        """Nobody votes here; an author counts as one who has."""
        poll = post.details.get("poll")
        if poll is None:
            return None
        ends_at = post.at + poll["expires_in"]
        is_over, is_mine = self.world.clock() >= ends_at, self.me is not None and self.me.id == post.person_id
        votes = None if poll["hide_totals"] and not is_over else 0
        return {
            "id": poll["id"],
            "expires_at": iso(ends_at),
            "expired": is_over,
            "multiple": poll["multiple"],
            "votes_count": 0,
            "voters_count": 0 if poll["multiple"] else None,
            "options": [{"title": title, "votes_count": votes} for title in poll["options"]],
            "emojis": [],
            **({"voted": is_mine, "own_votes": []} if self.me else {}),
        }

    def _quote(self, post: Post) -> Json | None:
        quoted_id = post.details.get("quoted_status_id")
        if quoted_id is None:
            return None
        quoted = books.find(self.world.store, KEY, quoted_id)
        state = "accepted" if quoted else "deleted"
        return {"state": state, "quoted_status_id": quoted_id if quoted else None}


def _meta(item: Media) -> Json:
    if not item.width or not item.height:
        return {}
    size = {"width": item.width, "height": item.height, "size": f"{item.width}x{item.height}"}
    return {"original": {**size, "aspect": item.width / item.height}}
