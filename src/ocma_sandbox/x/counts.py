"""A post's public and private figures, a user's public ones; each renamed one under both its names."""

from ocma_sandbox.figures import Counts, add

ENGAGED = ("likes", "comments", "shares", "quotes", "saves", "clicks", "visits")
ANALYTICS = {
    "impressions": "impression_count",
    "engagements": "engagements",
    "likes": "like_count",
    "replies": "reply_count",
    "retweets": "retweet_count",
    "quote_tweets": "quote_count",
    "bookmarks": "bookmark_count",
    "url_clicks": "url_link_clicks",
    "user_profile_clicks": "user_profile_clicks",
    "shares": "",
    "follows": "",
    "unfollows": "",
}
"""The names of /2/tweets/analytics, and those of the same figures elsewhere."""
COUNTS = Counts(
    platform="x",
    post={
        "impression_count": add("views"),
        "like_count": add("likes"),
        "reply_count": add("comments"),
        "repost_count": add("shares"),
        "retweet_count": add("shares"),
        "quote_count": add("quotes"),
        "bookmark_count": add("saves"),
        "url_link_clicks": add("clicks"),
        "user_profile_clicks": add("visits"),
        "engagements": add(*ENGAGED),
        "impressions": add("views"),
        "likes": add("likes"),
        "replies": add("comments"),
        "retweets": add("shares"),
        "quote_tweets": add("quotes"),
        "bookmarks": add("saves"),
        "url_clicks": add("clicks"),
        "shares": add("sends"),
        "follows": add("follows"),
        "unfollows": add("unfollows"),
    },
    gauges={
        "followers_count": add("followers"),
        "following_count": add("following"),
        "post_count": add("posts"),
        "tweet_count": add("posts"),
        "media_count": add("media_posts"),
        "listed_count": add(),
        "like_count": add(),
    },
    same={"repost_count": "retweet_count", "retweet_count": "repost_count", **ANALYTICS},
    tallies={"posts": lambda _post: True, "media_posts": lambda post: bool(post.media)},
)
