"""What all tests share."""

import signal
import sys
from pathlib import Path

# Helpers beside the tests (running, badserver, fakes) are imported by name.
sys.path.insert(0, str(Path(__file__).parent))

# A shell that runs tests in the background has them ignore Ctrl-C: what they start must not inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)
