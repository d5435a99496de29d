"""What LinkedIn counts. Of pages the names are the fields of the answers, of members the query types: one to a call."""

from datetime import timedelta

from ocma.platforms.metrics import (
    CLICKS,
    COMMENTS,
    FOLLOWERS,
    FOLLOWS,
    IMPRESSIONS,
    LIKES,
    PAID_FOLLOWS,
    PROFILE_VISITS,
    REACH,
    SAVES,
    SENDS,
    SHARES,
    Measure,
    Measuring,
)

PAGE_POSTS = (
    Measure(IMPRESSIONS, "totalShareStatistics.impressionCount"),
    Measure(REACH, "totalShareStatistics.uniqueImpressionsCount"),
    Measure(CLICKS, "totalShareStatistics.clickCount"),
    Measure(LIKES, "totalShareStatistics.likeCount"),
    Measure(COMMENTS, "totalShareStatistics.commentCount"),
    Measure(SHARES, "totalShareStatistics.shareCount"),
)
PAGE_DAYS = (
    Measure(IMPRESSIONS, "totalShareStatistics.impressionCount", "account", "delta"),
    # Different people of one day: those of several days do not add up, so it is no delta.
    Measure(REACH, "totalShareStatistics.uniqueImpressionsCount", "account", "rate"),
    Measure(CLICKS, "totalShareStatistics.clickCount", "account", "delta"),
    Measure(LIKES, "totalShareStatistics.likeCount", "account", "delta"),
    Measure(COMMENTS, "totalShareStatistics.commentCount", "account", "delta"),
    Measure(SHARES, "totalShareStatistics.shareCount", "account", "delta"),
)
PAGE_GAINS = (
    Measure(FOLLOWS, "followerGains.organicFollowerGain", "account", "delta"),
    Measure(PAID_FOLLOWS, "followerGains.paidFollowerGain", "account", "delta"),
)
PAGE_SIZE = (Measure(FOLLOWERS, "firstDegreeSize", "account"),)

MEMBER_POSTS = (
    Measure(IMPRESSIONS, "IMPRESSION"),
    Measure(REACH, "MEMBERS_REACHED"),
    Measure(LIKES, "REACTION"),
    Measure(COMMENTS, "COMMENT"),
    Measure(SHARES, "RESHARE"),
    Measure(SENDS, "POST_SEND"),  # this and what follows since 202604
    Measure(SAVES, "POST_SAVE"),
    Measure(CLICKS, "LINK_CLICKS"),
    Measure(FOLLOWS, "FOLLOWER_GAINED_FROM_CONTENT"),
    Measure(PROFILE_VISITS, "PROFILE_VIEW_FROM_CONTENT"),
)
MEMBER_DAYS = (
    Measure(IMPRESSIONS, "IMPRESSION", "account", "delta"),
    Measure(LIKES, "REACTION", "account", "delta"),
    Measure(COMMENTS, "COMMENT", "account", "delta"),
    Measure(SHARES, "RESHARE", "account", "delta"),
)
# What is asked of all posts together; people reached have no single days.
MEMBER_TOTALS = (Measure(REACH, "MEMBERS_REACHED", "account"),)
MEMBER_SIZE = (Measure(FOLLOWERS, "memberFollowersCount", "account"),)

MEASURING = Measuring(
    (
        *PAGE_POSTS,
        *PAGE_DAYS,
        *PAGE_GAINS,
        *PAGE_SIZE,
        *MEMBER_POSTS,
        *MEMBER_DAYS,
        *MEMBER_TOTALS,
        *MEMBER_SIZE,
    ),
    at_once=20,
    late=timedelta(days=2),  # gains of followers; of the others nothing is said
    days=timedelta(days=365),
)
