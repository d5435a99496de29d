"""What YouTube counts: totals so far by the Data API, days and what else is known of videos by the Analytics API."""

from datetime import date, timedelta

from ocma.platforms.metrics import (
    COMMENTS,
    ENGAGED_VIEWS,
    FOLLOWERS,
    FOLLOWS,
    LIKES,
    POSTS,
    SHARES,
    UNFOLLOWS,
    VIEWS,
    WATCH_AVERAGE,
    WATCH_TIME,
    WATCHED_SHARE,
    Break,
    Measure,
    Measuring,
)

AT_START = Break(
    date(2026, 8, 24),
    "From 24 to 27 August 2026 YouTube went over to counting a view when a video begins to play, whatever its format (Shorts "
    "since March 2025). What it counted before lives on as `engagedViews`.",
)

STATISTICS = (
    Measure(VIEWS, "viewCount", breaks=(AT_START,)),
    Measure(LIKES, "likeCount"),
    Measure(COMMENTS, "commentCount"),
)
REPORTED = (
    Measure(ENGAGED_VIEWS, "engagedViews"),
    Measure(SHARES, "shares"),
    Measure(WATCH_TIME, "estimatedMinutesWatched", factor=60),
    Measure(WATCH_AVERAGE, "averageViewDuration", kind="rate"),
    Measure(WATCHED_SHARE, "averageViewPercentage", kind="rate"),
    Measure(FOLLOWS, "subscribersGained"),
    Measure(UNFOLLOWS, "subscribersLost"),
)
CHANNEL = (
    Measure(FOLLOWERS, "subscriberCount", "account"),  # YouTube rounds it to three figures
    Measure(VIEWS, "viewCount", "account", breaks=(AT_START,)),
    Measure(POSTS, "videoCount", "account"),
)
DAYS = (
    Measure(VIEWS, "views", "account", "delta", breaks=(AT_START,)),
    Measure(ENGAGED_VIEWS, "engagedViews", "account", "delta"),
    Measure(LIKES, "likes", "account", "delta"),
    Measure(COMMENTS, "comments", "account", "delta"),
    Measure(SHARES, "shares", "account", "delta"),
    Measure(WATCH_TIME, "estimatedMinutesWatched", "account", "delta", factor=60),
    Measure(WATCH_AVERAGE, "averageViewDuration", "account", "rate"),
    Measure(WATCHED_SHARE, "averageViewPercentage", "account", "rate"),
    Measure(FOLLOWS, "subscribersGained", "account", "delta"),
    Measure(UNFOLLOWS, "subscribersLost", "account", "delta"),
)

MEASURING = Measuring(
    (*STATISTICS, *REPORTED, *CHANNEL, *DAYS),
    at_once=50,
    late=timedelta(hours=72),
    days=timedelta(days=3650),  # back to a channel's beginning, says YouTube
    zone="America/Los_Angeles",
)
