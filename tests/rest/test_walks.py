"""Walks through lists by cursors, while others make and remove what is in them (rest.md 1.7)."""

import pytest

from accounts.actions.im_users import NewUser, register_users
from chat.models import ConversationRow
from tests.rest.numbered_walks import NUMBERED
from tests.rest.walks import LISTS, PEOPLE, Changes, Roaming, Walked, walk, walking
from tests.shared_world import put_back

pytestmark = [pytest.mark.django_db, pytest.mark.fuzz]

ALL = LISTS | NUMBERED


@pytest.fixture
def people(api):
    register_users(api.app, [NewUser(name, "1") for name in PEOPLE])


def walk_through(walked: Walked, limit: int, changes: Changes) -> tuple[list[str], set[str]]:
    def page(cursor: str):
        names, following = walked.page(cursor, limit)
        assert len(names) <= limit
        return names, following

    return walk(page, walked.change, changes)


@pytest.mark.parametrize("kind", ALL)
@walking(max_examples=4)
def test_a_walk_loses_and_repeats_nothing(api, people, as_user, kind, limit, there, changes):
    with put_back():
        walked = ALL[kind](api)
        if isinstance(walked, Roaming):
            walked.reader = as_user("demo2")
        for name in there:
            walked.add(name)
        before, _ = walk_through(walked, 4, [])
        seen, left = walk_through(walked, limit, changes)
    # What left and came back is a new item, which a later page may show.
    gone = {walked.ids.get(name, name) for name in left} | left | {f"w{name}" for name in left}
    stayed = [name for name in seen if name not in gone]
    assert len(stayed) == len(set(stayed))
    assert set(before) - gone <= set(seen)
    assert len(before) >= len(there)


def test_the_walks_change_what_they_read(api, people, as_user):
    """A walk through a list that nobody changes would prove nothing."""
    for kind, make in ALL.items():
        walked = make(api)
        if isinstance(walked, Roaming):
            walked.reader = as_user("demo2")
        walked.add("p2")  # nobody's reaction is no list
        before, _ = walk_through(walked, 4, [])
        walked.add("p1")
        more, _ = walk_through(walked, 4, [])
        walked.remove("p1")
        again, _ = walk_through(walked, 4, [])
        walked.remove("p2")
        assert (len(more), len(again)) == (len(before) + 1, len(before)), kind
    assert ConversationRow.objects.filter(kind="pair").exists()
