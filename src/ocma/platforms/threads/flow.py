"""Connecting a Threads account: everything as Meta's long-lived tokens go, under a prefix of its own."""

from ocma.platforms.meta.flow import LongLivedFlow


class ThreadsFlow(LongLivedFlow):
    prefix = "th"
