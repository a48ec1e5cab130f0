"""Proof, displacement and presence of a log-in; the socket's side is in tests/gateway."""

from dataclasses import replace

import pytest
from msgspec import structs

from accounts.actions.im_apps import change_settings as change
from accounts.actions.im_users import change_password, delete_user, set_activated
from accounts.domain.actor import Via
from accounts.domain.errors import (
    AppNotFound,
    Unauthenticated,
    UnknownLogin,
    UserDisabled,
    WrongPassword,
)
from chat.actions.login import (
    Proven,
    Settled,
    check_log_in,
    check_log_ins,
    log_outs,
    settle_log_ins,
)
from chat.actions.messages import post_message_now
from chat.actions.rooms import create_room, destroy_room
from chat.domain.audience import Audience
from chat.domain.bodies import Body
from chat.domain.commands import (
    CheckLogIn,
    ClientInfo,
    CreateRoom,
    DestroyRoom,
    LogIn,
    SendMessage,
)
from chat.domain.errors import (
    DailyLimit,
    DeviceReplaced,
    MonthlyLimit,
    OnlineLimit,
    TooManyDevices,
)
from chat.domain.events import Kicked
from chat.domain.targets import ToGroup, ToUser
from chat.live import online
from chat.live.online import DeviceOnline
from tests.cast import PASSWORD


@pytest.fixture(autouse=True)
def _nobody_online():
    online.records.cache_clear()
    yield
    online.records.cache_clear()


def by_password(user: str = "demo1", device: str = "phone") -> LogIn:
    return LogIn(
        "demo#app", user, password=PASSWORD, device=device, client=ClientInfo("web", "x", "1")
    )


def record(proven: Proven, since_ms: int = 1000, connection: str = "p.1") -> DeviceOnline:
    actor = proven.actor
    return DeviceOnline(
        app_id=actor.app.id,
        user_id=actor.user_id,
        username=actor.username,
        device=actor.device,
        wire="native",
        client="web",
        address="127.0.0.1:1",
        since_ms=since_ms,
        connection=connection,
    )


def good(outcomes):
    """What is no refusal, untyped."""
    assert not [one for one in outcomes if isinstance(one, Exception)]
    return outcomes


def settle(proven: Proven, its: DeviceOnline) -> Settled:
    """One log-in alone."""
    [outcome] = settle_log_ins([(proven, its)])
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


def logged_in(device: str, since_ms: int) -> Proven:
    proven = check_log_in(by_password(device=device), "native")
    settle(proven, record(proven, since_ms, f"p.{since_ms}"))
    return proven


def kicked(published) -> list[tuple[str, Audience]]:
    return [
        (event.reason.code, audience) for event, audience in published if isinstance(event, Kicked)
    ]


def test_a_password_proves_who_one_is(app, demo1):
    actor = check_log_in(by_password("Demo1"), "native").actor
    assert (actor.username, actor.user_id, actor.device, actor.via) == (
        "demo1",
        demo1.id,
        "phone",
        "native",
    )


def test_a_token_proves_who_one_is_and_tells_when_it_ends(app, demo1, user_token):
    token = user_token("demo1")
    proven = check_log_in(LogIn("Demo#App", token=token), "native")
    assert proven.actor.username == "demo1"
    assert proven.expires_ms > 0
    assert check_log_in(LogIn("demo#app", "DEMO1", token=token), "native").actor.user_id == demo1.id


def test_a_log_in_without_a_device_gets_one_of_its_own(app, demo1):
    one = check_log_in(by_password(device=""), "native").actor.device
    other = check_log_in(by_password(device=""), "native").actor.device
    assert one.startswith("native-")
    assert one != other


