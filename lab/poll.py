"""poll - waiting for something to become true, never for time to pass"""
# SPDX-License-Identifier: Apache-2.0
import time


def until(condition, seconds, what, every=0.05):
    """The first true result of condition(); after the deadline an error that says what was waited for."""
    deadline = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > deadline:
            raise TimeoutError(f"after {seconds} s still not: {what}")
        time.sleep(every)


def pause(seconds):
    """A step of time that a scenario asks for, or between two looks."""
    time.sleep(seconds)
