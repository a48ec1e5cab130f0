"""Live connections in the console: found by filters, and ended as was chosen."""

from dataclasses import replace

import pytest

from accounts.actions.tokens import authenticate, user_token_by_id
from accounts.domain.errors import TokenExpired, Unauthenticated
from accounts.models import AuditEntry
from accounts.queries.im_users import UserInfo
from chat.actions.login import check_log_in
from chat.actions.messages import post_message_now
from chat.actions.receipts import mark_delivered
from chat.actions.retention import sweep
from chat.actions.rooms import create_room
from chat.domain.bodies import Body
from chat.domain.commands import CheckLogIn, CreateRoom, MarkDelivered, SendMessage
from chat.domain.errors import AccountRemoved, DeviceReplaced, ForcedOffline, PasswordChanged
from chat.domain.events import Closing, Kicked
from chat.domain.targets import ToGroup, ToUser
from chat.live.online import DeviceOnline, records
from chat.models import Attempt, LogInRefusal
from chat.queries import faults
from chat.store.clock import now_ms
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, text_of, url


@pytest.fixture
def session(app, demo1) -> DeviceOnline:
    made = DeviceOnline(
        app.id, demo1.id, "demo1", "phone", "msync", "android", "10.0.0.7", now_ms(), "ab12.3",
        sdk="hyphenate", version="4.5.0", heard_ms=now_ms(), frames_in=7, frames_out=11,
    )  # fmt: skip
    records().put([made])
    return made


def rows(text: str) -> int:
    return text.count('data-test="session-row"')


def test_SES_1_connection_is_listed_with_its_sdk_and_counters(
    viewer, app, session, browse: SignIn, django_assert_max_num_queries
):
    client = browse(viewer)
    with django_assert_max_num_queries(12):
        text = text_of(client.get(url("sessions")))
    assert rows(text) == 1
    assert "hyphenate 4.5.0" in text
    assert "7 / 11" in text
    assert "Kick" not in text
    assert "4.5.0" in text_of(client.get(url("session_detail", conn="ab12.3")))


@pytest.mark.parametrize(
    ("query", "found"),
    [
        *(({"user": "DEMO"}, 1), ({"user": "demo2"}, 0), ({"client": "4.5"}, 1)),
        *(({"wire": "msync"}, 1), ({"wire": "xmpp"}, 0), ({"address": "10.0"}, 1)),
        *(({"idle": "45"}, 0), ({"wire": "smoke"}, 1)),
    ],
)
def test_filters_narrow_the_list(viewer, app, session, browse: SignIn, query, found):
    assert rows(text_of(browse(viewer).get(url("sessions"), query))) == found


def test_rows_are_grouped_by_user_when_asked(viewer, app, session, browse: SignIn):
    older = replace(session, user_id=9, username="zoe", device="z", since_ms=1, connection="a.1")
    records().put([older])
    client = browse(viewer)
    names = [
        [row.session.username for row in client.get(url("sessions") + query).context["rows"]]
        for query in ("", "?by_user=on")
    ]
    assert names == [["zoe", session.username], [session.username, "zoe"]]


def test_detail_says_how_it_signed_in_and_what_waits(viewer, app, session, browse: SignIn):
    client = browse(viewer)
    records().put([replace(session, signed_by="token", token_expires_ms=now_ms(), unacked=3)])
    page = url("session_detail", conn=session.connection)
    shown = text_of(client.get(page, headers={"accept-language": "en"}))
    assert "a token, until" in shown
    assert "<dt>Unacknowledged</dt><dd>3</dd>" in shown
    records().put([replace(session, signed_by="dynamic", token_expires_ms=now_ms())])
    assert "a dynamic token, until" in text_of(client.get(page, headers={"accept-language": "en"}))
    records().drop(session)
    asking = {"HX-Request": "true"}
    assert client.get(page, headers=asking).status_code == 286  # htmx asks no more
    assert client.get(page).status_code == 404


