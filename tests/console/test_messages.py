"""The message log, one message, and taking it back."""

import re
from datetime import timedelta
from html import unescape

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.im_apps import change_app
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import ImError
from accounts.models import AuditEntry, Operator
from accounts.queries.im_users import UserInfo
from chat.actions.messages import post_message_now
from chat.actions.recalls import recall_message
from chat.actions.receipts import mark_delivered, mark_read, note_received
from chat.actions.rooms import create_room
from chat.actions.user_mutes import mute_user
from chat.domain.bodies import Body
from chat.domain.commands import (
    CreateRoom,
    MarkDelivered,
    MarkRead,
    MarkReceived,
    MuteUser,
    RecallMessage,
    SendMessage,
)
from chat.domain.entries import EntryState
from chat.domain.targets import ToGroup, ToUser
from chat.models import EntryRow
from chat.queries import message_log
from chat.queries.message_log import get_message
from chat.store import cursors, observed
from chat.store.rows import id_at
from imadmin.console.feeds import messages_version
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url

pytestmark = pytest.mark.usefixtures("demo1", "demo2", "demo3")


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


@pytest.fixture
def say(acting):
    """`say("demo1", ToUser("demo2"), "hi")` posts a text and answers its id."""

    def said(sender, target, text="hello", **fields):
        body = Body("txt", {"msg": text}) if not fields else Body(**fields)
        return post_message_now(acting(), SendMessage(target, body, sender=sender)).message_id

    return said


def ids(client: Client, query: str) -> list[int]:
    page = client.get(url("messages") + f"?{query}").context["page"]
    return [int(row.id) for row in page.rows]


def age(message_id: int, **ago: int) -> int:
    """The message, as if it had been sent so long ago."""
    then_ms = int((timezone.now() - timedelta(**ago)).timestamp() * 1000)
    EntryRow.objects.filter(id=message_id).update(id=id_at(then_ms), created_ms=then_ms)
    return id_at(then_ms)


def test_MSG_1_message_is_found_by_id_however_old(client: Client, say):
    say("demo1", ToUser("demo2"))
    wanted = age(say("demo1", ToUser("demo2")), days=3)
    assert ids(client, f"id={wanted}") == [wanted]
    assert ids(client, "id=17") == []
    assert ids(client, "id=abc") == []


def test_filters_narrow_the_log(client: Client, acting, say):
    create_room(acting(), CreateRoom("group", "One", owner="demo1", room_id="g1"))
    one = say("demo1", ToUser("demo2"), "red apple")
    back = say("demo2", ToUser("demo1"), "green pear")
    group = say("demo1", ToGroup("g1"), "blue plum")
    picture = say("demo3", ToUser("demo1"), type="img", fields={"url": "https://x.example"})
    assert ids(client, "") == [picture, group, back, one]
    assert ids(client, "from=demo1") == [group, one]
    assert ids(client, "sender=demo2") == [back]
    assert ids(client, "to=demo1") == [picture, back]
    assert ids(client, "room=g1") == [group]
    assert ids(client, "chat=pair") == [picture, back, one]
    assert ids(client, "type=img") == [picture]
    assert ids(client, "text=apple&since=1h") == [one]
    assert ids(client, "state=recalled") == []
    assert ids(client, "source=rest") == [picture, group, back, one]
    assert ids(client, "source=client") == []


def test_time_is_the_last_hour_unless_widened(client: Client, say):
    old = age(say("demo1", ToUser("demo2")), hours=2)
    shown = client.get(url("messages"), headers={"accept-language": "en"})
    assert "No messages in the last hour." in text_of(shown)
    assert ids(client, "since=24h") == ids(client, "since=all") == [old]
    answer = client.get(url("messages") + "?since=all&text=x", headers={"accept-language": "en"})
    assert "This is searched within 24 hours" in text_of(answer)


def test_state_and_key_of_ext_are_filters_too(client: Client, app, acting, demo2, say):
    create_room(
        acting(), CreateRoom("group", "One", owner="demo1", members=("demo3",), room_id="g1")
    )
    waiting = say("demo1", ToUser("demo2"))
    group = say("demo1", ToGroup("g1"))
    gone = say("demo1", ToUser("demo2"), "oops")
    recall_message(acting(), RecallMessage(gone, sender="demo1"))
    nobody = say("demo1", ToUser("not-there"))
    assert ids(client, "state=queued") == [group, waiting]
    assert ids(client, "state=recalled&since=all") == [gone]
    reader = Actor(app, "demo2", demo2.id, device="phone")
    mark_delivered(reader, MarkDelivered(ToUser("demo1"), waiting))
    assert ids(client, "state=queued") == [group]
    assert ids(client, "state=delivered") == [waiting]
    assert ids(client, "state=read") == []
    mark_read(reader, MarkRead(ToUser("demo1"), waiting))
    assert ids(client, "state=read") == [waiting]
    with_ext = SendMessage(ToUser("demo2"), Body("txt", {"msg": '"type":'}), ext={"type": "order"})
    sent = post_message_now(acting(), with_ext).message_id
    say("demo1", ToUser("demo2"), '"ext":{"type":1}')
    assert ids(client, "ext_key=type") == [sent]
    assert ids(client, "ext_key=order") == []
    assert nobody in ids(client, "")