def test_nothing_else_proves_anything(app, demo1, demo2, other_app, app_token, user_token):
    cases = [
        (LogIn("demo#app", "demo1", password="wrong"), WrongPassword),
        (LogIn("demo#app", "nobody", password="x"), UnknownLogin),
        (LogIn("no#app", "demo1", password=PASSWORD), AppNotFound),
        (LogIn("nonsense", "demo1", password=PASSWORD), AppNotFound),
        (LogIn("demo#app", "demo1"), WrongPassword),
        (LogIn("demo#app"), Unauthenticated),
        (LogIn("demo#app", token="YWMtx"), Unauthenticated),
        (LogIn("demo#app", "nobody", token="YWMtx"), UnknownLogin),
        (LogIn("demo#app", token=app_token), Unauthenticated),
        (LogIn("demo#app", "demo2", token=user_token("demo1")), Unauthenticated),
        (LogIn("other#app", token=user_token("demo1")), Unauthenticated),
    ]
    for command, refusal in cases:
        with pytest.raises(refusal):
            check_log_in(command, "native")


def test_a_banned_user_does_not_get_in(app, demo1):
    set_activated(app, "demo1", False)
    with pytest.raises(UserDisabled):
        check_log_in(by_password(), "native")


@pytest.mark.parametrize(
    ("happens", "refusal"),
    [
        (lambda app: change_password(app, "demo1", "new"), Unauthenticated),
        (lambda app: set_activated(app, "demo1", False), Unauthenticated),
        (lambda app: delete_user(app, "demo1"), Unauthenticated),
    ],
)
@pytest.mark.parametrize("with_token", [False, True])
def test_what_is_revoked_between_proof_and_listening_is_refused(
    app, demo1, user_token, happens, refusal, with_token
):
    command = LogIn("demo#app", token=user_token("demo1")) if with_token else by_password()
    proven = check_log_in(command, "native")
    happens(app)
    with pytest.raises((refusal, UserDisabled)):
        settle(proven, record(proven))
    assert online.devices_of(app.id, demo1.id) == []


def test_the_rooms_one_is_in_are_found_and_destroyed_ones_are_not(app, demo1, demo2, acting):
    room = create_room(acting(demo1), CreateRoom("group", "g"))
    gone = create_room(acting(demo1), CreateRoom("group", "gone"))
    create_room(acting(demo2), CreateRoom("group", "not ours"))
    destroy_room(acting(demo1), DestroyRoom(ToGroup(gone.room_id)))
    proven = check_log_in(by_password(), "native")
    assert settle(proven, record(proven)).rooms == (room.row_id,)


def test_the_same_device_s_log_in_before_is_displaced_though_a_clock_says_later(
    app, demo1, published
):
    logged_in("phone", 5000)
    proven = check_log_in(structs.replace(by_password(), note="my phone"), "native")
    newer = record(proven, 4000, "q.2")
    settle(proven, newer)
    [(code, audience)] = kicked(published)
    assert (code, audience.device) == (DeviceReplaced.code, "phone")
    assert audience.topics == (f"u.{demo1.id}",)
    [event] = [event for event, _ in published if isinstance(event, Kicked)]
    assert (event.connection, event.reason.params) == ("p.5000", {"note": "my phone"})
    assert online.devices_of(app.id, demo1.id) == [newer]


def test_of_several_processes_those_without_a_record_are_displaced_too(
    app, demo1, published, settings
):
    proven = check_log_in(by_password(), "native")
    online.records()  # of one process
    settings.IS_SCALED_OUT = True
    settle(proven, record(proven, 9000))
    [event] = [event for event, _ in published if isinstance(event, Kicked)]
    assert (event.connection, event.before_ms) == ("", 4000)  # who settles now has its record


def test_one_device_too_many_displaces_the_oldest(app, demo1, published):
    for n in range(1, 5):
        logged_in(f"d{n}", n * 1000)
    assert kicked(published) == []
    logged_in("d5", 5000)
    [(code, audience)] = kicked(published)
    assert (code, audience.device) == (DeviceReplaced.code, "d1")
    devices = [device.device for device in online.devices_of(app.id, demo1.id)]
    assert devices == ["d2", "d3", "d4", "d5"]


