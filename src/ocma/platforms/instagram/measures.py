"""What Instagram counts, by today's names: `impressions`, `plays` and `video_views` are dead since 2025.

Left out: `facebook_views` and `crossposted_views`, which fail with a fatal error where a reel is not crossposted, and
`total_*`, which are the same again with advertising. Of a day's different people nothing adds up: a rate.
"""

from datetime import timedelta

from ocma.platforms.meta.days import ZONE
from ocma.platforms.meta.measuring import FIELDS, MILLISECONDS
from ocma.platforms.metrics import (
    COMMENTS,
    ENGAGED,
    ENGAGEMENTS,
    FOLLOWERS,
    FOLLOWING,
    FOLLOWS,
    LIKES,
    NAVIGATION,
    ONLINE,
    POSTS,
    PROFILE_TAPS,
    PROFILE_VISITS,
    REACH,
    SAVES,
    SHARES,
    SKIP_RATE,
    UNFOLLOWS,
    VIEWS,
    WATCH_AVERAGE,
    WATCH_TIME,
    Measure,
    Measuring,
)

FEED, REELS, STORY = "FEED", "REELS", "STORY"
STAYS, BRIEF = (FEED, REELS), (FEED, STORY)
INSIGHTS, SERIES, TOTALS = "insights", "series", "totals"
# Only from 100 followers on:
GROWTH, FOLLOW_TYPE, HOURS, PEOPLE = "growth", "follow_type", "hours", "people"

MEASURING = Measuring(
    measures=(
        Measure(VIEWS, "views", via=INSIGHTS),
        Measure(REACH, "reach", via=INSIGHTS),
        Measure(ENGAGEMENTS, "total_interactions", via=INSIGHTS),
        Measure(SHARES, "shares", via=INSIGHTS),
        Measure(SHARES, "reposts", via=INSIGHTS),
        Measure(LIKES, "like_count", via=FIELDS),
        Measure(COMMENTS, "comments_count", via=FIELDS),
        Measure(LIKES, "likes", via=INSIGHTS, kinds=STAYS),
        Measure(COMMENTS, "comments", via=INSIGHTS, kinds=STAYS),
        Measure(SAVES, "saved", via=INSIGHTS, kinds=STAYS),
        Measure(FOLLOWS, "follows", via=INSIGHTS, kinds=BRIEF),
        Measure(PROFILE_VISITS, "profile_visits", via=INSIGHTS, kinds=BRIEF),
        Measure(PROFILE_TAPS, "profile_activity", via=INSIGHTS, kinds=BRIEF),
        Measure(NAVIGATION, "navigation", via=INSIGHTS, kinds=(STORY,)),
        Measure(COMMENTS, "replies", via=INSIGHTS, kinds=(STORY,)),
        Measure(WATCH_TIME, "ig_reels_video_view_total_time", via=INSIGHTS, kinds=(REELS,), factor=MILLISECONDS),
        Measure(WATCH_AVERAGE, "ig_reels_avg_watch_time", kind="rate", via=INSIGHTS, kinds=(REELS,), factor=MILLISECONDS),
        Measure(SKIP_RATE, "reels_skip_rate", kind="rate", via=INSIGHTS, kinds=(REELS,)),
        Measure(FOLLOWERS, "followers_count", "account", via=FIELDS),
        Measure(FOLLOWING, "follows_count", "account", via=FIELDS),
        Measure(POSTS, "media_count", "account", via=FIELDS),
        Measure(REACH, "reach", "account", "rate", via=SERIES),
        Measure(VIEWS, "views", "account", "delta", via=TOTALS),
        Measure(ENGAGED, "accounts_engaged", "account", "rate", via=TOTALS),
        Measure(ENGAGEMENTS, "total_interactions", "account", "delta", via=TOTALS),
        Measure(LIKES, "likes", "account", "delta", via=TOTALS),
        Measure(COMMENTS, "comments", "account", "delta", via=TOTALS),
        Measure(SAVES, "saves", "account", "delta", via=TOTALS),
        Measure(SHARES, "shares", "account", "delta", via=TOTALS),
        Measure(COMMENTS, "replies", "account", "delta", via=TOTALS),
        Measure(SHARES, "reposts", "account", "delta", via=TOTALS),
        Measure(PROFILE_TAPS, "profile_links_taps", "account", "delta", via=TOTALS),
        Measure(FOLLOWS, "follows_and_unfollows.FOLLOWER", "account", "delta", via=FOLLOW_TYPE),
        Measure(UNFOLLOWS, "follows_and_unfollows.NON_FOLLOWER", "account", "delta", via=FOLLOW_TYPE),
        Measure(FOLLOWS, "follower_count", "account", "delta", via=GROWTH),
        Measure(ONLINE, "online_followers", "account", "rate", split=True, via=HOURS),
        Measure(FOLLOWERS, "follower_demographics", "account", split=True, via=PEOPLE),
    ),
    late=timedelta(hours=48),
    days=timedelta(days=29),  # of two years: a day of most figures is a call, and new followers are told for 30 days only
    zone=ZONE,
    keeps=timedelta(days=730),
)
