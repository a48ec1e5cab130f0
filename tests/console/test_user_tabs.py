"""What a user's devices do and have, and what an operator does about it."""

import pytest
from django.test import Client

from accounts.domain.actor import Actor, AppRef
from accounts.models import Operator
from accounts.queries.im_users import UserInfo
from accounts.queries.profiles import get_profile
from chat.actions.messages import post_message_now
from chat.actions.receipts import mark_delivered
from chat.domain.bodies import Body
from chat.domain.commands import MarkDelivered, SendMessage
from chat.domain.targets import ToUser
from chat.queries.user_mutes import mutes_of_user
from chat.store import cursors
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url


@pytest.fixture
def client(operator: Operator, browse: SignIn, demo1: UserInfo, demo2: UserInfo) -> Client:
    return browse(operator)


def send(app: AppRef, count: int = 1) -> list[int]:
    """Messages of demo1 to demo2."""
    actor = Actor(app, "demo1", 0)
    return [
        post_message_now(
            actor, SendMessage(ToUser("demo2"), Body("txt", {"msg": f"n{n}"}), client_id=f"c{n}")
        ).message_id
        for n in range(count)
    ]


def rows(client: Client, tab: str, test: str, query: str = "") -> int:
    return text_of(client.get(url(f"user_{tab}", u="demo2") + query)).count(f'data-test="{test}"')


def test_UD_1_message_waits_in_the_queue_until_a_device_has_it(
    client: Client, app: AppRef, demo2: UserInfo
):
    assert rows(client, "queue", "queue-row") == 0
    (sent,) = send(app)
    page = text_of(client.get(url("user_queue", u="demo2")))
    assert f'data-id="{sent}"' in page
    assert "n0" in page
    mark_delivered(Actor(app, "demo2", demo2.id, device="d"), MarkDelivered(ToUser("demo1"), sent))
    cursors.flush()
    assert rows(client, "queue", "queue-row") == 0


def test_UD_2_unread_is_three_after_three_and_none_when_marked(client: Client, app: AppRef):
    last = send(app, 3)[-1]
    page = text_of(client.get(url("user_conversations", u="demo2")))
    assert 'data-test="unread">3<' in page
    form = {"chat": "user", "name": "demo1", "up_to": last}
    answer = post(client, "user_conversations_read", form, u="demo2")
    assert done(answer) == url("user_conversations", u="demo2")
    page = text_of(client.get(url("user_conversations", u="demo2")))
    assert 'data-test="unread">0<' in page
    assert audited("conv.read").target_id == "demo2"


def test_conversation_leaves_the_list_until_somebody_writes(client: Client, app: AppRef):
    form = {"chat": "user", "name": "demo1", "up_to": send(app)[0]}
    done(post(client, "user_conversations_delete", form, u="demo2"))
    assert rows(client, "conversations", "conversation-row") == 0
    assert rows(client, "messages", "message-row") == 1
    assert audited("conv.delete").target_id == "demo2"


def test_conversation_of_a_group_that_is_not_there_is_refused(client: Client, app: AppRef):
    form = {"chat": "group", "name": "nowhere", "up_to": 1}
    assert post(client, "user_conversations_read", form, u="demo2").status_code == 422


def test_UD_3_messages_page_by_ten_and_say_which_is_the_last(client: Client, app: AppRef):
    send(app, 30)
    query, shown = "", []
    for _page in range(3):
        page = client.get(url("user_messages", u="demo2") + query)
        shown.append((text_of(page).count('data-test="message-row"'), "last-page" in text_of(page)))
        query = page.context["page"].next_query
    assert shown == [(10, False), (10, False), (10, True)]
    assert query == ""


def test_viewer_sees_the_tabs_and_is_offered_no_change(
    viewer: Operator, browse: SignIn, app: AppRef, demo1: UserInfo, demo2: UserInfo
):
    client = browse(viewer)
    send(app)
    for tab in ("queue", "conversations", "messages"):
        page = text_of(client.get(url(f"user_{tab}", u="demo2")))
        assert "n0" in page
        assert "conversation-read" not in page


def test_mute_is_set_shown_and_lifted(client: Client, app: AppRef):
    done(post(client, "user_mute", {"groupchat": "3600", "chat": "-1"}, u="demo1"))
    assert {mute.kind for mute in mutes_of_user(app, "demo1")} == {"pair", "group"}
    assert text_of(client.get(url("user_detail", u="demo1"))).count('data-test="user-muted"') == 2
    assert audited("user.mute").target_id == "demo1"
    done(post(client, "user_mute", {"groupchat": "0", "chat": "0"}, u="demo1"))
    assert mutes_of_user(app, "demo1") == []


def test_mute_without_a_change_is_refused(client: Client, app: AppRef):
    refused(post(client, "user_mute", {}, u="demo1"), "Choose at least one change")


def test_profile_attribute_is_set_and_shown(client: Client, app: AppRef):
    form = {"attribute": "sign", "value": "<b>hi</b>"}
    done(post(client, "user_profile", form, u="demo1"))
    assert get_profile(app, "demo1") == {"sign": "<b>hi</b>"}
    assert "&lt;b&gt;hi&lt;/b&gt;" in text_of(client.get(url("user_detail", u="demo1")))
    assert audited("user.profile").diff == {"sign": [None, "<b>hi</b>"]}
