"""What a client or a page reads of a large app, and the most rows that any step of it touches.

Run by test_large_reads.py in a process of its own, on a PostgreSQL database that `seed_large` has
filled: prints {call: [[rows, step, statement], …]}, the widest step of each statement.
"""

# ruff: noqa: E402 (Django is set up before its models are imported)
import json
import sys
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import django

django.setup()

from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.domain.actor import Actor, AppRef
from accounts.domain.ids import Appkey
from accounts.models import ImUser
from accounts.queries.im_apps import get_app
from chat.domain.commands import ListConversations, ReadHistory, Sync
from chat.domain.targets import Place, ToChatroom, ToGroup, ToUser
from chat.models import ConversationRow, EntryRow
from chat.queries.conversations import list_conversations, offline_count, unread_total
from chat.queries.history import read_history, sync
from chat.queries.message_log import MessageFilter, find_messages
from chat.queries.roaming import RoamingFilter, roam
from chat.store.clock import now_ms

Json = dict[str, Any]
HOUR_MS = 3_600_000


def actor_of(app: AppRef, name: str, device: str = "web") -> Actor:
    user = ImUser.objects.get(app_id=app.id, username=name)
    return Actor(app, name, user.pk, device, via="native")


def calls(app: AppRef) -> dict[str, Callable[[], Any]]:
    """By name; the busiest people and rooms, which have the most to read."""
    logs = ConversationRow.objects.filter(app_id=app.id).order_by("-last_seq")
    pair = logs.filter(kind="pair")[0]
    group = logs.filter(kind="group")[0]
    busy = actor_of(app, pair.name_a)
    member = actor_of(app, str(EntryRow.objects.filter(conversation=group)[5].sender))
    middle = EntryRow.objects.filter(conversation=pair, seq=pair.last_seq // 2).get().id
    places: dict[str, tuple[Actor, Place]] = {
        "pair": (busy, ToUser(pair.name_b)),
        "group": (member, ToGroup(group.room_id)),
        "chatroom": (Actor(app), ToChatroom(logs.filter(kind="chatroom")[0].room_id)),
    }
    rare = ImUser.objects.filter(app_id=app.id).order_by("-id")[0].username
    filters = {
        "newest": MessageFilter(),
        "of an hour": MessageFilter(since_ms=now_ms() - HOUR_MS),
        "of a busy sender": MessageFilter(sender=busy.username),
        "of a rare sender": MessageFilter(sender=rare),
        "of nobody": MessageFilter(sender="nobody-there"),
        "to a busy user": MessageFilter(to=busy.username),
        "to a rare user": MessageFilter(to=rare),
        "of a party": MessageFilter(party=busy.username),
        "of a group": MessageFilter(room_id=group.room_id),
        "recalled": MessageFilter(state="recalled"),
    }
    found: dict[str, Callable[[], Any]] = {
        "history, deep": partial(
            read_history, busy, ReadHistory(ToUser(pair.name_b), before=middle, limit=50)
        ),
        "roaming": partial(roam, busy, ToUser(pair.name_b), RoamingFilter(limit=50)),
        "conversations": partial(list_conversations, busy, ListConversations()),
        "unread": partial(unread_total, busy.user_id),
        "offline": partial(offline_count, app, busy.username),
        "sync": partial(sync, busy, Sync()),
        "sync, new device": partial(sync, actor_of(app, busy.username, "new"), Sync()),
        "log, deep": partial(find_messages, app, MessageFilter(), before=middle),
    }
    for kind, (who, place) in places.items():
        found[f"history, {kind}"] = partial(read_history, who, ReadHistory(place, limit=50))
    for name, wanted in filters.items():
        found[f"log, {name}"] = partial(find_messages, app, wanted)
    return found


def widest(plan: Json) -> tuple[int, str]:
    """The most rows that one step read, those it threw away included, and which step."""
    own = plan["Actual Rows"] + plan.get("Rows Removed by Filter", 0)
    own += plan.get("Rows Removed by Index Recheck", 0)
    what = " ".join(str(plan.get(key, "")) for key in ("Node Type", "Relation Name", "Index Name"))
    steps: Iterator[tuple[int, str]] = map(widest, plan.get("Plans", ()))
    return max(((own * plan["Actual Loops"], what.strip()), *steps))


def main(appkey: str) -> None:
    app = get_app(Appkey.parse(appkey))
    told: dict[str, list[list[Any]]] = {}
    for name, call in calls(app).items():
        with CaptureQueriesContext(connection) as captured:
            call()
        told[name] = []
        for sql in (
            query["sql"] for query in captured if query["sql"].startswith(("SELECT", "WITH"))
        ):
            with connection.cursor() as cursor:
                cursor.execute("EXPLAIN (ANALYZE, FORMAT JSON) " + sql.replace("%", "%%"))
                [(found,)] = cursor.fetchall()
            plans = json.loads(found) if isinstance(found, str) else found
            told[name].append([*widest(plans[0]["Plan"]), sql])
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main(sys.argv[1])
