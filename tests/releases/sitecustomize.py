"""Loaded by every Python process of a test that puts this folder on PYTHONPATH: it is of the next release.

Its payloads are one version on. The product knows nothing of it.
"""

import pipeline.model

pipeline.model.PAYLOAD_VERSION += 1
