"""Whose turn it is: fair between groups, spaced within one, and small."""

from collections import Counter, defaultdict
from itertools import pairwise

import pytest

from pipeline.groups import GroupRules, registrable
from pipeline.model import Feed, SourceKind
from pipeline.turns import HOLD_WITHIN_S, Turns

POLITE = GroupRules(at_once=2, spacing_s=1.0)


def group_of(feed_id: str) -> str:
    return feed_id.partition("/")[0]


def turns_of(*feeds: str, rules: GroupRules = POLITE) -> Turns:
    turns = Turns(rules, group_of)
    turns.load(dict.fromkeys(feeds, 100.0))
    return turns


def test_f08_a_thousand_feeds_of_one_host_come_two_at_once_and_spaced() -> None:
    turns = turns_of(*(f"host/{n}" for n in range(1_000)))
    now, started, running = 100.0, [], []
    while len(started) < 1_000:
        for ends in [at for at in running if at <= now]:
            running.remove(ends)
            turns.ended("host", now)
        for feed_id in turns.take(now, room=64):
            started.append((now, feed_id))
            running.append(now + 3.0)
        assert len(running) <= 2
        now = round(now + 0.25, 2)
    times = [at for at, _ in started]
    assert min(later - earlier for earlier, later in pairwise(times)) >= 1.0
    assert len({feed_id for _, feed_id in started}) == 1_000


def test_where_nothing_is_spaced_twice_as_many_more_are_claimed_ahead() -> None:
    turns = turns_of(*(f"near/{n}" for n in range(50)), rules=GroupRules(at_once=3, spacing_s=0))
    assert len(turns.take(100.0, room=64)) == 9
    turns.ended("near", 100.0)
    assert len(turns.take(100.0, room=64)) == 1


def test_f08_a_host_with_a_thousand_feeds_keeps_no_other_waiting() -> None:
    turns = turns_of(*(f"big/{n}" for n in range(1_000)), *(f"small{n}/feed" for n in range(30)))
    taken = Counter(map(group_of, turns.take(100.0, room=64)))
    assert taken == {"big": 1} | {f"small{n}": 1 for n in range(30)}


def test_f11_a_host_that_answers_nobody_takes_its_own_places_only() -> None:
    turns = turns_of(*(f"slow/{n}" for n in range(50)))
    given, now = 0, 100.0
    for _ in range(100):
        given += len(turns.take(now, room=64))
        now += 1
    assert given == 2


def test_what_is_due_later_waits() -> None:
    turns = turns_of("a/1")
    turns.put("a/1", 200.0)
    assert (turns.take(150.0, 10), turns.next_at()) == ([], 200.0)
    assert turns.take(200.0, 10) == ["a/1"]
    assert turns.next_at() is None
    turns.put("gone/1", 1.0)
    assert turns.take(300.0, 10) == []


def test_a_feed_may_be_due_sooner_but_not_twice() -> None:
    turns = turns_of("a/1", "b/1")
    turns.put("a/1", 500.0)
    turns.sooner("a/1", 200.0)
    turns.sooner("a/1", 300.0)
    turns.sooner("gone/1", 1.0)
    assert turns.take(100.0, 10) == ["b/1"]
    turns.sooner("b/1", 50.0)
    assert turns.take(200.0, 10) == ["a/1"]
    assert turns.take(900.0, 10) == []


def test_nothing_is_given_before_it_is_due() -> None:
    turns = turns_of()
    turns.load({"a/1": 100.0004})
    assert turns.take(100.0003, 10) == []
    assert turns.take(turns.next_at() or 0, 10) == ["a/1"]


def test_room_is_kept_to_and_the_rest_comes_next() -> None:
    turns = turns_of(*(f"h{n}/f" for n in range(5)))
    first, second = turns.take(100.0, 3), turns.take(100.0, 3)
    assert (len(first), len(second)) == (3, 2)
    assert not set(first) & set(second)


def test_no_group_is_served_twice_before_each_was_served_once() -> None:
    turns = turns_of(*(f"h{n % 7}/{n}" for n in range(70)))
    served: dict[str, int] = defaultdict(int)
    now = 100.0
    for _ in range(21):
        for feed_id in turns.take(now, 1):
            served[group_of(feed_id)] += 1
            turns.ended(group_of(feed_id), now)
        now += 0.2
    assert max(served.values()) - min(served.values()) <= 1


def test_loading_anew_loses_and_doubles_nothing() -> None:
    turns = turns_of("a/1", "a/2", "a/3")
    assert len(turns.take(100.0, 10)) == 1
    turns.load({"a/2": 100.0, "a/3": 100.0})
    found = [*turns.take(101.0, 10)]
    turns.ended("a", 101.5)
    found += turns.take(102.5, 10)
    assert sorted(found) == ["a/2", "a/3"]


def test_f05_one_limited_feed_holds_no_other_and_three_hold_their_group() -> None:
    turns = turns_of(*(f"a/{n}" for n in range(6)), "b/1", rules=GroupRules(at_once=9, spacing_s=0))
    assert not turns.limited("a/0", "a", 100.0, 600)
    assert not turns.limited("a/0", "a", 101.0, 600)
    assert not turns.limited("a/1", "a", 102.0, 600)
    assert turns.limited("a/2", "a", 103.0, 600)
    assert turns.take(104.0, 64) == ["b/1"]
    assert turns.next_at() == pytest.approx(703.0)
    assert len(turns.take(703.0, 64)) == 6


