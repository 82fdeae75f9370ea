"""Loaded by every Python process of a test that puts this folder on PYTHONPATH: stories that do harm.

A text with one of these words does what no text should be able to do, inside the worker, where the real
normaliser would run; behind LATER- it does so where people and organisations are looked for, behind TOLD-
where the keeper tells stories. The product knows nothing of it.
"""

import collections
import ctypes
import itertools
import re
import sys

#: keeps the lock of the interpreter while it calls
_C = ctypes.PyDLL(None)

HARM = {
    "HARM-RAISE": lambda: 1 // 0,
    "HARM-SEGFAULT": lambda: ctypes.string_at(0),
    # Runs in C and never looks at signals; a moment's sleep each time, to leave the processor to others.
    "HARM-LOOP": lambda: collections.deque(map(_C.usleep, itertools.repeat(50_000)), maxlen=0),
    "HARM-MEMORY": lambda: bytearray(4 << 30),
    "HARM-EXIT": lambda: sys.exit(3),
}


def _harm(text: str, word_of: str) -> None:
    for word, harm in HARM.items():
        if re.search(word_of.format(word), text):
            harm()


def _install() -> None:
    import workers.normalise.document as module
    from workers.dedupe import telling
    from workers.tag.enricher import Enricher

    harmless, unharmed, unhurt = module.normalise, Enricher.enrich, telling.read_traits

    def normalise(entry, *rest, **more):
        _harm(entry.text or "", "(?<!LATER-)(?<!TOLD-){}")
        return harmless(entry, *rest, **more)

    def enrich(self, document, tagging):
        _harm(document.body_text, "LATER-{}")
        return unharmed(self, document, tagging)

    def read_traits(document, *rest):
        _harm(document.body_text, "TOLD-{}")
        return unhurt(document, *rest)

    module.normalise, Enricher.enrich, telling.read_traits = normalise, enrich, read_traits


if {"pipeline.cli", "work"} <= set(sys.orig_argv):
    _install()
