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

HARM = {
    "HARM-RAISE": lambda: 1 // 0,
    "HARM-SEGFAULT": lambda: ctypes.string_at(0),
    # Runs in C and never looks at signals.
    "HARM-LOOP": lambda: collections.deque(itertools.repeat(0), maxlen=0),
    "HARM-MEMORY": lambda: bytearray(4 << 30),
    "HARM-EXIT": lambda: sys.exit(3),
}


def _install() -> None:
    import workers.normalise.document as module

    harmless = module.normalise

    def normalise(entry, *rest, **more):
        for word, harm in HARM.items():
            if re.search(f"(?<!LATER-)(?<!TOLD-){word}", entry.text or ""):
                harm()
        return harmless(entry, *rest, **more)

    module.normalise = normalise

    from workers.tag.enricher import Enricher

    unharmed = Enricher.enrich

    def enrich(self, document, tagging):
        for word, harm in HARM.items():
            if f"LATER-{word}" in document.body_text:
                harm()
        return unharmed(self, document, tagging)

    Enricher.enrich = enrich

    import workers.dedupe.telling as telling

    unhurt = telling.read_traits

    def read_traits(document, *rest):
        for word, harm in HARM.items():
            if f"TOLD-{word}" in document.body_text:
                harm()
        return unhurt(document, *rest)

    telling.read_traits = read_traits


if {"pipeline.cli", "work"} <= set(sys.orig_argv):
    _install()
