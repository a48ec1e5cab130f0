"""What was seen to happen in a full app and what the console did there: more than pages hold."""

from dataclasses import asdict
from datetime import timedelta
from typing import Any

from accounts.actions.audit import record
from accounts.models import AuditEntry
from chat.actions.webhooks import add_webhook
from chat.live.online import DeviceOnline, records
from chat.models import (
    Attempt,
    ConversationRow,
    ConversationState,
    DeliveryMoment,
    DeviceCursor,
    EndedConnection,
    EntryRow,
    LogInRefusal,
    MinuteCount,
    WebhookDelivery,
    WebhookRule,
)
from chat.webhooks.rules import FAMILIES, MUC_OPERATIONS
from imadmin.console.actions.batches import Plan
from imadmin.console.actions.imports import Report
from imadmin.console.models import (
    ScenarioRun,
    ScenarioStep,
    SendItem,
    SendJob,
    ServerProcess,
    UserJob,
    UserJobResult,
)
from imadmin.console.scenarios.checks import SCENARIOS
from imadmin.console.scenarios.stage import LINE, LINES
from tests.console.full_app import (
    EXT,
    GROUP,
    MANY,
    ME,
    NAMES,
    NICKNAME,
    ROOM,
    TARGETS,
    TEXT,
    FullApp,
)

DEVICE = "web_device_with_a_long_name_0123456789"
ADDRESS = "2001:db8:85a3::8a2e:370:7334"
SDK: dict[str, Any] = {
    "client": "wechat-mini-program",
    "sdk": "easemob-websdk",
    "version": "4.21.1-beta.20260504",
}


def fill_work(full: FullApp) -> None:
    _connections(full)
    _counts(full)
    _times(full)
    _webhooks(full)
    _audit(full)
    _imports(full)
    _batches(full)
    _processes(full)
    _scenarios(full)
    _sends(full)


def put_online(full: FullApp) -> None:
    """One connection of each user and four of ME are live. This is memory: each test forgets it."""
    since = full.ms - 10**7
    devices = [
        *((full.me, f"{DEVICE}-{number}") for number in range(4)),
        *((user, DEVICE) for user in full.others),
    ]
    records().put(
        DeviceOnline(full.app.id, user.id, user.username, device, "msync", address=ADDRESS,
                     since_ms=since + number, connection=f"0123456789abcdef.{10**9 + number}",
                     heard_ms=full.ms, frames_in=10**6, frames_out=10**6, bytes_in=10**9,
                     bytes_out=10**9, unacked=100, status="在开会，请稍后联系", **SDK)
        for number, (user, device) in enumerate(devices)
    )  # fmt: skip


def _connections(full: FullApp) -> None:
    """More than a page of ME's have ended; log-ins of all are refused."""
    since = full.ms - 10**7
    full.arguments["conn"] = f"0123456789abcdef.{10**9}"
    EndedConnection.objects.bulk_create(
        EndedConnection(app_id=full.app.id, user_id=full.me.id, username=ME, device=DEVICE,
                        wire="msync", address=ADDRESS, since_ms=since, until_ms=full.ms, code=4408,
                        reason="the client was silent for longer than it said", **SDK)
        for _ in range(MANY)
    )  # fmt: skip
    full.each(LogInRefusal, app_id=full.app.id, user_id=lambda _, user: user.id,
              username=lambda _, user: user.username, until_ms=full.ms + 10**7)  # fmt: skip


def _counts(full: FullApp) -> None:
    """Something in each minute of a day; many ways in, and sends, that were refused."""
    minute = full.ms // 60_000
    MinuteCount.objects.bulk_create(
        [
            MinuteCount(app_id=full.app.id, minute=minute - number, key=key, n=12345 + number)
            for number in range(24 * 60)
            for key in ("up", "down", "failed")
        ],
        ignore_conflicts=True,  # with what was counted meanwhile
    )
    Attempt.objects.bulk_create(
        Attempt(app_id=full.app.id, at_ms=full.ms, kind=kind, username=ME, status=401, what=what,
                refusal="wrong_password", said=TEXT[:200], address=ADDRESS)
        for number in range(4 * MANY)
        for kind, what in (("send", f"msync group {GROUP} txt"), ("token", "POST /token"))
    )  # fmt: skip


