"""Contacts: asking, answering, making friends at once, ending it."""

from collections.abc import Callable
from typing import Any

import pytest

from accounts.actions.im_users import register_user
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import UserNotFound
from accounts.queries.im_users import UserInfo
from chat.actions.blocks import block_users
from chat.actions.roster import (
    add_contact,
    answer_contact,
    remove_contact,
    request_contact,
    set_remark,
)
from chat.domain.audience import Audience
from chat.domain.commands import (
    AddContact,
    AnswerContact,
    BlockUsers,
    RemoveContact,
    RequestContact,
    SetRemark,
)
from chat.domain.errors import (
    Blocked,
    ContactLimit,
    IllegalArgument,
    ImError,
    NoSuchRequest,
    NotFriends,
    OneselfRefused,
    RemarkTooLong,
)
from chat.domain.events import Event, Logged, RosterChange, RosterChanged
from chat.queries.rights import rights_to_each
from chat.queries.roster import (
    count_contacts,
    list_roster,
    page_contacts,
    pair_rights,
    peek_pair,
)
from tests.actions.logs import personal_facts

Acting = Callable[..., Actor]


def _states(app: AppRef, *names: str) -> list[dict[str, str]]:
    return [{item.username: item.state for item in list_roster(app, name)} for name in names]


def _told(app: AppRef, user: UserInfo) -> list[tuple[str, str, bool]]:
    return [
        (fact.change.value, fact.username, fact.by_me)
        for fact in personal_facts(app.id, user.username, user.id)
        if isinstance(fact, RosterChanged)
    ]


def _small(app: AppRef, **limits: Any) -> AppRef:
    return AppRef(app.id, app.uuid, app.appkey, app.settings.changed(**limits))