def test_f05_limits_of_long_ago_do_not_add_up() -> None:
    turns = turns_of("a/1")
    held = [turns.limited(f"a/{n}", "a", 100.0 + n * HOLD_WITHIN_S, 60) for n in range(10)]
    assert not any(held)


def test_a_clock_that_is_set_back_holds_no_group_up() -> None:
    turns = turns_of("a/1", "a/2", "b/1")
    assert len(turns.take(1_000_000.0, 64)) == 2
    turns.ended("a", 1_000_000.0)
    for feed in ("a/1", "a/2", "b/1"):
        turns.limited(feed, "b", 1_000_000.0, 600)
    turns.load({"a/2": 100.0, "b/1": 100.0})
    assert turns.take(100.0, 64) == []
    turns.set_back()
    turns.ended("b", 100.0)
    assert sorted(turns.take(100.0, 64)) == ["a/2", "b/1"]


def test_a_group_that_has_nothing_to_remember_is_forgotten() -> None:
    turns = turns_of(*(f"h{n}/f" for n in range(100)))
    for feed_id in turns.take(100.0, 100):
        turns.ended(group_of(feed_id), 105.0)
    turns.limited("x/1", "x", 105.0, 1)
    turns.tidy(106.0)
    assert len(turns._groups) == 1
    turns.tidy(105.0 + HOLD_WITHIN_S + 1)
    assert not turns._groups


@pytest.mark.parametrize(
    ("url", "by_domain", "group"),
    [
        ("https://www.example.co.uk/rss", False, "www.example.co.uk"),
        ("https://www.example.co.uk:443/rss", False, "www.example.co.uk"),
        ("http://www.example.co.uk:8080/rss", False, "www.example.co.uk:8080"),
        ("https://news.www.example.co.uk/rss", True, "example.co.uk"),
        ("https://a.example.com./rss", True, "example.com"),
        ("http://[2001:db8::1]:81/", False, "[2001:db8::1]:81"),
        ("http://10.1.2.3:81/", True, "10.1.2.3"),
        ("http://[", False, "http://["),
    ],
)
def test_a_group_is_a_host_or_a_domain(url: str, by_domain: bool, group: str) -> None:
    assert GroupRules(by_domain=by_domain).of_url(url) == group


def test_a_source_may_name_its_group_and_a_directory_has_its_own() -> None:
    rules = GroupRules()
    label = Feed(id="a", kind=SourceKind.HTTP, url="https://a.example/", rate_group="tumblr")
    folder = Feed(id="d", kind=SourceKind.DIRECTORY, url="/drop")
    assert (rules.of_feed(label), rules.of_feed(folder)) == ("tumblr", "directory:d")


@pytest.mark.parametrize(
    ("group", "spacing"),
    [
        ("www.example.com", 1.0),
        ("127.0.0.1:81", 0.0),
        ("[::1]:81", 0.0),
        ("localhost", 0.0),
        ("directory:d", 0.0),
        ("10.0.0.1", 1.0),
        ("a label", 1.0),
        ("[", 1.0),
    ],
)
def test_only_this_machine_is_asked_without_spacing(group: str, spacing: float) -> None:
    assert GroupRules().spacing_of(group) == spacing
    assert GroupRules(spacing_s=0.2).spacing_of(group) == 0.2


@pytest.mark.parametrize("host", ["co.uk", "example", ""])
def test_a_name_without_a_site_stays_whole(host: str) -> None:
    assert registrable(host) == host


def test_urgent_feeds_go_first_and_alone_where_others_wait() -> None:
    turns = Turns(GroupRules(at_once=2, spacing_s=0), lambda name: name[0], lambda name: name.endswith("!"))
    turns.load({"a1": 1.0, "a2!": 2.0, "b1": 1.0, "c1!": 1.0})
    assert sorted(turns.take(10.0, 9, urgent_only=True)) == ["a2!", "c1!"]
    assert turns.take(10.0, 9, urgent_only=True) == []
    assert sorted(turns.take(10.0, 9)) == ["a1", "b1"]
    turns.put("a1", 20.0)
    turns.put("a2!", 20.0)
    turns.ended("a", 11.0)
    assert turns.take(20.0, 1) == ["a2!"]


def test_a_group_of_which_only_urgent_feeds_were_taken_is_remembered_while_it_is_in_line() -> None:
    turns = Turns(GroupRules(at_once=1, spacing_s=0), lambda name: name[0], lambda name: name.endswith("!"))
    turns.load({"a1!": 1.0})
    assert turns.take(10.0, 9, urgent_only=True) == ["a1!"]
    turns.ended("a", 11.0)
    assert turns.take(12.0, 9) == []
    turns.put("a1!", 20.0)
    assert turns.take(20.0, 9) == ["a1!"]


def test_urgent_feeds_are_found_without_looking_at_all_that_wait() -> None:
    asked: list[str] = []

    class Rules(GroupRules):
        def begun_of(self, group: str) -> int:
            asked.append(group)
            return super().begun_of(group)

    turns = Turns(Rules(at_once=1, spacing_s=0), lambda name: name, lambda name: name.endswith("!"))
    turns.load({f"{number}": 1.0 for number in range(1000)} | {"now!": 1.0})
    turns.take(10.0, 0, urgent_only=True)  # lines them up
    asked.clear()
    assert turns.take(10.0, 9, urgent_only=True) == ["now!"]
    assert set(asked) == {"now!"}