def test_rows_say_how_far_each_message_came(client: Client, app, acting, demo2, demo3, say):
    create_room(
        acting(),
        CreateRoom("group", "One", owner="demo1", members=("demo2", "demo3"), room_id="g1"),
    )
    pair, group = say("demo1", ToUser("demo2")), say("demo1", ToGroup("g1"))
    actors = [Actor(app, one.username, one.id, device="phone") for one in (demo2, demo3)]
    assert states(client) == ["delivered 0/2", "queued"]
    mark_delivered(actors[0], MarkDelivered(ToUser("demo1"), pair))
    mark_delivered(actors[0], MarkDelivered(ToGroup("g1"), group))
    assert states(client) == ["delivered 1/2", "confirmed"]
    mark_read(actors[0], MarkRead(ToUser("demo1"), pair))
    for actor in actors:
        mark_read(actor, MarkRead(ToGroup("g1"), group))
    assert states(client) == ["delivered 2/2", "read"]
    recall_message(acting(), RecallMessage(pair, sender="demo1"))
    assert states(client) == ["delivered 2/2", "recalled"]


def test_the_tail_moves_when_a_device_acknowledges(app, demo2, say):
    message = say("demo1", ToUser("demo2"))
    before = messages_version(app, "")
    assert messages_version(app, "") == before
    reader = Actor(app, "demo2", demo2.id, device="phone")
    note_received(reader, MarkReceived(get_message(app, message).conversation, 1))
    cursors.flush()
    assert messages_version(app, "") != before


def test_detail_tells_the_history_and_fills_a_new_send(client: Client, acting, say):
    gone = say("demo1", ToUser("demo2"), "oops")
    recall_message(acting(), RecallMessage(gone, sender="demo1"))
    shown = text_of(client.get(url("message_detail", mid=gone), headers={"accept-language": "en"}))
    assert "recalled" in shown.split('data-test="message-history"')[1]
    kept = say("demo1", ToUser("demo2"), "again please")
    shown = text_of(client.get(url("message_detail", mid=kept)))
    assert "message-history" not in shown
    assert "/messages/users" in shown.split('data-test="copy-as-curl"')[1]
    form = client.get(url("send") + f"?message={kept}").context["form"]
    values = [form[name].value() for name in ("sender", "to_type", "to", "type", "text")]
    assert values == ["demo1", "user", "demo2", "txt", "again please"]


def states(client: Client) -> list[str]:
    shown = text_of(client.get(url("messages"), headers={"accept-language": "en"}))
    return re.findall(r'data-test="message-state">([^<]*)<', shown)


def test_a_range_of_its_own_ends_where_it_says(client: Client, say):
    old = age(say("demo1", ToUser("demo2"), "old"), hours=30)
    say("demo1", ToUser("demo2"), "old")
    begin = (timezone.now() - timedelta(hours=31)).strftime("%Y-%m-%dT%H:%M")
    end = (timezone.now() - timedelta(hours=29)).strftime("%Y-%m-%dT%H:%M")
    assert ids(client, f"since=custom&begin={begin}&end={end}") == [old]
    assert ids(client, f"since=custom&begin={begin}&end={end}&text=old") == [old]
    shown = client.get(
        url("messages") + f"?since=custom&begin={end}&end={begin}",
        headers={"accept-language": "en"},
    )
    assert "This is before the beginning." in text_of(shown)
    long = client.get(
        url("messages") + f"?since=custom&begin={begin}&text=old", headers={"accept-language": "en"}
    )
    assert "This is searched within 24 hours" in text_of(long)


def test_log_pages_by_key_without_a_gap(client: Client, say):
    sent = [say("demo1", ToUser("demo2"), str(n)) for n in range(30)]
    seen, query = [], "?size=25"
    while query:
        page = client.get(url("messages") + query).context["page"]
        seen += [int(row.id) for row in page.rows]
        query = page.next_query
    assert seen == sent[::-1]


def test_detail_shows_body_as_text_and_never_loads_a_foreign_address(client: Client, say):
    evil = say("demo1", ToUser("demo2"), "<script>alert(1)</script>")
    shown = text_of(client.get(url("message_detail", mid=evil)))
    assert "&lt;script&gt;alert(1)" in shown
    assert "<script>alert" not in shown
    for address, linked in (("https://x.example/a.png", True), ("javascript:alert(1)", False)):
        picture = say("demo1", ToUser("demo2"), type="img", fields={"url": address})
        shown = text_of(client.get(url("message_detail", mid=picture)))
        assert "<img" not in shown
        assert (f'href="{address}" rel="noopener noreferrer"' in shown) is linked


