"""V9: who else may change or read the files that configure the service."""

from pathlib import Path

import pytest

from pipeline.errors import ConfigError
from pipeline.feeds_file import FeedsFile
from pipeline.settings import load_settings, secrets_others_may_read

FEED = "feeds:\n  - {url: https://a.example/, auth: {kind: bearer, token: pw-1}}\n"


@pytest.fixture
def config(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir(mode=0o755)
    return tmp_path / "config"


def written(path: Path, text: str, mode: int = 0o644) -> Path:
    path.write_text(text)
    path.chmod(mode)
    return path


def open_to_others(config: Path, **env: str) -> list[str]:
    settings = load_settings(config, config / "data", env)
    return [Path(name).name for name in secrets_others_may_read(settings, env)]


@pytest.mark.parametrize("name", ["newswire.yaml", "feeds.yaml"])
def test_v9_a_file_that_others_may_change_is_refused(config: Path, name: str) -> None:
    written(config / name, "", 0o666)
    with pytest.raises(ConfigError, match=f"{name}: every user of this machine may change it: chmod o-w"):
        load_settings(config, config / "data", {})


def test_v9_a_file_that_others_may_replace_is_refused(config: Path) -> None:
    written(config / "newswire.yaml", "")
    config.chmod(0o777)
    with pytest.raises(ConfigError, match="may replace it"):
        load_settings(config, config / "data", {})
    config.chmod(0o1777)  # as /tmp is: there only its owner can
    load_settings(config, config / "data", {})


@pytest.mark.parametrize("whose", ["link", "target"])
def test_v9_a_link_that_others_may_replace_is_refused(config: Path, tmp_path: Path, whose: str) -> None:
    (tmp_path / "real").mkdir(mode=0o755)
    written(tmp_path / "real" / "newswire.yaml", "")
    (config / "newswire.yaml").symlink_to(tmp_path / "real" / "newswire.yaml")
    load_settings(config, config / "data", {})
    folder = {"link": config, "target": tmp_path / "real"}[whose]
    folder.chmod(0o777)
    with pytest.raises(ConfigError, match=f"may replace it: chmod o-w .*{folder.name}"):
        load_settings(config, config / "data", {})


def test_v9_a_group_may_edit_its_files(config: Path) -> None:
    written(config / "newswire.yaml", "", 0o664)
    config.chmod(0o775)
    load_settings(config, config / "data", {})


def test_v9_a_running_service_keeps_its_feeds_when_others_may_change_the_file(config: Path) -> None:
    file = FeedsFile(written(config / "feeds.yaml", "feeds: []\n"))
    written(config / "feeds.yaml", FEED, 0o666)
    assert isinstance(file.reload(), ConfigError)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("feeds.yaml", FEED),
        ("feeds.yaml", "feeds:\n  - {url: https://a.example/, proxy: 'http://u:pw@p:1'}\n"),
        ("newswire.yaml", "storage: {url: 'postgresql://u:pw@h/n'}\n"),
        ("newswire.yaml", "web: {token: word}\n"),
    ],
)
def test_v9_a_file_with_secrets_that_others_may_read_is_named(config: Path, name: str, text: str) -> None:
    file = written(config / name, text)
    assert open_to_others(config) == [name]
    file.chmod(0o640)
    assert open_to_others(config) == []


def test_v9_files_without_secrets_may_be_read(config: Path) -> None:
    written(config / "newswire.yaml", "queue: {url: 'redis://h:6379/0'}\nweb: {token: '${TOKEN}'}\n")
    written(config / "feeds.yaml", "feeds: [{url: 'https://a.example/'}]\n")
    assert open_to_others(config, TOKEN="word") == []


def test_v9_a_file_that_is_referred_to_is_looked_at_too(config: Path) -> None:
    written(config / "newswire.yaml", "web: {token: 'file:token'}\n")
    token, url = written(config / "token", "word\n"), written(config / "url", "redis://:pw@h/0\n")
    env = {"NEWSWIRE_QUEUE__URL": f"file:{url}"}
    assert sorted(open_to_others(config, **env)) == ["token", "url"]
    for file in (token, url):
        file.chmod(0o400)
    assert open_to_others(config, **env) == []
