"""Walks through lists by cursors, while others make and remove what is in them (rest.md 1.7)."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actions.im_users import NewUser, register_users
from chat.models import ConversationRow
from tests.rest.walks import LISTS, Roaming, Walked

pytestmark = pytest.mark.django_db

PEOPLE = [f"p{number}" for number in range(10)]
CHANGES = st.lists(st.tuples(st.booleans(), st.sampled_from(PEOPLE)), max_size=4)


@pytest.fixture
def people(api):
    register_users(api.app, [NewUser(name, "1") for name in PEOPLE])


def walk(walked: Walked, limit: int, changes: list[list[tuple[bool, str]]]):
    """Every item seen, and those that left at least once meanwhile."""
    seen: list[str] = []
    left: set[str] = set()
    cursor = ""
    for number in range(200):
        names, cursor = walked.page(cursor, limit)
        assert len(names) <= limit
        seen += names
        if not cursor:
            return seen, left
        for is_added, name in changes[number] if number < len(changes) else ():
            (walked.add if is_added else walked.remove)(name)
            if not is_added:
                left.add(name)
    raise AssertionError("the walk does not end")


@pytest.mark.parametrize("kind", LISTS)
@settings(
    max_examples=4,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    limit=st.integers(1, 4),
    there=st.lists(st.sampled_from(PEOPLE), min_size=3, unique=True),
    changes=st.lists(CHANGES, max_size=6),
)
def test_a_walk_loses_and_repeats_nothing(api, people, as_user, kind, limit, there, changes):
    walked = LISTS[kind](api)
    if isinstance(walked, Roaming):
        walked.reader = as_user("demo2")
    for name in there:
        walked.add(name)
    before, _ = walk(walked, 4, [])
    seen, left = walk(walked, limit, changes)
    # What left and came back is a new item, which a later page may show.
    gone = {walked.ids.get(name, name) for name in left} | left | {f"w{name}" for name in left}
    stayed = [name for name in seen if name not in gone]
    assert len(stayed) == len(set(stayed))
    assert set(before) - gone <= set(seen)
    assert len(before) >= len(there)
    for name in PEOPLE:
        walked.remove(name)


def test_the_walks_change_what_they_read(api, people, as_user):
    """A walk through a list that nobody changes would prove nothing."""
    for kind, make in LISTS.items():
        walked = make(api)
        if isinstance(walked, Roaming):
            walked.reader = as_user("demo2")
        walked.add("p2")  # nobody's reaction is no list
        before, _ = walk(walked, 4, [])
        walked.add("p1")
        more, _ = walk(walked, 4, [])
        walked.remove("p1")
        again, _ = walk(walked, 4, [])
        walked.remove("p2")
        assert (len(more), len(again)) == (len(before) + 1, len(before)), kind
    assert ConversationRow.objects.filter(kind="pair").exists()
