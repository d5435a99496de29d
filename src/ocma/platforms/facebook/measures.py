"""What Facebook counts, by today's names: `*_impressions*`, `page_fans*` and `post_engaged_users` are dead since 2025 and 2026.

What came in their stead does not continue them, and has names of its own. Of a day's different people nothing adds up: a rate.
"""

from datetime import timedelta

from ocma.platforms.meta.days import ZONE
from ocma.platforms.meta.measuring import FIELDS, MILLISECONDS
from ocma.platforms.metrics import (
    CLICKS,
    COMMENTS,
    ENGAGED_VIEWS,
    ENGAGEMENTS,
    FOLLOWERS,
    FOLLOWS,
    LIKES,
    PROFILE_TAPS,
    PROFILE_VISITS,
    REACH,
    REPLAYS,
    SHARES,
    UNFOLLOWS,
    VIEWS,
    WATCH_AVERAGE,
    WATCH_TIME,
    Measure,
    Measuring,
)

POST, VIDEO = ("post",), ("video",)
INSIGHTS, VIDEO_INSIGHTS, DAYS = "insights", "video_insights", "days"

MEASURING = Measuring(
    measures=(
        Measure(VIEWS, "post_media_view", via=INSIGHTS, kinds=POST),
        Measure(REACH, "post_total_media_view_unique", via=INSIGHTS, kinds=POST),
        Measure(CLICKS, "post_clicks", via=INSIGHTS, kinds=POST),
        Measure(CLICKS, "post_clicks_by_type", split=True, via=INSIGHTS, kinds=POST),
        Measure(ENGAGEMENTS, "post_activity_by_action_type", split=True, via=INSIGHTS, kinds=POST),
        Measure(LIKES, "post_reactions_by_type_total", split=True, via=INSIGHTS, kinds=POST),
        Measure(ENGAGED_VIEWS, "post_video_views", via=INSIGHTS, kinds=POST),  # three seconds or more
        Measure(LIKES, "reactions.summary.total_count", via=FIELDS, kinds=POST),
        Measure(LIKES, "likes.summary.total_count", via=FIELDS, kinds=VIDEO),
        Measure(COMMENTS, "comments.summary.total_count", via=FIELDS),
        Measure(SHARES, "shares.count", via=FIELDS, kinds=POST),
        Measure(VIEWS, "blue_reels_play_count", via=VIDEO_INSIGHTS, kinds=VIDEO),
        Measure(REPLAYS, "fb_reels_replay_count", via=VIDEO_INSIGHTS, kinds=VIDEO),
        Measure(WATCH_TIME, "post_video_view_time", via=VIDEO_INSIGHTS, kinds=VIDEO, factor=MILLISECONDS),
        Measure(WATCH_AVERAGE, "post_video_avg_time_watched", kind="rate", via=VIDEO_INSIGHTS, kinds=VIDEO, factor=MILLISECONDS),
        Measure(FOLLOWERS, "followers_count", "account", via=FIELDS),
        Measure(VIEWS, "page_media_view", "account", "delta", via=DAYS),
        Measure(REACH, "page_total_media_view_unique", "account", "rate", via=DAYS),
        Measure(ENGAGEMENTS, "page_post_engagements", "account", "delta", via=DAYS),
        Measure(FOLLOWS, "page_daily_follows_unique", "account", "delta", via=DAYS),
        Measure(UNFOLLOWS, "page_daily_unfollows_unique", "account", "delta", via=DAYS),
        Measure(PROFILE_VISITS, "page_views_total", "account", "delta", via=DAYS),
        Measure(PROFILE_TAPS, "page_total_actions", "account", "delta", via=DAYS),
    ),
    late=timedelta(hours=48),
    days=timedelta(days=730),
    zone=ZONE,
)
