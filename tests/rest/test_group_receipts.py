"""Read receipts of group messages: given by members, told to the author, listed by REST."""

from dataclasses import replace

import pytest

from chat.actions.group_receipts import give_group_receipt
from chat.actions.messages import post_message_now
from chat.actions.receipts import give_receipt
from chat.domain.bodies import Body
from chat.domain.commands import GiveGroupReceipt, GiveReceipt, SendMessage, Sync
from chat.domain.errors import MessageNotFound, NotMember
from chat.domain.events import GroupMessageRead, MessageOptions, fact_of
from chat.domain.targets import ToGroup, ToUser
from chat.models import GroupReceipt
from chat.queries.conversations import unread_total
from chat.queries.history import sync
from tests.rest.api import A_TIME_MS

pytestmark = pytest.mark.django_db

HELLO = Body("txt", {"msg": "hello"})


@pytest.fixture
def target(group) -> ToGroup:
    return ToGroup(group.room_id)


@pytest.fixture
def asking(acting, demo1, target) -> int:
    """The id of a message of demo1 that asks for receipts."""
    options = MessageOptions(need_group_ack=True)
    return post_message_now(acting(demo1), SendMessage(target, HELLO, options=options)).message_id


@pytest.mark.endpoint("M22")
def test_the_author_is_told_and_rest_lists_who_has_read(
    api, as_user, acting, demo1, demo2, demo3, target, asking, published, on_commit_now
):
    path = f"/chatgroups/{target.group_id}/acks/{asking}"
    data = {
        "ackmid": str(asking),
        "userlist": [],
        "total": 0,
        "is_last": True,
        "next_key": "",
        "timestamp": A_TIME_MS,
    }
    answer = api.get(f"{path}?limit=500&key=undefined")
    assert answer.json["data"] == data
    give_group_receipt(acting(demo2), GiveGroupReceipt(target, asking, "seen"))
    give_group_receipt(acting(demo2), GiveGroupReceipt(target, asking))
    give_group_receipt(acting(demo3), GiveGroupReceipt(target, asking))
    told = [(event.fact, audience) for event, audience in published
            if isinstance(getattr(event, "fact", None), GroupMessageRead)]  # fmt: skip
    assert [fact for fact, _ in told] == [
        GroupMessageRead(target.group_id, asking, "demo2", 1, "seen"),
        GroupMessageRead(target.group_id, asking, "demo3", 2, ""),
    ]
    assert told[0][1].topics == (f"u.{demo1.id}",)
    facts = [fact_of(entry) for entry in sync(acting(demo1, device="new"), Sync()).entries]
    assert told[0][0] in facts
    first = as_user("demo1").get(f"{path}?limit=1").data
    assert (first["userlist"], first["total"], first["is_last"]) == (["demo2"], 2, False)
    rest = api.get(f"{path}?limit=1&key={first['next_key']}").data
    assert (rest["userlist"], rest["is_last"], rest["next_key"]) == (["demo3"], True, "")


@pytest.mark.endpoint("M22")
def test_who_may_not_read_the_list(api, as_user, target, asking):
    unknown = api.get(f"/chatgroups/1/acks/{asking}")
    assert unknown.error == (404, "resource_not_found", "grpID 1 does not exist!")
    for odd in ("5", "x", "9" * 30):
        assert api.get(f"/chatgroups/{target.group_id}/acks/{odd}").data["total"] == 0
    answer = as_user("stranger").get(f"/chatgroups/{target.group_id}/acks/{asking}")
    assert answer.error[:2] == (403, "forbidden_op")


def test_which_receipts_are_refused(acting, demo1, demo2, stranger, target, asking):
    plain = post_message_now(acting(demo1), SendMessage(target, HELLO)).message_id
    elsewhere = post_message_now(acting(demo1), SendMessage(ToUser("demo2"), HELLO)).message_id
    for who, message_id in ((demo1, asking), (demo2, plain), (demo2, elsewhere), (demo2, 5)):
        with pytest.raises(MessageNotFound):
            give_group_receipt(acting(who), GiveGroupReceipt(target, message_id))
    with pytest.raises(NotMember):
        give_group_receipt(acting(stranger), GiveGroupReceipt(target, asking))


def test_reader_of_the_first_generation_tells_the_author_who_did_not_ask(
    acting, demo1, demo2, stranger, target, published, on_commit_now
):
    plain = post_message_now(acting(demo1), SendMessage(target, HELLO)).message_id
    published.clear()
    for kind in ("delivered", "read", "read"):
        give_receipt(acting(demo2), GiveReceipt(kind, "demo1", plain, in_groups=True))
    [(event, audience)] = published
    assert event.fact == GroupMessageRead(target.group_id, plain, "demo2", 1, asked=False)
    assert fact_of(event.entry) == event.fact
    assert audience.topics == (f"u.{demo1.id}",)
    give_receipt(acting(demo2), GiveReceipt("read", "demo3", plain, in_groups=True))
    assert len(published) == 1  # demo3 did not write it
    with pytest.raises(NotMember):
        give_receipt(acting(stranger), GiveReceipt("read", "demo1", plain, in_groups=True))
    with pytest.raises(MessageNotFound):
        give_receipt(acting(demo2), GiveReceipt("read", "demo1", plain))


def test_where_groups_give_no_receipts_a_message_is_read_and_no_more(
    app, acting, demo1, demo2, target, asking
):
    off = replace(app, settings=app.settings.changed(group_receipts_enabled=False))
    reader = replace(acting(demo2), app=off)
    assert unread_total(demo2.id) == 1
    give_group_receipt(reader, GiveGroupReceipt(target, asking))
    assert unread_total(demo2.id) == 0
    assert not GroupReceipt.objects.exists()
    give_group_receipt(acting(demo2), GiveGroupReceipt(target, asking))
    assert GroupReceipt.objects.count() == 1
