from ocma_sandbox.figures import Counts, add

COUNTS = Counts(
    platform="mastodon",
    post={
        "replies_count": add("comments"),
        "reblogs_count": add("shares"),
        "favourites_count": add("likes"),
        "quotes_count": add("quotes"),
    },
    gauges={"followers_count": add("followers"), "following_count": add("following"), "statuses_count": add("posts")},
)
