"""What Threads counts. It knows no reach and no impressions."""

from datetime import timedelta

from ocma.platforms.meta.days import ZONE
from ocma.platforms.metrics import CLICKS, COMMENTS, FOLLOWERS, LIKES, QUOTES, SENDS, SHARES, VIEWS, Measure, Measuring

INSIGHTS, NOW, SERIES, TOTALS, PEOPLE = "insights", "now", "series", "totals", "people"

MEASURING = Measuring(
    measures=(
        Measure(VIEWS, "views", via=INSIGHTS),
        Measure(LIKES, "likes", via=INSIGHTS),
        Measure(COMMENTS, "replies", via=INSIGHTS),
        Measure(SHARES, "reposts", via=INSIGHTS),
        Measure(QUOTES, "quotes", via=INSIGHTS),
        Measure(SENDS, "shares", via=INSIGHTS),
        Measure(FOLLOWERS, "followers_count", "account", via=NOW),
        Measure(VIEWS, "views", "account", "delta", via=SERIES),
        Measure(LIKES, "likes", "account", "delta", via=TOTALS),
        Measure(COMMENTS, "replies", "account", "delta", via=TOTALS),
        Measure(SHARES, "reposts", "account", "delta", via=TOTALS),
        Measure(QUOTES, "quotes", "account", "delta", via=TOTALS),
        Measure(CLICKS, "clicks", "account", "delta", via=TOTALS),
        Measure(FOLLOWERS, "follower_demographics", "account", split=True, via=PEOPLE),
    ),
    days=timedelta(days=90),  # Threads tells more, but a day of most figures is a call
    zone=ZONE,
)