def test_the_app_s_limit_counts(app, demo1, published):
    proven = check_log_in(by_password(device="d1"), "native")
    settle(proven, record(proven))
    tight = replace(app, settings=app.settings.changed(max_devices=1))
    second = check_log_in(by_password(device="d2"), "native")
    second = replace(second, actor=replace(second.actor, app=tight))
    settle(second, record(second, 2000, "p.2"))
    assert [audience.device for _, audience in kicked(published)] == ["d1"]


@pytest.mark.parametrize(
    ("quota", "refusal"),
    [
        ("max_online_users", OnlineLimit),
        ("max_daily_users", DailyLimit),
        ("max_monthly_users", MonthlyLimit),
    ],
)
def test_an_app_has_room_for_so_many_users(app, demo1, demo2, quota, refusal):
    change(app, {quota: 1})
    logged_in("phone", 1000)
    for device in ("phone", "desk"):
        check_log_in(by_password(device=device), "native")
    for device in ("console-1", "console-2"):
        check_log_in(by_password("demo2", device), "native")
    with pytest.raises(refusal):
        check_log_in(by_password("demo2"), "native")
    change(app, {quota: 2})
    check_log_in(by_password("demo2"), "native")


def test_an_app_may_refuse_the_device_too_many(app, demo1, published):
    change(app, {"refuse_devices": True, "max_devices": 1})
    logged_in("phone", 1000)
    again = by_password(device="phone")
    check_log_in(again, "native")
    with pytest.raises(TooManyDevices):
        check_log_in(by_password(device="desk"), "native")
    proof_alone = CheckLogIn("demo#app", "demo1", password=PASSWORD)
    check_log_in(proof_alone, "xmpp")
    assert kicked(published) == []


def test_one_device_too_many_of_a_platform_displaces_its_oldest(app, demo1, published):
    change(app, {"max_ios_devices": 2, "max_devices": 4})
    for n, device in enumerate(["webim_1", "ios_1", "ios_2"]):
        logged_in(device, 1000 + n)
    assert kicked(published) == []
    logged_in("ios_3", 2000)
    logged_in("android_1", 2001)
    assert [audience.device for _, audience in kicked(published)] == ["ios_1"]
    logged_in("android_2", 2002)  # its platform has room, the user has none
    assert [audience.device for _, audience in kicked(published)] == ["ios_1", "webim_1"]


def test_where_devices_are_refused_a_platform_has_its_own_limit(app, demo1, published):
    change(app, {"refuse_devices": True, "max_ios_devices": 1})
    logged_in("ios_1", 1000)
    check_log_in(by_password(device="android_1"), "native")
    with pytest.raises(TooManyDevices):
        check_log_in(by_password(device="ios_2"), "native")
    assert kicked(published) == []


def test_without_multi_device_a_log_in_ends_the_others(app, demo1, published):
    for n, device in enumerate(["webim_1", "ios_1", "console-1"]):
        logged_in(device, 1000 + n)
    change(app, {"multi_device": False})
    logged_in("android_1", 2000)
    assert [audience.device for _, audience in kicked(published)] == ["webim_1", "ios_1"]
    devices = {device.device for device in online.devices_of(app.id, demo1.id)}
    assert devices == {"console-1", "android_1"}


def test_the_console_s_virtual_devices_take_nobody_s_place(app, demo1, published):
    for n in range(1, 5):
        logged_in(f"d{n}", n * 1000)
    for n in range(3):
        logged_in(f"console-{n}", 9000 + n)
    assert kicked(published) == []


def test_a_log_out_makes_the_device_offline(app, demo1):
    proven = logged_in("phone", 1000)
    assert online.online_users(app.id, [demo1.id]) == {demo1.id}
    log_outs([(proven.actor, record(proven, 1000, "p.1000"))])
    assert online.online_users(app.id, [demo1.id]) == set()


