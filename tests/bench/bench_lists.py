"""Whether a page of a long REST list costs the same at any depth (rest.md 1.7).

    IM_DATA_DIR=… manage.py migrate; … create_app big#app; … seed_large 'big#app'
    IM_DATA_DIR=… python -m tests.bench.bench_lists 'big#app'

In process, without a socket. Each list is walked by its cursor from the first page to the last; the
processor time of the first, the middle and the last tenth of the pages is printed, and their ratio.
"""

# ruff: noqa: E402 (Django is set up before its models are imported)
import argparse
import os
import statistics
import sys
import time
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "imadmin.settings")

import django

django.setup()

from django.db.models import Count
from django.test import Client

from accounts.actions.tokens import app_token_for_console
from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from chat.models import RoomMember

LIMIT = 50


def show(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


def pages(client: Client, address: str, token: str) -> list[float]:
    """Processor ms of each page from the first to the last."""
    spent, cursor = [], ""
    while True:
        began = time.thread_time()
        answer: Any = client.get(
            f"{address}{'&' if '?' in address else '?'}limit={LIMIT}&cursor={cursor}",
            headers={"Authorization": f"Bearer {token}"},
        )
        spent.append((time.thread_time() - began) * 1000)
        assert answer.status_code == 200, (address, answer.content)
        cursor = answer.json().get("cursor", "")
        if not cursor:
            return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("appkey")
    app = get_app(Appkey.parse(parser.parse_args().appkey))
    token = app_token_for_console(app, 3600).token
    base = f"/{app.appkey.org}/{app.appkey.app}"
    members = RoomMember.objects.filter(room__app_id=app.id, left_seq=None)
    largest = members.values_list("room__kind", "room__room_id").annotate(n=Count("id"))
    kind, room_id, _ = largest.order_by("-n")[0]
    place = f"{'chatgroups' if kind == 'group' else 'chatrooms'}/{room_id}"
    lists = {
        "users": "/users",
        "groups": "/chatgroups",
        "public groups": "/publicchatgroups",
        "chatrooms": "/chatrooms",
        f"members of the largest {kind}": f"/{place}/users?version=v3",
    }
    show(
        f"{'list':32} {'pages':>6} {'first':>8} {'middle':>8} {'last':>8}  ms of a page; last/first"
    )
    for name, path in lists.items():
        spent = pages(Client(), base + path, token)
        tenth = max(len(spent) // 10, 1)
        middle = len(spent) // 2
        parts = spent[1 : tenth + 1] or spent, spent[middle : middle + tenth], spent[-tenth:]
        first, half, last = (statistics.median(part) for part in parts)
        show(f"{name:32} {len(spent):6} {first:8.1f} {half:8.1f} {last:8.1f}  {last / first:.2f}")


if __name__ == "__main__":
    main()
