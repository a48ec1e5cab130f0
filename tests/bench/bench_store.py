"""Appends per second of the writer, on the database of the settings.

`DJANGO_SETTINGS_MODULE=tests.settings python -m tests.bench.bench_store [messages] [logs]`: on a
database of its own that it makes and removes.
"""

import sys
import time

import django

django.setup()

from django.test.utils import setup_databases, teardown_databases  # noqa: E402

from accounts.models import ImApp  # noqa: E402
from chat.domain.entries import Draft, EntryFlag, EntryKind  # noqa: E402
from chat.domain.targets import Conversation  # noqa: E402
from chat.store.leases import ProcessIds  # noqa: E402
from chat.store.writer import MAX_QUEUED, Writer  # noqa: E402


def measure(messages: int, logs: int) -> float:
    app_id = ImApp.objects.create(org="b", name="b", key="b#b", client_id="b").pk
    writer = Writer(ProcessIds())
    stored: list[object] = []
    began = time.perf_counter()
    for number in range(messages):
        draft = Draft(
            app_id,
            Conversation.pair("sender", f"user{number % logs}"),
            EntryKind.MESSAGE,
            "txt",
            "sender",
            {"body": {"msg": "x" * 200}},
            client_id=str(number),
            flags=EntryFlag.COUNTS,
        )
        writer.append(draft, stored.append)
        if number % (MAX_QUEUED // 2) == 0:
            writer.flush(60)
    writer.stop(60)
    return messages / (time.perf_counter() - began)


def main() -> None:
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    logs = int(sys.argv[2]) if len(sys.argv) > 2 else 100
    databases = setup_databases(0, interactive=False)
    try:
        sys.stdout.write(f"{measure(messages, logs):,.0f} appends/s\n")
    finally:
        teardown_databases(databases, 0)


if __name__ == "__main__":
    main()