def test_detail_tells_the_last_events_of_the_device(
    operator, app, session, demo1, demo2, acting, browse: SignIn
):
    def say(text: str, sender: UserInfo, to: str, device: str = "") -> int:
        message = SendMessage(ToUser(to), Body("txt", {"msg": text}))
        return post_message_now(acting(sender, device=device), message).message_id

    was_waiting = say("before", demo2, "demo1")
    since_ms = now_ms() + 2
    records().put([replace(session, since_ms=since_ms)])
    while now_ms() <= since_ms:  # its events are younger
        pass
    waits = MarkDelivered(ToUser("demo2"), was_waiting)
    mark_delivered(acting(demo1, device="phone"), waits)
    mine = say("mine", demo1, "demo2", "phone")
    say("of another device", demo1, "demo2", "desk")
    say("not acknowledged yet", demo2, "demo1")
    sends = {"app_id": app.id, "at_ms": now_ms(), "kind": "send", "username": "demo1",
             "refusal": "blocked"}  # fmt: skip
    Attempt.objects.create(what="msync user demo2 txt", **sends)
    Attempt.objects.create(what="rest user demo2 txt", **sends)  # not by this device
    desk = browse(operator)
    done(post(desk, "session_expire", conn=session.connection))
    page = url("session_detail", conn=session.connection)
    answer = desk.get(page, headers={"accept-language": "en"})
    events = [(one.what, one.who, one.message_id) for one in answer.context["events"]()]
    assert sorted(events) == [
        ("expired", "operator", ""),
        ("got", "demo2", str(was_waiting)),
        ("refused", "demo2", ""),
        ("sent", "demo2", str(mine)),
        ("signed_in", "", ""),
    ]
    assert events[-1][0] == "signed_in"
    assert text_of(answer).count('data-test="session-event"') == 5


def test_of_a_busy_device_the_last_twenty_events_are_told(
    viewer, app, session, demo1, acting, browse: SignIn
):
    room = create_room(acting(), CreateRoom("group", "g", owner="demo1"))
    records().put([replace(session, since_ms=1)])
    for number in range(30):
        message = SendMessage(ToGroup(room.room_id), Body("txt", {"msg": str(number)}))
        sent = post_message_now(acting(), message).message_id
    delivered = MarkDelivered(ToGroup(room.room_id), sent)
    mark_delivered(acting(demo1, device="phone"), delivered)
    page = browse(viewer).get(url("session_detail", conn=session.connection))
    events = page.context["events"]()
    assert [one.what for one in events] == ["got"] * 20
    assert (events[0].message_id, events[0].who) == (str(sent), room.room_id)


def test_silence_is_marked_amber_then_red(viewer, app, session, browse: SignIn):
    for silent_s, chip in ((10, "chip-ok"), (50, "chip-warn"), (80, "chip-err")):
        heard = now_ms() - silent_s * 1000
        records().put([replace(session, since_ms=1, heard_ms=heard)])
        assert chip in text_of(browse(viewer).get(url("sessions")))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("other", DeviceReplaced),
        ("admin", ForcedOffline),
        ("removed", AccountRemoved),
        ("password", PasswordChanged),
    ],
)
def test_kick_tells_this_log_in_of_this_device_what_was_chosen(
    operator, app, session, browse: SignIn, published, on_commit_now, kind, reason
):
    answer = post(browse(operator), "session_kick", {"kind": kind}, conn="ab12.3")
    assert done(answer) == url("sessions")
    [(event, audience)] = published
    assert isinstance(event, Kicked)
    assert type(event.reason) is reason
    assert event.connection == session.connection
    assert (audience.topics, audience.device) == ((f"u.{session.user_id}",), "phone")
    entry = audited("session.kick")
    assert entry.diff == {"user": [None, "demo1"], "device": [None, "phone"], "kind": [None, kind]}


def test_kick_needs_a_known_kind(operator, app, session, browse: SignIn, published, on_commit_now):
    assert post(browse(operator), "session_kick", {"kind": "x"}, conn="ab12.3").status_code == 422
    assert published == []


def test_close_sends_the_client_away_without_a_reason(
    operator, app, session, browse: SignIn, published, on_commit_now
):
    done(post(browse(operator), "session_close", conn="ab12.3"))
    [(event, audience)] = published
    assert (event, audience.device) == (Closing(1), "phone")
    assert audited("session.close").target_id == "ab12.3"


