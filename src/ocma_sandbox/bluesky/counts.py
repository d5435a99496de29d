from ocma_sandbox.figures import Counts, add

COUNTS = Counts(
    platform="bluesky",
    post={
        "likeCount": add("likes"),
        "repostCount": add("shares"),
        "replyCount": add("comments"),
        "quoteCount": add("quotes"),
        "bookmarkCount": add("saves"),
    },
    gauges={"followersCount": add("followers"), "followsCount": add("following"), "postsCount": add("posts")},
)