def _times(full: FullApp) -> None:
    """When each member's device had the message whose page is looked at."""
    log = ConversationRow.objects.get(app_id=full.app.id, room_id=GROUP)
    seq = EntryRow.objects.get(id=full.message).seq
    full.each(ConversationState, conversation=log, user=lambda _, user: user, delivered_seq=seq)
    full.each(DeviceCursor, conversation=log, user=lambda _, user: user, device=DEVICE, seq=seq)
    stages = [(0, "", "accepted"), (0, "", "stored")]
    stages += [
        (user.id, DEVICE, stage)
        for user in full.others
        for stage in ("written", "confirmed", "read")
    ]
    DeliveryMoment.objects.bulk_create(
        DeliveryMoment(app_id=full.app.id, message_id=full.message, user_id=user_id, device=device,
                       stage=stage, at_us=full.ms * 1000 + number * 1000)
        for number, (user_id, device, stage) in enumerate(stages)
    )  # fmt: skip


def _webhooks(full: FullApp) -> None:
    """As many rules as an app may have, each with everything ticked and every filter filled."""
    selectors = [*FAMILIES, *(f"muc:{name}" for name in MUC_OPERATIONS.values())]
    names: dict[str, Any] = {"from_names": NAMES[:50], "to_names": NAMES[:50],
                             "room_ids": [GROUP] * 50, "ext_keys": [*EXT]}  # fmt: skip
    for number in range(16):
        rule, _ = add_webhook(
            full.app, name=f"规则-{number:02d}".ljust(32, "名"), selectors=selectors,
            url=f"http://127.0.0.1:9/{number}/".ljust(500, "a"), **names,
        )  # fmt: skip
    body = {"callId": "c" * 60, "eventType": "chat", "timestamp": 1, "from": ME, "to": NAMES[1],
            "payload": {"bodies": [{"type": "txt", "msg": TEXT}], "ext": EXT}}  # fmt: skip
    made = WebhookDelivery.objects.bulk_create(
        WebhookDelivery(rule=rule, app_id=full.app.id, call_id=f"{'c' * 60}{number}",
                        selector="groupchat:custom", entry_id=full.message + number, body=body,
                        state="failed", attempts=3, status=502, finished_at=full.now,
                        answer='{"错误": "<网关超时>"}' * 150, error="timed out after 10 s",
                        took_ms=10_000)
        for number in range(MANY)
    )  # fmt: skip
    full.arguments |= {"hook": rule.pk, "delivery": made[0].pk}
    assert WebhookRule.objects.count() == 16


def _audit(full: FullApp) -> None:
    """Changes with long names before and after; one took as many as an action takes."""
    record(
        "group.member.add", app=full.app, actor="root", via="console", target_kind="group",
        target_id=GROUP, diff={"usernames": [None, NAMES]},
    )  # fmt: skip
    [entry] = AuditEntry.objects.order_by("-id")[:1]
    values = {field.attname: getattr(entry, field.attname)
              for field in AuditEntry._meta.concrete_fields if not field.primary_key}  # fmt: skip
    values |= {"actor": "app token · YXA6client-id-0123456789", "role": "owner",
               "address": ADDRESS, "request_id": "0123456789abcdef0123456789abcdef"}  # fmt: skip
    AuditEntry.objects.bulk_create(AuditEntry(**values) for _ in range(MANY))


def _imports(full: FullApp) -> None:
    faults = [[number, name, "username_taken", TEXT[:60]]
              for number, name in enumerate(NAMES * 5)]  # fmt: skip
    sample = [[number, name, NICKNAME, NAMES] for number, name in enumerate(NAMES[:20])]
    report = Report("gb18030", ",", 10, 10, ["一列" * 20] * 20, faults, sample)
    job = UserJob.objects.create(
        app_id=full.app.id, filename="用户" * 90, report=asdict(report), state="done", rows=None
    )
    full.each(UserJobResult, job=job, line=lambda number, _: number, outcome="created",
              username=lambda _, user: user.username)  # fmt: skip
    full.arguments["import job"] = job.pk


