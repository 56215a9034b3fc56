"""The newest view of the board, handed from the loop that makes views to threads that wait for them."""

from threading import Condition

from guidance.board import View


class LatestView:
    """Holds one view; safe between threads."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._number = 0
        self._changed = Condition()

    @property
    def view(self) -> View:
        """The newest view."""
        return self._view

    def put(self, view: View) -> None:
        """Replace the view and wake whoever waits."""
        with self._changed:
            self._view = view
            self._number += 1
            self._changed.notify_all()

    def wait(self, seen: int, timeout_s: float) -> tuple[int, View]:
        """Return number and view as soon as one newer than `seen` is there, or what there is in the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._number > seen, timeout_s)
            return self._number, self._view
