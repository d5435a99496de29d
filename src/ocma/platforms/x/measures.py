"""What X counts, in the words of specification 2.167, and what reading costs (pay-per-use, as of August 2026)."""

from datetime import timedelta

from ocma.platforms.metrics import (
    CLICKS,
    COMMENTS,
    ENGAGEMENTS,
    FOLLOWERS,
    FOLLOWING,
    IMPRESSIONS,
    LIKED,
    LIKES,
    LISTED,
    MEDIA,
    ORGANIC_COMMENTS,
    ORGANIC_IMPRESSIONS,
    ORGANIC_LIKES,
    ORGANIC_SHARES,
    POSTS,
    PROFILE_VISITS,
    QUOTES,
    SAVES,
    SHARES,
    Measure,
    Measuring,
)

MONTH = timedelta(days=30)  # of an older post X tells only what everybody sees

MEASURING = Measuring(
    measures=(
        Measure(IMPRESSIONS, "public_metrics.impression_count"),
        Measure(LIKES, "public_metrics.like_count"),
        Measure(COMMENTS, "public_metrics.reply_count"),
        Measure(SHARES, "public_metrics.repost_count", also=("public_metrics.retweet_count",)),
        Measure(QUOTES, "public_metrics.quote_count"),
        Measure(SAVES, "public_metrics.bookmark_count"),
        Measure(ENGAGEMENTS, "non_public_metrics.engagements", keeps=MONTH),
        Measure(CLICKS, "non_public_metrics.url_link_clicks", keeps=MONTH),
        Measure(PROFILE_VISITS, "non_public_metrics.user_profile_clicks", keeps=MONTH),
        Measure(ORGANIC_IMPRESSIONS, "organic_metrics.impression_count", keeps=MONTH),
        Measure(ORGANIC_LIKES, "organic_metrics.like_count", keeps=MONTH),
        Measure(ORGANIC_COMMENTS, "organic_metrics.reply_count", keeps=MONTH),
        Measure(ORGANIC_SHARES, "organic_metrics.repost_count", keeps=MONTH, also=("organic_metrics.retweet_count",)),
        Measure(FOLLOWERS, "public_metrics.followers_count", of="account"),
        Measure(FOLLOWING, "public_metrics.following_count", of="account"),
        Measure(POSTS, "public_metrics.post_count", of="account", also=("public_metrics.tweet_count",)),
        Measure(LISTED, "public_metrics.listed_count", of="account"),
        Measure(LIKED, "public_metrics.like_count", of="account"),
        Measure(MEDIA, "public_metrics.media_count", of="account"),
    ),
    at_once=100,
    reads=0.005,
    reads_account=0.010,
)
