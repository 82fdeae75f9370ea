"""Python's search for cycles among its objects, while a process loads and once it has loaded.

What a process loads stays: looking through it again and again, as it grows, takes a fifth of the time of a
start and finds nothing.
"""

import gc

_USUAL = gc.get_threshold()
#: new objects before a look at them; looks before one at the older, and at all: a command may run for long
_LOADING = (50_000, 10, 10)


def start_loading() -> None:
    """Look for cycles seldom from now on: called when a command begins."""
    gc.set_threshold(*_LOADING)


def end_loading() -> None:
    """Set what is there apart and look as often as usual: called by a process that stays, before it works.

    Processes forked later share what was set apart for as long as nobody touches it.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_USUAL)
