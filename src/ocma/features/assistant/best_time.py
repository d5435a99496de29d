"""The hour of the week at which an account's posts do best."""

from calendar import day_name

from ocma.features.assistant.learned import Subject
from ocma.intelligence.timing import Week

LEAST = 20  # posts; with fewer the week says more of other accounts than of this one


def best_time(week: Week | None, subject: Subject | None) -> str | None:
    """Such as `Tuesday 18:00 to 19:00 (Europe/Berlin)`. None: too few posts to tell."""
    if week is None or subject is None or week.posts < LEAST:
        return None
    slot = week.best(1)[0]
    hour = slot % 24
    return f"{day_name[slot // 24]} {hour:02}:00 to {(hour + 1) % 24:02}:00 ({subject.timezone})"