def test_MSG_2_message_is_recalled_within_its_time(client: Client, app: AppRef, say, published):
    message = say("demo1", ToUser("demo2"))
    assert "recall-submit" in text_of(client.get(url("message_detail", mid=message)))
    done(post(client, "message_recall", mid=message))
    assert get_message(app, message).state is EntryState.RECALLED
    page = client.get(url("message_detail", mid=message), headers={"accept-language": "en"})
    assert 'data-test="message-state">recalled<' in text_of(page)
    assert audited("message.recall").target_id == str(message)
    assert ids(client, "recalled=on") == [message]


def test_MSG_3_after_its_time_recall_is_refused_with_the_reason(client: Client, app, say):
    message = age(say("demo1", ToUser("demo2")), minutes=5)
    refused(post(client, "message_recall", mid=message), "time for recalling this message is over")
    refused(post(client, "message_recall", {"force": "on"}, mid=message), "is over")
    assert get_message(app, message).state is EntryState.NORMAL
    assert not AuditEntry.objects.filter(action="message.recall").exists()


def test_owner_may_force_a_late_recall(owner: Operator, browse: SignIn, app: AppRef, say):
    message = age(say("demo1", ToUser("demo2")), minutes=5)
    client = browse(owner)
    assert "recall-force" in text_of(client.get(url("message_detail", mid=message)))
    done(post(client, "message_recall", {"force": "on"}, mid=message))
    assert get_message(app, message).state is EntryState.RECALLED


def test_second_recall_is_refused(client: Client, say):
    message = say("demo1", ToUser("demo2"))
    done(post(client, "message_recall", mid=message))
    assert post(client, "message_recall", mid=message).status_code == 422


def test_viewer_sees_no_bodies_where_the_app_hides_them(viewer, browse: SignIn, app: AppRef, say):
    message = say("demo1", ToUser("demo2"), "secret words")
    client = browse(viewer)
    assert "secret words" in text_of(client.get(url("messages")))
    change_app(app, settings=app.settings.changed(bodies_visible_to_viewers=False))
    for path in (url("messages"), url("messages") + "?text=secret",
                 url("message_detail", mid=message)):  # fmt: skip
        assert "secret words" not in text_of(client.get(path))
    assert post(client, "message_recall", mid=message).status_code == 403
    assert AuditEntry.objects.get(action="message.recall").allowed is False


def test_unknown_message_and_file_are_404(client: Client):
    assert client.get(url("message_detail", mid=17)).status_code == 404
    assert post(client, "message_recall", mid=17).status_code == 404
    unknown = url("file", uuid="3f2504e0-4f89-41d3-9a0c-0305e82c3301")
    assert client.get(unknown).status_code == 404


def test_refused_sends_of_an_hour_are_listed_with_the_reason(
    client: Client, app: AppRef, demo1: UserInfo, demo2: UserInfo
):
    observed._attempts.clear()  # of tests before, in an app of the same number
    mute_user(Actor(app), MuteUser("demo1", {"pair": -1}))
    with pytest.raises(ImError):
        post_message_now(
            Actor(app, "demo1", demo1.id, via="xmpp"),
            SendMessage(ToUser("demo2"), Body("txt", {"msg": "a"})),
        )
    observed.flush()
    page = text_of(client.get(url("refused_sends"), headers={"accept-language": "en"}))
    [row] = page.split('data-test="refused-row"')[1:]
    for word in ("demo1", "demo2", "xmpp", "txt", "muted"):
        assert word in row
    check = client.get(url("connect_check"), {"user": "demo1"}, follow=True)
    assert check.context["seen"] == []  # that page is about ways in


def test_filter_without_an_index_stops_and_is_looked_for_further(
    client: Client, say, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(message_log, "MOST_LOOKED_AT", 3)
    place = say("demo1", ToUser("demo2"), type="loc", fields={"lat": 1, "lng": 2, "addr": "x"})
    for _ in range(4):
        say("demo1", ToUser("demo2"))
    query = {"since": "all", "type": "loc"}
    first = client.get(url("messages"), query, headers={"accept-language": "en"})
    assert "Nothing matches in this part." in text_of(first)
    assert "Nothing matches these filters." not in text_of(first)
    [link] = re.findall(r'href="([^"]*)" data-test="look-further"', text_of(first))
    behind = client.get(url("messages") + unescape(link))
    assert [row.id for row in behind.context["page"].rows] == [str(place)]
    assert 'data-test="looked-to"' not in text_of(behind)
    part = client.get(url("messages"), query, headers={"hx-request": "true"})
    assert 'data-test="look-further"' in text_of(part)