def test_a_late_log_out_leaves_the_newer_log_in_of_the_device_alone(app, demo1):
    old = logged_in("phone", 1000)
    logged_in("phone", 2000)
    log_outs([(old.actor, record(old, 1000, "p.1000"))])
    [device] = online.devices_of(app.id, demo1.id)
    assert device.since_ms == 2000


@pytest.mark.parametrize(("via", "queries"), [("native", 9), ("msync", 3), ("xmpp", 3)])
def test_only_the_native_wire_pays_for_the_unread_total(
    acting, demo1, demo2, via, queries, django_assert_num_queries
):
    post_message_now(acting(demo1), SendMessage(ToUser("demo2"), Body("txt", {"msg": "hi"})))
    proven = check_log_in(by_password("demo2"), via)
    with django_assert_num_queries(queries):
        settled = settle(proven, record(proven))
    assert settled.unread == (1 if via == "native" else 0)


def test_one_that_proves_nothing_does_not_fail_its_neighbours(app, demo1, demo2, user_token):
    tokens = [user_token("demo1"), "YWMtx", user_token("demo2")]
    asked: list[tuple[LogIn, Via]] = [
        (LogIn("demo#app", token=token, device="d"), "native") for token in tokens
    ]
    asked.append((LogIn("no#app", token=tokens[0]), "native"))
    asked.append((LogIn("demo#app", "demo2", token=tokens[0]), "native"))
    first, bad, third, no_app, not_theirs = check_log_ins(asked)
    assert isinstance(first, Proven)
    assert isinstance(third, Proven)
    assert (first.actor.username, third.actor.username) == ("demo1", "demo2")
    kinds = [type(one) for one in (bad, no_app, not_theirs)]
    assert kinds == [Unauthenticated, AppNotFound, Unauthenticated]


@pytest.mark.parametrize(("via", "to_settle"), [("native", 4), ("msync", 3), ("xmpp", 3)])
def test_many_log_ins_take_the_queries_of_one(
    app, demo1, demo2, demo3, user_token, via, to_settle, django_assert_num_queries
):
    asked = [
        (LogIn("demo#app", token=user_token(name), device=device), via)
        for name in ("demo1", "demo2", "demo3") for device in ("a", "b")
    ]  # fmt: skip
    check_log_ins(asked[:1])  # who is refused is read once in a while
    with django_assert_num_queries(2):
        proven = good(check_log_ins(asked))
    held = [(one, record(one, 1000 + n, f"p.{n}")) for n, one in enumerate(proven)]
    with django_assert_num_queries(to_settle):
        good(settle_log_ins(held))
    with django_assert_num_queries(1):
        log_outs([(one.actor, its) for one, its in held])
    assert online.connections(app.id) == []


def test_who_is_banned_meanwhile_is_refused_alone(app, demo1, demo2, acting, user_token):
    room = create_room(acting(demo2), CreateRoom("group", "g"))
    asked: list[tuple[LogIn, Via]] = [
        (LogIn("demo#app", token=user_token(n), device="d"), "msync") for n in ("demo1", "demo2")
    ]
    proven = good(check_log_ins(asked))
    set_activated(app, "demo1", False)
    banned, settled = settle_log_ins([(one, record(one)) for one in proven])
    assert isinstance(banned, UserDisabled)
    assert isinstance(settled, Settled)
    assert settled.rooms == (room.row_id,)
    assert online.devices_of(app.id, demo1.id) == []


def test_devices_that_come_together_leave_as_many_as_there_is_room_for(app, demo1, published):
    proven = [check_log_in(by_password(device=f"d{n}"), "msync") for n in range(6)]
    settle_log_ins([(one, record(one, 1000 + n, f"p.{n}")) for n, one in enumerate(proven)])
    assert [audience.device for _, audience in kicked(published)] == ["d0", "d1"]
    devices = [device.device for device in online.devices_of(app.id, demo1.id)]
    assert devices == ["d2", "d3", "d4", "d5"]
