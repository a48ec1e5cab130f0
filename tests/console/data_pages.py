"""The data pages' rows of the permission matrix, and what must exist for their addresses."""

import io
from dataclasses import asdict, dataclass
from datetime import timedelta

from django.utils import timezone

from accounts.actions.im_users import register_user
from accounts.actions.operator_links import link_hash
from accounts.actions.operators import set_role
from accounts.domain.actor import Actor, AppRef
from accounts.models import ImApp, Operator, OperatorLink
from accounts.queries.im_users import get_user
from chat.actions.files import store_file
from chat.actions.messages import post_message_now
from chat.actions.rooms import create_room
from chat.actions.webhooks import add_webhook
from chat.domain.bodies import Body
from chat.domain.commands import CreateRoom, SendMessage
from chat.domain.targets import RoomKind, ToUser
from chat.live.online import DeviceOnline, records
from chat.models import EntryRow, StoredFile, WebhookDelivery, WebhookRule
from imadmin.console.actions.batches import Plan
from imadmin.console.actions.imports import Report
from imadmin.console.models import ScenarioRun, SendJob, UserJob
from imadmin.console.views.im_user_acts import USER_ACTS
from imadmin.console.views.room_acts import acts_of
from imadmin.console.views.room_tabs import tabs_of
from imadmin.console.views.sessions import SESSION_ACTS
from imadmin.console.views.webhooks import HOOK_ACTS


@dataclass(frozen=True)
class Row:
    """Who may GET and POST a page, as the least role; `-` is nobody.

    `open` is anybody, `signed_in` any operator. `args` are the URL's further arguments.
    """

    get: str
    post: str
    args: tuple[tuple[str, str], ...] = ()


USER_TABS = ("sessions", "conversations", "queue", "messages")
USER = (("u", "demo1"),)
GROUP, ROOM = (("rid", "group-1"),), (("rid", "room-1"),)
SESSION = (("conn", "abc.1"),)
HOOK = (("hook", "11"),)
FILE = "3f2504e0-4f89-41d3-9a0c-0305e82c3301"
MESSAGE = "1297401234567890123"
JOB = "7"
IMPORT, BATCH = (("job", "9"),), (("job", "10"),)
RUN = (("number", "5"),)
MEMBER, OPERATOR = (("member", "4242"),), (("operator", "4242"),)
LINKS = {"join": "join-token-0123456789", "reset": "reset-token-0123456789"}


def rows_of_rooms(kind: RoomKind) -> dict[str, Row]:
    name, args = ("group", GROUP) if kind == "group" else ("room", ROOM)
    return {
        f"{name}s": Row("viewer", "-"),
        f"{name}_new": Row("operator", "operator"),
        f"{name}_bulk": Row("-", "operator"),
        f"{name}_detail": Row("viewer", "-", args),
        **{f"{name}_{tab}": Row("viewer", "-", args) for tab in tabs_of(kind)},
        **{act.name: Row("operator", "operator", args) for act in acts_of(kind)},
    }