@pytest.fixture
def fresh_refusals():
    """What was read of them is read again, before and after."""
    faults.read_again()
    yield
    faults.read_again()


def log_in(device: str = "phone") -> bool:
    """Whether a log-in would be refused on purpose."""
    command = CheckLogIn("demo#app", "demo1", password="123456", device=device)
    return check_log_in(command, "xmpp").is_refused


def test_F5_close_may_refuse_the_users_log_ins_for_a_time(
    operator, app, session, browse: SignIn, on_commit_now, fresh_refusals
):
    client = browse(operator)
    assert not log_in()
    assert post(client, "session_close", {"refuse_for": "4000"}, conn="ab12.3").status_code == 422
    done(post(client, "session_close", {"refuse_for": "60"}, conn="ab12.3"))
    assert log_in()
    assert not log_in("console-1")
    assert audited("session.close").diff["refuse_s"] == [0, 60]
    page = url("user_sessions", u="demo1")
    assert 'data-test="refused-note"' in text_of(client.get(page))
    assert done(post(client, "user_admit", u="demo1")) == page
    assert not log_in()
    assert 'data-test="refused-note"' not in text_of(client.get(page))
    assert audited("session.admit").target_id == "demo1"


def test_refusal_ends_by_itself_and_is_swept(
    operator, app, session, browse: SignIn, on_commit_now, fresh_refusals
):
    done(post(browse(operator), "session_close", {"refuse_for": "60"}, conn="ab12.3"))
    LogInRefusal.objects.update(until_ms=now_ms() - 1)
    faults.read_again()
    assert not log_in()
    list(sweep())
    assert LogInRefusal.objects.count() == 0


def test_bulk_kick_names_them_and_leaves_out_what_has_ended(
    operator, app, session, browse: SignIn, published, on_commit_now
):
    client = browse(operator)
    other = replace(session, device="pad", connection="ab12.4")
    records().put([other])
    asked = {"conns": ["ab12.3", "ab12.4", "ab12.9"]}
    text = text_of(post(client, "session_bulk", asked))
    assert text.count('data-test="bulk-session"') == 2
    assert published == []
    done(post(client, "session_bulk", {**asked, "confirm": "yes", "kind": "admin"}))
    assert sorted(audience.device for _event, audience in published) == ["pad", "phone"]
    assert AuditEntry.objects.filter(action="session.kick").count() == 2
    assert post(client, "session_bulk", {"conns": ["ab12.9"]}).status_code == 303


def test_bulk_kick_leaves_other_apps_alone(
    operator, app, other_app, session, browse: SignIn, published, on_commit_now
):
    records().put([replace(session, app_id=other_app.id, connection="ab12.4")])
    asked = {"conns": ["ab12.4"], "confirm": "yes", "kind": "admin"}
    assert post(browse(operator), "session_bulk", asked).status_code == 303
    assert published == []


def test_expired_tokens_are_refused_and_the_connection_stays(
    operator, app, session, browse: SignIn, published, on_commit_now
):
    token = user_token_by_id(app, "demo1").token
    done(post(browse(operator), "session_expire", conn="ab12.3"))
    with pytest.raises((Unauthenticated, TokenExpired)):
        authenticate(app, token)
    assert published == []
    assert audited("session.expire").diff["user"] == [None, "demo1"]


def test_connection_that_has_ended_is_not_found(operator, app, demo1, browse: SignIn):
    client = browse(operator)
    assert client.get(url("session_detail", conn="ab12.3")).status_code == 404
    assert post(client, "session_kick", {"kind": "admin"}, conn="ab12.3").status_code == 404


def test_connections_of_another_app_are_not_shown(viewer, app, other_app, session, browse: SignIn):
    records().put([replace(session, app_id=other_app.id, username="stranger", device="x",
                           connection="ab12.4")])  # fmt: skip
    client = browse(viewer)
    assert "stranger" not in text_of(client.get(url("sessions")))
    assert client.get(url("session_detail", conn="ab12.4")).status_code == 404


def test_nobody_connected_says_how_to_connect(viewer, app, browse: SignIn):
    text = text_of(browse(viewer).get(url("sessions"), headers={"accept-language": "en"}))
    assert "No client is connected." in text
    assert url("connect") in text
