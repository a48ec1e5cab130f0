"""Every refusal and every end of a log-in as the SDKs tell them apart.

Source: specs/msync.md 3.4, 3.5, 5.2, 7.2.
"""

import pytest

from accounts.domain.errors import (
    AppNotFound,
    TokenExpired,
    Unauthenticated,
    UnknownLogin,
    UserDisabled,
    UserLimit,
)
from chat.domain.errors import (
    AccountRemoved,
    Blocked,
    BlockedFromRoom,
    ChatroomNotFound,
    DailyLimit,
    DeviceReplaced,
    EditDisabled,
    EditNotPermitted,
    EditTargetMissing,
    ForcedOffline,
    FriendsOnly,
    GroupDisabled,
    GroupNotFound,
    IllegalArgument,
    ImError,
    MessageTooLarge,
    MonthlyLimit,
    Muted,
    MutedAll,
    NotEditable,
    NotMember,
    OnlineLimit,
    PasswordChanged,
    RecallDisabled,
    RecallTooLate,
    Rejected,
    RoomFull,
    SenderNotMember,
    StoreUnavailable,
    TooManyDevices,
    TooManyDirected,
    TooManyEdits,
    TooManyJoined,
    TooManyRequests,
    UserMutedInApp,
)
from chat.domain.events import Kicked
from chat.wire.msync import errors
from chat.wire.msync.pb import msync_pb2 as pb
from tests.wire.msync.sdk import Device, message_up, provision, sync_up


@pytest.fixture
def device():
    made = Device()
    made.log_in()
    return made


@pytest.mark.parametrize(
    ("refusal", "code", "reason"),
    [
        (Unauthenticated(), 1, "Sorry, token or password does not match login info"),
        (TokenExpired(), 1, "Sorry, token expired"),
        (UserDisabled(), 12, ""),
        (UnknownLogin(username="alice"), 1, "Sorry, user not found"),
        (AccountRemoved(), 1, "Sorry, user not found"),
        (UserLimit(), 1, "Sorry, user register limit"),
        (AppNotFound(org="demo", app="x", uri="x"), 4, ""),
        (OnlineLimit(), 7, "Sorry, the app online count limit"),
        (DailyLimit(), 7, "Sorry, the app day live count limit"),
        (MonthlyLimit(), 7, "Sorry, the app month live count limit"),
        (TooManyDevices(), 13, ""),
        (ImError(), 1, "The request was refused."),
    ],
)
def test_a_refused_log_in_is_told_before_the_close(refusal, code, reason):
    made = Device()
    [run] = made.say(provision()).runs
    heard = made.answer(run, refusal)
    [(_, answer)] = heard.frames
    assert (answer.status.error_code, answer.status.reason) == (code, reason)
    assert len(heard.closes) == 1
    assert made.say(provision()).frames == []


@pytest.mark.parametrize(
    ("reason", "operation"),
    [
        (AccountRemoved(), 1),
        (DeviceReplaced(), 2),
        (PasswordChanged(), 3),
        (ForcedOffline(), 4),
        (UserDisabled(), 4),
    ],
)
def test_who_is_thrown_out_is_told_and_then_closed(device, reason, operation):
    heard = device.tell(Kicked(reason))
    [batch] = heard.batches
    [meta] = batch.metas
    assert meta.ns == pb.Meta.STATISTIC
    assert pb.StatisticsBody.FromString(meta.payload).operation == operation
    assert batch.is_last
    assert len(heard.closes) == 1


SENDS = [
    (Muted(), 15, ""),
    (MutedAll(), 1, "not in group or chatroom white list"),
    (Blocked(), 1, "blocked"),
    (GroupNotFound(room_id="1"), 1, "group not found"),
    (ChatroomNotFound(room_id="1"), 1, "group not found"),
    (NotMember(names="alice", room_id="1", kind="group"), 1, "not in group or chatroom"),
    (SenderNotMember(), 1, "not in group or chatroom"),
    (RecallTooLate(), 1, "exceed recall time limit"),
    (RecallDisabled(), 1, "message recall disabled"),
    (FriendsOnly(), 1, "nonroster"),
    (GroupDisabled(), 1, "group is disabled"),
    (TooManyDirected(limit=20), 1, "limit directed users"),
    (EditTargetMissing(), 1, "Sorry, message does not exist"),
    (EditNotPermitted(), 1, "Sorry, You do not have permission"),
    (TooManyEdits(), 1, "Sorry, edit limit reached"),
    (NotEditable(), 1, "Sorry, format is incorrect"),
    (EditDisabled(), 1, "Sorry, edit is not available"),
    (UserMutedInApp(), 7, "user is mute"),
    (TooManyRequests(), 7, "traffic limit"),
    (MessageTooLarge(), 7, "Sorry, data is too large"),
    (Rejected(reason="not so"), 19, "not so"),
    (StoreUnavailable(), 1, str(StoreUnavailable())),
]


@pytest.mark.parametrize(("refusal", "code", "reason"), SENDS)
def test_a_refused_send_is_acknowledged_with_why(device, refusal, code, reason):
    [run] = device.say(sync_up(meta=message_up())).runs
    [(_, ack)] = device.answer(run, refusal).frames
    assert (ack.status.error_code, ack.status.reason, ack.meta_id) == (code, reason, 5)
    assert ack.server_id


JOINS = [
    (ChatroomNotFound(room_id="9"), 1, "grpID 9 does not exist!"),
    (RoomFull(), 1, "group member list is full!"),
    (
        BlockedFromRoom(username="alice"),
        1,
        "can not join this group, reason:user alice is in the blacklist",
    ),
    (GroupDisabled(), 1, "can not operate this group, reason: group is disabled"),
    (IllegalArgument(detail="no"), 1, "group ID illegal, please check it"),
    (
        TooManyJoined(username="alice", kind="chatroom"),
        1,
        "user alice has joined too many chatrooms!",
    ),
]


@pytest.mark.parametrize(("refusal", "code", "reason"), JOINS)
def test_a_refused_join_is_acknowledged_with_why(device, refusal, code, reason):
    body = pb.MucBody(operation=pb.MucBody.JOIN, is_chatroom=True)
    body.muc_id.name = "9"
    meta = pb.Meta(id=5, ns=pb.Meta.MUC, payload=body.SerializeToString())
    [run] = device.say(sync_up(meta=meta)).runs
    [(_, ack)] = device.answer(run, refusal).frames
    assert (ack.status.error_code, ack.status.reason, ack.meta_id) == (code, reason, 5)
    assert ack.server_id


def test_every_refusal_has_a_row():
    codes = {cls.code for cls in _all_refusals(ImError) if ".domain." in cls.__module__}
    assert codes - errors.MSYNC_ERRORS.keys() == set()
    for row in errors.MSYNC_ERRORS.values():
        # 7 with any other reason makes clients wait for ever (5.2).
        known = {"Sorry, data is too large", "traffic limit", "user is mute", "sensitive words"}
        assert row.code != errors.DENIED or row.reason in known


def _all_refusals(base):
    return [base, *(sub for cls in base.__subclasses__() for sub in _all_refusals(cls))]
