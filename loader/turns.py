"""Lets threads do a step in the order of their files."""

from __future__ import annotations

import threading


class Aborted(Exception):
    """The call failed elsewhere; give up what has been begun."""


class Turns:
    """Numbers 0, 1, 2, …: `wait(n)` returns when all before n are `done`."""

    def __init__(self) -> None:
        self._done: set[int] = set()
        self._next = 0
        self._aborted = False
        self._changed = threading.Condition()

    def wait(self, number: int) -> None:
        """Raises Aborted once `abort` was called."""
        with self._changed:
            self._changed.wait_for(lambda: self._aborted or self._next >= number)
            if self._aborted:
                raise Aborted

    def done(self, number: int) -> None:
        """May be called again, and out of turn."""
        with self._changed:
            self._done.add(number)
            while self._next in self._done:
                self._next += 1
            self._changed.notify_all()

    def abort(self) -> None:
        with self._changed:
            self._aborted = True
            self._changed.notify_all()
