"""Server time and queries of the console's lists in a large app (console.md §12).

    IM_DATA_DIR=… manage.py migrate; … create_app big#app; … seed_large 'big#app'
    IM_DATA_DIR=… python -m tests.bench.bench_console 'big#app' [--rounds 20] [--only busy]

In process, without a socket: the time of the view and its template. The bar is 150 ms at p95,
12 queries and 60,000 bytes of HTML; where others use the machine, the CPU time says more than the
wall's.
"""

# ruff: noqa: E402 (Django is set up before its models are imported)
import argparse
import os
import statistics
import sys
import time
from dataclasses import dataclass
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imadmin.settings")

import django

django.setup()

from django.conf import settings
from django.db import connection
from django.db.models import Sum
from django.test import Client

from accounts.actions.operators import create_operator
from accounts.domain.actor import AppRef
from accounts.domain.ids import Appkey
from accounts.models import ImUser, Operator
from accounts.queries.im_apps import get_app
from chat.models import ConversationRow, EntryRow, Room
from imadmin.serving import keep_what_is_loaded
from imadmin.static_files import collect_if_needed

BAR_MS, BAR_QUERIES, BAR_BYTES = 150.0, 12, 60_000


def show(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def signed_in() -> Client:
    who = Operator.objects.filter(is_admin=True).first()
    if who is None:
        who = create_operator("bench", "a-long-password-9", is_admin=True)
    client = Client()
    client.force_login(who)
    return client


def addresses(app: AppRef) -> dict[str, str]:
    """What a tester opens all day: lists, their filters and pages, tabs of busy users and rooms."""
    users = ImUser.objects.filter(app_id=app.id)
    busy = str(users.order_by("id").values_list("username", flat=True)[0])
    rare = str(users.order_by("-id").values_list("username", flat=True)[0])
    middle = EntryRow.objects.filter(app_id=app.id).order_by("id").values_list("id", flat=True)
    half = middle[middle.count() // 2]
    rooms = Room.objects.filter(app_id=app.id).order_by("-member_count")
    group, room = (
        str(rooms.filter(kind=kind).values_list("room_id", flat=True)[0])
        for kind in (Room.Kind.GROUP, Room.Kind.CHATROOM)
    )
    pairs = ConversationRow.objects.filter(app_id=app.id, kind="pair").values_list("name_b")
    heard = str(pairs.annotate(held=Sum("last_seq")).order_by("-held")[0][0])
    tabs = ("", "roster/", "groups/", "rooms/", "sessions/", "conversations/", "queue/",
            "messages/", "blocks/")  # fmt: skip
    return {
        "dashboard": "",
        "users": "users/",
        "users by prefix": f"users/?q={busy[:4]}",
        "users by nickname": "users/?q=zz",
        "users with a queue": "users/?queue=on",
        "users last seen": "users/?sort=-seen",
        "users who are banned": "users/?state=banned",
        "users who are offline": "users/?state=offline",
        "groups": "groups/",
        "groups by name": "groups/?q=Group",
        "groups of a busy user": f"groups/?member={busy}",
        "chatrooms": "rooms/",
        "messages, an hour": "messages/",
        "messages, all": "messages/?since=all",
        "messages, deep": f"messages/?since=all&after={half}",
        "messages of a busy sender": f"messages/?since=all&sender={busy}",
        "messages of a rare sender": f"messages/?since=all&sender={rare}",
        "messages of nobody": "messages/?since=all&sender=nobody-there",
        "messages to a rare user": f"messages/?since=all&to={rare}",
        "messages of a group": f"messages/?since=all&room={group}",
        "messages of a type": "messages/?since=all&type=custom",
        "messages, recalled": "messages/?since=all&state=recalled",
        "messages of a type nobody used": "messages/?since=all&type=img",
        "to a busy user, of that type": f"messages/?since=all&to={heard}&type=img",
        "of a busy sender, of that type": f"messages/?since=all&sender={busy}&type=img",
        "messages to a busy user": f"messages/?since=all&to={heard}",
        "messages that are queued": "messages/?since=24h&state=queued",
        "messages that somebody read": "messages/?since=24h&state=read",
        "messages with a text": "messages/?since=24h&text=nothing-like-it",
        "sessions": "sessions/",
        "audit": "audit/",
        "deliveries": "webhooks/deliveries/",
        "scenarios": "scenarios/",
        **{f"busy user: {tab or 'overview'}": f"users/u/{busy}/{tab}" for tab in tabs},
        **{f"rare user: {tab}": f"users/u/{rare}/{tab}" for tab in ("messages/", "queue/")},
        "group: members": f"groups/{group}/members/",
        "group: messages": f"groups/{group}/messages/",
        "group: messages of a type": f"messages/?since=all&room={group}&type=img",
        "group: mutes": f"groups/{group}/mutes/",
        "chatroom: members": f"rooms/{room}/members/",
    }


@dataclass(frozen=True, slots=True)
class Measured:
    """Times in ms; `wall` and `cpu` are (p50, p95)."""

    wall: tuple[float, float]
    cpu: tuple[float, float]
    queries: int
    size: int

    @property
    def is_over(self) -> bool:
        return self.wall[1] > BAR_MS or self.queries > BAR_QUERIES or self.size > BAR_BYTES


def measure(client: Client, address: str, rounds: int) -> Measured:
    queries = 0

    def counted(execute: Any, *args: Any) -> Any:
        nonlocal queries
        queries += 1
        return execute(*args)

    with connection.execute_wrapper(counted):
        answer: Any = client.get(address)
    assert answer.status_code == 200, f"{address}: {answer.status_code}"
    walls, busy = [], []
    for _ in range(rounds):
        began, worked = time.perf_counter(), time.thread_time()
        client.get(address)
        walls.append((time.perf_counter() - began) * 1000)
        busy.append((time.thread_time() - worked) * 1000)
    wall, cpu = (
        (statistics.median(times), statistics.quantiles(times, n=20)[-1]) for times in (walls, busy)
    )
    return Measured(wall, cpu, queries, len(answer.content))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("appkey")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--only", default="", help="pages with this in their name")
    options = parser.parse_args()
    settings.CONSOLE_HOSTS = ["testserver"]
    collect_if_needed()
    app = get_app(Appkey.parse(options.appkey))
    base = f"/console/apps/{app.appkey.org}/{app.appkey.app}/"
    client, slow = signed_in(), 0
    client.get(base)  # what is loaded with the first page is kept, as the server keeps it
    keep_what_is_loaded()
    titles = ("p50 ms", "p95 ms", "CPU p50", "CPU p95", "queries", "bytes")
    show(f"{'page':28}" + "".join(f" {title:>8}" for title in titles))
    for name, path in addresses(app).items():
        if options.only not in name:
            continue
        one = measure(client, base + path, options.rounds)
        slow += one.is_over
        times = "".join(f" {ms:8.1f}" for ms in (*one.wall, *one.cpu))
        mark = "  over the bar" if one.is_over else ""
        show(f"{name:28}{times} {one.queries:8} {one.size:8}{mark}")
    show(f"{slow} over {BAR_MS:.0f} ms, {BAR_QUERIES} queries or {BAR_BYTES} bytes")


if __name__ == "__main__":
    main()
