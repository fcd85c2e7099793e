"""What stops a command for a reason that its user can mend."""


class Problem(Exception):
    """Shown as `error: MESSAGE`, without a traceback; `status` becomes the exit status.

    `hint` is a second line that says what to do.
    """

    def __init__(self, message: str, *, hint: str = "", status: int = 2) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.status = status


class ReaderLeftError(Exception):
    """Nobody reads the output any more, as after `vegac check | head -1`."""
