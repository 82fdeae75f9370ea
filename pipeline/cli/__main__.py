"""`python -m pipeline.cli`: how the supervisor starts the parts of the service."""

from pipeline.cli.main import main

main()
