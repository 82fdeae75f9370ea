"""The configuration files: YAML with places, values as people write them, feeds.yaml."""
