"""What this child process says when a file is not one that can be worked on."""


class Refusal(Exception):
    """`code` and `remediation` as in an Issue; the file's own words are never repeated."""

    def __init__(self, message: str, *, code: str = "mediaUnreadable", remediation: str | None = None) -> None:
        super().__init__(message)
        self.code, self.message, self.remediation = code, message, remediation


def unreadable() -> Refusal:
    return Refusal(
        "This file is not a picture, video or document OCMA can read.",
        remediation="Send a whole JPEG, PNG, GIF or WebP picture, an MP4, MOV, WebM or Matroska video, or a PDF document.",
    )