def _batches(full: FullApp) -> None:
    """Each with as long a reason as is kept, and a password that was not shown yet."""
    plan = Plan("p" * 56, 1, MANY, 8, "", is_generated=True, befriend=True, group=GROUP, room=ROOM)
    job = UserJob.objects.create(
        app_id=full.app.id, operator=full.admin, kind="batch", report=asdict(plan),
        state="stopped", rows=b"kept", done_rows=MANY,
    )  # fmt: skip
    full.each(UserJobResult, job=job, line=lambda number, _: number + 1, outcome="created",
              username=lambda _, user: user.username, reason=TEXT[:300], password=b"kept",
              kept_until=full.now + timedelta(hours=1))  # fmt: skip
    full.arguments["batch job"] = job.pk


def _processes(full: FullApp) -> None:
    """As many as a large instance has, half of them killed."""
    ServerProcess.objects.bulk_create(
        ServerProcess(name=f"{number:012x}", host="gateway-7d9f8b6c5d-x2x9k".ljust(63, "x"),
                      pid=1234567, version="0.1.0", started_at=full.now, connections=9999,
                      beat_at=full.now - timedelta(minutes=number % 2 * 40), relay_ms=12.3)
        for number in range(MANY)
    )  # fmt: skip


def _scenarios(full: FullApp) -> None:
    """Runs over all wires; in the newest everything has failed at its last step."""
    wires = ["xmpp", "msync", "native"]
    runs = ScenarioRun.objects.bulk_create(
        ScenarioRun(app_id=full.app.id, operator=full.admin, scenarios=[*SCENARIOS], wires=wires,
                    state="failed", error=TEXT[:200], finished_at=full.now)
        for _ in range(MANY)
    )  # fmt: skip
    line = f"{full.now:%H:%M:%S} ↓ " + '<message from="demo1">您好</message>' * 30
    ScenarioStep.objects.bulk_create(
        ScenarioStep(run=run, scenario=slug, wire=wire, number=number, key="sign_out", ms=1234,
                     state="failed" if number == 12 else "passed", expected=TEXT, actual=TEXT,
                     lines=[line[:LINE]] * LINES if number == 12 and run is runs[-1] else [])
        for run in runs[-20:]
        for slug in SCENARIOS
        for wire in wires
        for number in range(1, 13)
    )  # fmt: skip
    full.arguments["number"] = runs[-1].pk


def _sends(full: FullApp) -> None:
    """To as many users as one call takes; the first half was refused, the rest names nobody."""
    names = [*NAMES[1:], *(f"nobody-{number:03d}-".ljust(64, "n") for number in range(TARGETS))]
    spec = {"path": "rest", "from": ME, "to_type": "user", "to": names[:TARGETS], "type": "txt",
            "body": {"msg": TEXT}, "ext": EXT,
            "options": {"copy_to_sender": True, "online_only": True, "level": "",
                        "need_group_ack": False}}  # fmt: skip
    jobs = SendJob.objects.bulk_create(
        SendJob(app_id=full.app.id, operator=full.admin, spec=spec, state="partial")
        for _ in range(MANY)
    )
    ids = EntryRow.objects.filter(app_id=full.app.id, conversation__kind="pair")
    sent = list(ids.values_list("id", flat=True))
    SendItem.objects.bulk_create(
        SendItem(job=jobs[0], target=name, message_id=sent[number] if number < MANY else None,
                 error="" if number < MANY else "user_disabled", error_text=TEXT[:200],
                 http_status=403, http_error="forbidden_op")
        for number, name in enumerate(names[:TARGETS])
    )  # fmt: skip
    full.arguments["job"] = jobs[0].pk
    rooms = jobs[1]  # to as many groups as have a table of their own
    SendJob.objects.filter(pk=rooms.pk).update(
        spec={**spec, "to_type": "group", "to": [GROUP] * 30}
    )
    ids = EntryRow.objects.filter(app_id=full.app.id, conversation__room_id=GROUP, kind=1)
    SendItem.objects.bulk_create(
        SendItem(job=rooms, target=GROUP, message_id=one)
        for one in ids.order_by("-id").values_list("id", flat=True)[:30]
    )
    few = jobs[2]  # to as many users as are all shown
    SendItem.objects.bulk_create(
        SendItem(job=few, target=name, message_id=one)
        for name, one in zip(NAMES[1:21], sent, strict=False)
    )
    full.other_jobs = (rooms.pk, few.pk)