DATA_ROWS = {
    "users": Row("viewer", "-"),
    "picks": Row("-", "viewer"),
    "user_bulk": Row("-", "operator"),
    "user_menu": Row("operator", "-", USER),
    "user_new": Row("operator", "operator"),
    "user_batch": Row("operator", "operator"),
    "user_batch_job": Row("operator", "operator", BATCH),
    "user_batch_stop": Row("-", "operator", BATCH),
    "user_batch_result": Row("operator", "-", BATCH),
    "user_batch_passwords": Row("-", "operator", BATCH),
    "user_import": Row("operator", "operator"),
    "user_import_sample": Row("operator", "-"),
    "user_import_job": Row("operator", "operator", IMPORT),
    "user_import_stop": Row("-", "operator", IMPORT),
    "user_import_errors": Row("operator", "-", IMPORT),
    "user_import_result": Row("operator", "-", IMPORT),
    "user_export_csv": Row("viewer", "-"),
    "user_export_jsonl": Row("viewer", "-"),
    **{
        f"user_{tab}": Row("viewer", "-", USER)
        for tab in (
            "detail",
            "roster",
            "groups",
            "rooms",
            "blocks",
            "conversations_json",
            *USER_TABS,
        )
    },
    **{act.name: Row("operator", "operator", USER) for act in USER_ACTS},
    **rows_of_rooms("group"),
    **rows_of_rooms("chatroom"),
    "room_superadmins": Row("viewer", "-"),
    "room_superadmins_add": Row("-", "operator"),
    "room_superadmins_remove": Row("-", "operator"),
    "send": Row("operator", "operator"),
    "send_job": Row("viewer", "-", (("job", JOB),)),
    "send_again": Row("-", "operator", (("job", JOB),)),
    "send_resume": Row("-", "operator", (("job", JOB),)),
    "send_close": Row("-", "operator", (("job", JOB),)),
    "messages": Row("viewer", "-"),
    "refused_sends": Row("viewer", "-"),
    "message_detail": Row("viewer", "-", (("mid", MESSAGE),)),
    "message_recall": Row("-", "operator", (("mid", MESSAGE),)),
    "sessions": Row("viewer", "-"),
    "session_bulk": Row("-", "operator"),
    "session_detail": Row("viewer", "-", SESSION),
    **{act.name: Row("operator", "operator", SESSION) for act in SESSION_ACTS},
    "webhooks": Row("viewer", "-"),
    "webhook_new": Row("owner", "owner"),
    "webhook_detail": Row("viewer", "-", HOOK),
    "webhook_edit": Row("owner", "owner", HOOK),
    "webhook_test": Row("-", "owner", HOOK),
    "webhook_switch": Row("-", "owner", HOOK),
    **{act.name: Row("owner", "owner", HOOK) for act in HOOK_ACTS},
    "deliveries": Row("viewer", "-"),
    "delivery_detail": Row("viewer", "-", (("delivery", HOOK[0][1]),)),
    "scenarios": Row("viewer", "-"),
    "scenario_run": Row("-", "operator", (("slug", "all"),)),
    "scenario_run_detail": Row("viewer", "-", RUN),
    "scenario_run_xml": Row("viewer", "-", RUN),
    "scenario_run_stop": Row("-", "operator", RUN),
    "file": Row("viewer", "-", (("uuid", FILE),)),
}


def fill_operators(app: AppRef) -> None:
    """Another operator and links that are open."""
    member = Operator.objects.create(pk=4242, name="colleague", password="!")
    set_role(member, app, "viewer")
    soon = timezone.now() + timedelta(hours=1)
    for kind, token in LINKS.items():
        OperatorLink.objects.create(
            pk=77 if kind == "join" else 78, kind=kind, token_hash=link_hash(token),
            operator=member if kind == "reset" else None, made_by="root", expires_at=soon,
        )  # fmt: skip


def put_online(app: AppRef) -> None:
    """The session that SESSION names, of demo1."""
    user = get_user(app, "demo1")
    records().put(
        [DeviceOnline(app.id, user.id, "demo1", "d", "native", "web", "1.2.3.4", 1, "abc.1")]
    )


def fill(app: AppRef) -> None:
    """Everything in the database that the addresses of DATA_ROWS name."""
    fill_operators(app)
    UserJob.objects.create(
        pk=9, app_id=app.id, filename="a.csv", report=asdict(Report("utf-8", ",")), rows=None
    )
    plan = Plan("t", 1, 2, 0, "", is_generated=True, befriend=False, group="", room="")
    UserJob.objects.create(
        pk=10, app_id=app.id, kind="batch", report=asdict(plan), state="done", rows=None
    )
    actor = Actor(app)
    register_user(app, "demo1", "123456")
    create_room(actor, CreateRoom("group", "One", owner="demo1", room_id="group-1"))
    create_room(actor, CreateRoom("chatroom", "Two", owner="demo1", room_id="room-1"))
    sent = post_message_now(actor, SendMessage(ToUser("demo1"), Body("txt", {"msg": "hello"})))
    EntryRow.objects.filter(id=sent.message_id).update(id=int(MESSAGE))
    stored = store_file(
        app, uploaded_by="x", filename="a.txt", content_type="text/plain", content=io.BytesIO(b"a")
    )
    StoredFile.objects.filter(uuid=stored.uuid).update(uuid=FILE)
    spec = {"from": "", "to_type": "user", "to": ["demo1"], "type": "txt", "body": {"msg": "a"},
            "ext": None, "options": {"copy_to_sender": False, "online_only": False, "level": "",
                                     "need_group_ack": False}}  # fmt: skip
    SendJob.objects.create(pk=int(JOB), app=ImApp.objects.get(id=app.id), spec=spec, state="done")
    ScenarioRun.objects.create(pk=5, app_id=app.id, scenarios=["s1"], wires=["native"])
    rule, _secret = add_webhook(app, name="w", url="http://127.0.0.1:9/", selectors=["chat"])
    WebhookRule.objects.filter(pk=rule.pk).update(id=11)
    WebhookDelivery.objects.create(
        id=11, rule_id=11, app_id=app.id, call_id="c", selector="chat:txt",
        body={"callId": "c", "timestamp": 1},
    )  # fmt: skip
