"""What platforms count: the metrics OCMA knows, and how each platform gives them."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Literal

Unit = Literal["count", "seconds", "percent"]
Kind = Literal["total", "delta", "rate"]


@dataclass(frozen=True, slots=True)
class Metric:
    """What is counted, whoever counts it. `key` is its name in OCMA's API."""

    key: str
    unit: Unit
    about: str


IMPRESSIONS = Metric("impressions", "count", "Times that a post was on a screen.")
VIEWS = Metric("views", "count", "Times that a post or video was seen or played, as the platform counts that.")
REACH = Metric("reach", "count", "Different people who saw a post.")
ENGAGEMENTS = Metric("engagements", "count", "All that people did with a post, as the platform adds it up.")
LIKES = Metric("likes", "count", "Likes and favourites; reactions of all kinds where a platform has several.")
COMMENTS = Metric("comments", "count", "Comments and replies.")
SHARES = Metric("shares", "count", "Shares, reposts and boosts without a word of one's own.")
QUOTES = Metric("quotes", "count", "Reposts with words of one's own.")
SENDS = Metric("sends", "count", "Times that a post was sent on in a message.")
SAVES = Metric("saves", "count", "Saves and bookmarks.")
CLICKS = Metric("clicks", "count", "Clicks on a post or its link.")
PROFILE_VISITS = Metric("profileVisits", "count", "Visits to the account's profile.")
FOLLOWS = Metric("follows", "count", "People who began to follow.")
UNFOLLOWS = Metric("unfollows", "count", "People who ceased to follow.")
FOLLOWERS = Metric("followers", "count", "People who follow the account.")
FOLLOWING = Metric("following", "count", "Accounts that the account follows.")
POSTS = Metric("posts", "count", "Posts of the account.")
PAID_FOLLOWS = Metric("paidFollows", "count", "People who began to follow because of an advertisement.")
ENGAGED_VIEWS = Metric("engagedViews", "count", "Views of people who stayed to watch.")
REPLAYS = Metric("replays", "count", "Times that somebody watched again.")
WATCH_TIME = Metric("watchTime", "seconds", "Time that people watched, together.")
WATCH_AVERAGE = Metric("watchAverage", "seconds", "Time that one view lasted on average.")
WATCHED_SHARE = Metric("watchedShare", "percent", "How much of a video one view saw on average.")
SKIP_RATE = Metric("skipRate", "percent", "Views that ended within the first seconds.")
NAVIGATION = Metric("navigation", "count", "Steps on, back and out of a story.")
LISTED = Metric("listed", "count", "Lists that the account is on.")
LIKED = Metric("liked", "count", "Posts that the account likes.")
MEDIA = Metric("media", "count", "Images and videos that the account has posted.")
ORGANIC_IMPRESSIONS = Metric("organicImpressions", "count", "Times that a post was on a screen without being paid for.")
ORGANIC_LIKES = Metric("organicLikes", "count", "Likes of people who saw a post without its being paid for.")
ORGANIC_COMMENTS = Metric("organicComments", "count", "Comments of people who saw a post without its being paid for.")
ORGANIC_SHARES = Metric("organicShares", "count", "Shares by people who saw a post without its being paid for.")
ENGAGED = Metric("engaged", "count", "Different people who did something with a post.")
PROFILE_TAPS = Metric("profileTaps", "count", "Taps on links and buttons of the account's profile.")
ONLINE = Metric("online", "count", "Followers who were online, by the hour (`group`: `hour=0` to `hour=23`).")

METRICS = {each.key: each for each in list(globals().values()) if isinstance(each, Metric)}


@dataclass(frozen=True, slots=True)
class Break:
    """Since `at` a platform counts something else under the same name: figures before and after do not compare."""

    at: date
    about: str


@dataclass(frozen=True, slots=True)
class Measure:
    """A metric as one platform gives it.

    `name` is the platform's own (`a.b`: b in the object a); a figure under another name is another series, never the same one
    continued, but for `also`: names of the very same figure, which the platform has renamed. `of`: what is measured. `kind`: a
    "total" is all so far; a "delta" is what came in one span of time; a "rate" is an average over all so far or over a span, and
    does not add up. `split`: it comes in groups, such as countries, not as one figure. `factor`: what one of the platform's is
    in the metric's unit. `keeps`: how old a post may be that still has this figure (None: as `Measuring.keeps` says). `via`: by
    which of its questions the connector asks, where a platform has several. `kinds`: of which kinds of post, as the platform
    calls them (none: of all).
    """

    metric: Metric
    name: str
    of: Literal["post", "account"] = "post"
    kind: Kind = "total"
    split: bool = False
    breaks: tuple[Break, ...] = ()
    also: tuple[str, ...] = ()
    factor: float = 1.0
    keeps: timedelta | None = None
    via: str = ""
    kinds: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Measuring:
    """What a platform measures, and what asking takes.

    `at_once`: most posts that one `measure_posts` is given. `late`: how far the figures may lag. `days`: how far back the
    figures of single days can be asked (None: it has only totals, and what was not fetched in time is not to be had). `zone`:
    whose days these are. `keeps`: how old a post may be that still has figures (None: any). `reads`: what the platform bills,
    in USD, for one post that is read, and `reads_account` for one `measure_account`; nothing where it is free.
    """

    measures: tuple[Measure, ...] = ()
    at_once: int = 1
    late: timedelta = timedelta(0)
    days: timedelta | None = None
    zone: str = "UTC"
    keeps: timedelta | None = None
    reads: float = 0.0
    reads_account: float = 0.0

    def of(self, what: Literal["post", "account"]) -> tuple[Measure, ...]:
        return tuple(each for each in self.measures if each.of == what)

    def asked(self, what: Literal["post", "account"], via: str, kind: str = "") -> tuple[Measure, ...]:
        """What one question asks for, of a post of this kind."""
        return tuple(each for each in self.of(what) if each.via == via and (not each.kinds or kind in each.kinds))


NOTHING = Measuring()


@dataclass(frozen=True, slots=True)
class Target:
    """A post to be measured."""

    id: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Reading:
    """One figure that a platform gave, in its metric's unit. What it did not give has no reading: unknown is not 0.

    `post`: the platform's id ("": of the account). `start`, `end`: the span of a delta, or of a rate that has one. `group`:
    which part, where the measure is split, e.g. `country=DE`.
    """

    measure: Measure
    value: float
    post: str = ""
    start: datetime | None = None
    end: datetime | None = None
    group: str = ""


@dataclass(frozen=True, slots=True)
class Measured:
    """`refused`: the platform's own names of what it would not give now, e.g. because it ceased to know them.

    `gone`: posts that it says are no longer there.
    """

    readings: tuple[Reading, ...] = ()
    refused: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Seen:
    """A post of an account, whoever published it. `text` is plain. `readings`: figures that came along."""

    id: str
    text: str
    at: datetime
    url: str | None = None
    readings: tuple[Reading, ...] = ()