def test_a_request_waits_for_its_answer_on_both_sides(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    assert not request_contact(acting(demo1), RequestContact("DEMO2", "hello"))
    assert _states(app, "demo1", "demo2") == [{"demo2": "pending_out"}, {"demo1": "pending_in"}]
    assert list_roster(app, "demo2")[0].message == "hello"
    assert personal_facts(app.id, "demo2", demo2.id) == [
        RosterChanged(RosterChange.REQUEST, "demo1", "hello")
    ]
    assert _told(app, demo1) == [("request", "demo2", True)]
    assert not pair_rights(app.id, "demo1", "demo2").friends


def test_an_accepted_request_makes_friends_of_both(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    request_contact(acting(demo1), RequestContact("demo2"))
    answer_contact(acting(demo2), AnswerContact("demo1", accept=True))
    answer_contact(acting(demo2), AnswerContact("demo1", accept=True))
    assert _states(app, "demo1", "demo2") == [{"demo2": "friends"}, {"demo1": "friends"}]
    assert _told(app, demo1)[1:] == [("added", "demo2", False)]
    assert _told(app, demo2)[1:] == [("added", "demo1", True)]


def test_a_declined_request_is_gone_and_the_asker_told(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    request_contact(acting(demo1), RequestContact("demo2"))
    answer_contact(acting(demo2), AnswerContact("demo1", accept=False))
    assert _states(app, "demo1", "demo2") == [{}, {}]
    assert _told(app, demo1)[1:] == [("declined", "demo2", False)]
    with pytest.raises(NoSuchRequest):
        answer_contact(acting(demo2), AnswerContact("demo1", accept=True))


def test_asking_somebody_who_asked_is_accepting(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    request_contact(acting(demo1), RequestContact("demo2"))
    assert request_contact(acting(demo2), RequestContact("demo1"))
    assert request_contact(acting(demo2), RequestContact("demo1"))
    assert _states(app, "demo1", "demo2") == [{"demo2": "friends"}, {"demo1": "friends"}]
    assert _told(app, demo1)[1:] == [("added", "demo2", False)]


def test_the_asker_cannot_accept_its_own_request(
    demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    request_contact(acting(demo1), RequestContact("demo2"))
    with pytest.raises(NoSuchRequest):
        answer_contact(acting(demo1), AnswerContact("demo2", accept=True))


def test_the_app_makes_friends_at_once_and_once(
    app: AppRef, demo1: UserInfo, demo2: UserInfo
) -> None:
    for _ in range(2):
        add_contact(Actor(app), AddContact("demo1", "Demo2"))
    assert _states(app, "demo1", "demo2") == [{"demo2": "friends"}, {"demo1": "friends"}]
    assert _told(app, demo1) == [("added", "demo2", True)]
    assert _told(app, demo2) == [("added", "demo1", False)]
    assert count_contacts(app, "demo1") == 1


def test_removing_a_friend_ends_it_for_both(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    add_contact(Actor(app), AddContact("demo1", "demo2"))
    assert remove_contact(acting(demo1), RemoveContact("demo2"))
    assert _states(app, "demo1", "demo2") == [{}, {}]
    assert _told(app, demo2)[1:] == [("removed", "demo1", False)]
    # A client that answers a removal with a removal must not start an endless exchange.
    assert not remove_contact(acting(demo2), RemoveContact("demo1"))
    assert len(_told(app, demo1)) == len(_told(app, demo2)) == 2


def test_a_withdrawn_request_is_told_to_the_asker_only(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    request_contact(acting(demo1), RequestContact("demo2"))
    remove_contact(acting(demo1), RemoveContact("demo2"))
    assert _states(app, "demo1", "demo2") == [{}, {}]
    assert _told(app, demo2) == [("request", "demo1", False)]


@pytest.mark.parametrize(("name", "refusal"), [("nobody", UserNotFound), ("demo1", OneselfRefused)])
def test_impossible_contacts(
    app: AppRef, demo1: UserInfo, acting: Acting, name: str, refusal: type[ImError]
) -> None:
    me = acting(demo1)
    for act in (
        lambda: request_contact(me, RequestContact(name)),
        lambda: add_contact(Actor(app), AddContact("demo1", name)),
        lambda: remove_contact(me, RemoveContact(name)),
        lambda: answer_contact(me, AnswerContact(name, accept=True)),
    ):
        with pytest.raises(refusal):
            act()


def test_the_app_must_name_who_acts(app: AppRef, demo1: UserInfo) -> None:
    with pytest.raises(IllegalArgument):
        add_contact(Actor(app), AddContact("", "demo1"))
    with pytest.raises(UserNotFound):
        add_contact(Actor(app), AddContact("nobody", "demo1"))


def test_another_apps_user_is_nobody(app: AppRef, other_app: AppRef, demo2: UserInfo) -> None:
    with pytest.raises(UserNotFound):
        add_contact(Actor(other_app), AddContact("demo1", "demo2"))


def test_contacts_are_limited_on_both_sides(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, demo3: UserInfo
) -> None:
    small = Actor(_small(app, max_contacts=1))
    add_contact(small, AddContact("demo1", "demo2"))
    for pair in (("demo1", "demo3"), ("demo3", "demo1")):
        with pytest.raises(ContactLimit, match="user contact number exceed limit"):
            add_contact(small, AddContact(*pair))
    with pytest.raises(ContactLimit):
        request_contact(Actor(small.app, "demo1", demo1.id), RequestContact("demo3"))


def test_a_blocked_user_cannot_ask(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting
) -> None:
    block_users(acting(demo2), BlockUsers(("demo1",)))
    with pytest.raises(Blocked):
        request_contact(acting(demo1), RequestContact("demo2"))


def test_a_friend_gets_a_remark(app: AppRef, demo1: UserInfo, demo2: UserInfo) -> None:
    with pytest.raises(NotFriends, match=r"updateRemark \| they are not friends"):
        set_remark(Actor(app), SetRemark("demo2", "Zoe", owner="demo1"))
    add_contact(Actor(app), AddContact("demo1", "demo2"))
    set_remark(Actor(app), SetRemark("demo2", "Zoe from QA", owner="demo1"))
    assert list_roster(app, "demo1")[0].remark == "Zoe from QA"
    assert list_roster(app, "demo2")[0].remark == ""
    with pytest.raises(RemarkTooLong, match="remark length must less"):
        set_remark(Actor(app), SetRemark("demo2", "x" * 101, owner="demo1"))


def test_pages_of_friends_leave_requests_out(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, demo3: UserInfo, stranger: UserInfo,
    acting: Acting,
) -> None:  # fmt: skip
    for name in ("demo2", "demo3"):
        add_contact(Actor(app), AddContact("demo1", name))
    request_contact(acting(demo1), RequestContact("stranger"))
    first, cursor = page_contacts(app, "demo1", limit=1)
    second, end = page_contacts(app, "demo1", after=cursor, limit=1)
    assert [item.username for item in (*first, *second)] == ["demo3", "demo2"]
    assert end == ""


def test_both_users_are_told_but_not_the_acting_device(
    app: AppRef,
    demo1: UserInfo,
    demo2: UserInfo,
    acting: Acting,
    published: list[tuple[Event, Audience]],
    on_commit_now: None,
) -> None:
    request_contact(acting(demo1, device="web_1"), RequestContact("demo2"))
    told = {audience.topics: audience for _, audience in published}
    assert set(told) == {(f"u.{demo1.id}",), (f"u.{demo2.id}",)}
    assert told[f"u.{demo1.id}",].skip_device == (demo1.id, "web_1")
    for event, _ in published:
        assert isinstance(event, Logged)
        assert (event.entry.sender, event.entry.sender_device) == ("demo1", "web_1")
        assert event.entry.about in ("demo1", "demo2")


def test_friendship_moves_the_rights_of_the_pair(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, on_commit_now: None
) -> None:
    before = pair_rights(app.id, "demo1", "demo2")
    assert peek_pair(app.id, "demo1", "demo2") == before
    add_contact(Actor(app), AddContact("demo1", "demo2"))
    assert peek_pair(app.id, "demo1", "demo2") is None
    after = pair_rights(app.id, "demo1", "demo2")
    assert (after.epoch, after.friends) == (before.epoch + 1, True)


def test_a_name_without_a_user_is_not_remembered(app: AppRef, demo1: UserInfo) -> None:
    assert not pair_rights(app.id, "demo1", "nobody").recipient_exists
    assert peek_pair(app.id, "demo1", "nobody") is None


def test_rights_to_many_are_those_to_each_in_four_queries(
    app: AppRef, demo1: UserInfo, demo2: UserInfo, acting: Acting, django_assert_num_queries: Any
) -> None:
    add_contact(Actor(app), AddContact("demo1", "demo2"))
    block_users(acting(register_user(app, "enemy", "p")), BlockUsers(("demo1",)))
    register_user(app, "stranger", "p")
    names = ["demo2", "enemy", "stranger", "nobody", "demo1", *(f"no-{n}" for n in range(40))]
    each = {name: pair_rights(app.id, "demo1", name, fresh=True) for name in names}
    with django_assert_num_queries(4):
        assert rights_to_each(app.id, "demo1", [*names, "enemy"], fresh=True) == each
    with django_assert_num_queries(2):  # users are remembered; that there is none is not
        assert rights_to_each(app.id, "demo1", names) == each
    told = [(one.friends, one.blocked, one.recipient_exists) for one in list(each.values())[:4]]
    assert told == [
        (True, False, True), (False, True, True), (False, False, True), (False, False, False)
    ]  # fmt: skip
