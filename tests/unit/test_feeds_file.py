"""feeds.yaml watched, and edited with every other byte kept."""

import os
from pathlib import Path

import pytest

from pipeline.config.feeds import load_feeds
from pipeline.errors import ConfigError, NewswireError
from pipeline.feeds_file import FeedsFile, add_feed, remove_feed

KEPT = """\
# The sources of the night desk.
defaults:
  interval: 10m   # enough

feeds:
  # Wire A, contract until 2031
  - url: https://a.example/rss   # main
    id: a

  # Wire B
  - url: "https://b.example/rss"
    tags:
      - x   # for the sports desk
    id: b
  # Wire C
  - {url: 'https://c.example/rss', id: c}

# The end.
"""

NEW = {"url": "https://n.example/rss", "id": "new"}


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "feeds.yaml"


def test_a_new_feed_stands_at_the_end_of_the_list_and_nothing_else_moves(path: Path) -> None:
    path.write_text(KEPT)
    assert add_feed(path, NEW, {}).id == "new"
    assert path.read_text() == KEPT.replace(
        "id: c}\n", "id: c}\n  - url: https://n.example/rss\n    id: new\n"
    )


def test_removing_what_was_added_gives_the_same_bytes(path: Path) -> None:
    path.write_text(KEPT)
    add_feed(path, NEW, {})
    assert remove_feed(path, "https://n.example/rss", {}).id == "new"
    assert path.read_text() == KEPT


@pytest.mark.parametrize("name", ["a", "b", "c"])
def test_a_removed_feed_takes_its_lines_and_no_comment_of_others(path: Path, name: str) -> None:
    path.write_text(KEPT)
    remove_feed(path, name, {})
    left = path.read_text()
    assert [feed.id for feed in load_feeds(path, {})] == [each for each in "abc" if each != name]
    assert all(comment in left for comment in ("# Wire A", "# Wire B", "# Wire C", "# The end", "# enough"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# only words\n",
        "feeds:\n",
        "feeds: []  # none yet\n",
        "feeds: ~\n",
        "feeds:",
        "defaults: {tags: [a]}\n",
        "feeds:\n- url: https://a.example/\n",
        "feeds:\n    -\n      url: https://a.example/\n",
        "feeds:\n  - url: https://a.example/\n    tags:\n",
        "feeds:\n  - url: https://a.example/\n    provider: >\n      Long\n      Name\n\n# end\n",
        "---\nfeeds:\n  - url: https://a.example/\n...\n",
        "feeds:\n  - url: https://a.example/\ndefaults:\n  tags: [x]\n",
        "\ufefffeeds:\n  - url: https://a.example/\n",
    ],
)
def test_a_feed_finds_its_place_however_the_file_is_written(path: Path, text: str) -> None:
    path.write_text(text)
    before = load_feeds(path, {})
    added = add_feed(path, NEW, {})
    assert load_feeds(path, {}) == (*before, added)
    remove_feed(path, "new", {})
    assert load_feeds(path, {}) == before


def test_a_missing_file_is_made(path: Path) -> None:
    add_feed(path, NEW, {})
    assert path.read_text() == "feeds:\n  - url: https://n.example/rss\n    id: new\n"


def test_lines_end_as_the_file_ends_them(path: Path) -> None:
    path.write_bytes(b"feeds:\r\n  - url: https://a.example/\r\n")
    add_feed(path, NEW, {})
    assert path.read_bytes().count(b"\n") == path.read_bytes().count(b"\r\n") == 4


def test_words_that_yaml_would_take_for_something_else_are_quoted(path: Path) -> None:
    wishes = {
        "url": "https://n.example/?a=1#b",
        "provider": "yes: no # maybe",
        "language": "no",
        "tags": ["1999", "a, b", "ü", "true"],
    }
    feed = add_feed(path, wishes, {})
    assert (feed.url, feed.provider, feed.language) == (wishes["url"], wishes["provider"], "no")
    assert feed.tags == ("1999", "a, b", "ü", "true")


