"""Which fields of posts, users, media and polls a request asks for, and under which names.

Unsure, and chosen here: X renamed `tweet` to `post` in its description (2.167); both spellings of every parameter
and field are taken, and an answer uses the names of the request.
"""

from dataclasses import dataclass

from starlette.datastructures import QueryParams

from ocma_sandbox.world import World
from ocma_sandbox.x import problems, settings


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SHARED = _words(
    "article article_title attachments author_id card_uri community_id context_annotations conversation_id created_at "
    "display_text_range edit_controls entities geo id in_reply_to_user_id lang matched_media_notes media_metadata "
    "non_public_metrics note_request_suggestions organic_metrics paid_partnership possibly_sensitive promoted_metrics "
    "public_metrics reply_settings scopes source suggested_source_links suggested_source_links_with_counts text "
    "username withheld"
)
_RENAMED = ("edit_history_{}_ids", "referenced_{}s", "note_{}")
POST_FIELDS = _SHARED | {name.format(word) for word in ("post", "tweet") for name in _RENAMED}
USER_FIELDS = _words(
    "affiliation confirmed_email connection_status created_at description entities id is_identity_verified location "
    "most_recent_post_id most_recent_tweet_id name parody pinned_post_id pinned_tweet_id profile_banner_url "
    "profile_image_url protected public_metrics receives_your_dm subscribes_to_you subscription subscription_type url "
    "username verified verified_followers_count verified_type withheld"
)
MEDIA_FIELDS = _words(
    "alt_text duration_ms height media_key non_public_metrics organic_metrics preview_image_url promoted_metrics "
    "public_metrics type url variants width"
)
POLL_FIELDS = _words("duration_minutes end_datetime id options voting_status")
EXPANSIONS = _words(
    "affiliation article.cover_media article.media_entities attachments.media_keys attachments.media_source_tweet "
    "attachments.poll_ids author_id edit_history_post_ids edit_history_tweet_ids entities.mentions.username "
    "entities.note.mentions.username geo.place_id in_reply_to_user_id most_recent_post_id most_recent_tweet_id "
    "pinned_post_id pinned_tweet_id referenced_posts referenced_tweets.id referenced_tweets.id.attachments.media_keys "
    "referenced_tweets.id.author_id username"
)
PARAMETERS = frozenset(
    {"post.fields", "tweet.fields", "user.fields", "media.fields", "poll.fields", "place.fields", "expansions"}
)


@dataclass(frozen=True)
class View:
    """`word` is post or tweet."""

    word: str
    post: frozenset[str]
    user: frozenset[str]
    media: frozenset[str]
    poll: frozenset[str]
    expansions: frozenset[str]

    def wants(self, field: str) -> bool:
        """`field` has {} for the renamed word. An expansion brings the field that it expands."""
        expanded = {each.partition(".")[0] for each in self.expansions}
        return any(field.format(word) in self.post | expanded for word in ("post", "tweet"))


def of(world: World, query: QueryParams, *own: str) -> View:
    """Reads the field parameters; `own` are the other parameters that the call knows. 400 for anything else."""
    for name in query:
        if name not in PARAMETERS and name not in own:
            known = ",".join(sorted({*PARAMETERS, *own}))
            raise problems.invalid(name, query[name], f"The query parameter [{name}] is not one of [{known}]")
    word = next((word for word in ("post", "tweet") if f"{word}.fields" in query), settings.of(world).naming)
    return View(
        word=word,
        post=_listed(query, "post.fields", POST_FIELDS) | _listed(query, "tweet.fields", POST_FIELDS),
        user=_listed(query, "user.fields", USER_FIELDS),
        media=_listed(query, "media.fields", MEDIA_FIELDS),
        poll=_listed(query, "poll.fields", POLL_FIELDS),
        expansions=_listed(query, "expansions", EXPANSIONS),
    )


def _listed(query: QueryParams, parameter: str, known: frozenset[str]) -> frozenset[str]:
    values = frozenset(value for value in query.get(parameter, "").split(",") if value)
    for value in sorted(values - known):
        message = f"The `{parameter}` query parameter value [{value}] is not one of [{','.join(sorted(known))}]"
        raise problems.invalid(parameter, value, message)
    return values