@pytest.mark.parametrize(
    ("text", "wishes"),
    [
        (KEPT, {"url": "https://n.example/", "interval": "1s"}),
        (KEPT, {"url": "https://n.example/", "id": "a"}),
        (KEPT, {"url": "https://a.example/rss", "id": "a"}),
        ("feeds:\n  - url: nothing\n", NEW),
    ],
    ids=["wrong wish", "known id", "known url", "file already wrong"],
)
def test_what_would_not_load_is_not_written(path: Path, text: str, wishes: dict[str, str]) -> None:
    path.write_text(text)
    with pytest.raises(ConfigError):
        add_feed(path, wishes, {})
    assert path.read_text() == text
    assert [each.name for each in path.parent.iterdir()] == ["feeds.yaml"]


@pytest.mark.parametrize(
    "text",
    ["feeds: [{url: 'https://a.example/', id: a}]\n", "{feeds: [{url: 'https://a.example/', id: a}]}\n"],
)
def test_a_list_in_brackets_is_left_to_people(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(NewswireError, match="by hand"):
        add_feed(path, NEW, {})
    with pytest.raises(NewswireError, match="by hand"):
        remove_feed(path, "a", {})
    assert path.read_text() == text


def test_a_source_that_is_not_there_cannot_be_removed(path: Path) -> None:
    path.write_text(KEPT)
    with pytest.raises(NewswireError, match="no source 'z'"):
        remove_feed(path, "z", {})


def test_a_feed_that_another_refers_to_is_not_removed(path: Path) -> None:
    text = (
        "feeds:\n  - url: https://a.example/\n    tags: &t [x]\n  - url: https://b.example/\n    tags: *t\n"
    )
    path.write_text(text)
    with pytest.raises(ConfigError):
        remove_feed(path, "https://a.example/", {})
    assert path.read_text() == text


def test_mode_and_link_of_the_file_stay(path: Path, tmp_path: Path) -> None:
    real = tmp_path / "real.yaml"
    real.write_text(KEPT)
    real.chmod(0o640)
    path.symlink_to(real)
    add_feed(path, NEW, {})
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert "n.example" in real.read_text()


def test_a_place_that_cannot_be_written_is_said(path: Path) -> None:
    with pytest.raises(NewswireError, match="cannot be edited"):
        add_feed(path.parent / "nowhere" / "feeds.yaml", NEW, {})


def test_an_untouched_file_has_not_changed(path: Path) -> None:
    path.write_text(KEPT)
    assert not FeedsFile(path, {}).changed()


def test_a_changed_file_is_seen_once(path: Path) -> None:
    path.write_text(KEPT)
    file = FeedsFile(path, {})
    add_feed(path, NEW, {})
    assert file.changed()
    feeds = file.reload()
    assert isinstance(feeds, tuple)
    assert len(feeds) == 4
    assert not file.changed()


def test_a_file_replaced_by_one_of_the_same_size_and_time_has_changed(path: Path, tmp_path: Path) -> None:
    path.write_text(KEPT)
    file = FeedsFile(path, {})
    stat = path.stat()
    other = tmp_path / "other"
    other.write_text(KEPT.replace("a.example", "z.example"))
    os.utime(other, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    other.replace(path)
    assert file.changed()


def test_a_broken_file_is_a_value(path: Path) -> None:
    path.write_text("feeds: [\n")
    file = FeedsFile(path, {})
    assert isinstance(file.reload(), ConfigError)
    assert not file.changed()


def test_a_file_that_goes_and_comes_has_changed_each_time(path: Path) -> None:
    path.write_text(KEPT)
    file = FeedsFile(path, {})
    path.unlink()
    assert file.changed()
    assert isinstance(file.reload(), ConfigError)
    path.write_text(KEPT)
    assert file.changed()
