"""A process of its own that appends messages and prints each acknowledged id; tests kill it.

`python -m tests.store.appender <app id> <name> <count>`
"""

import sys

import django
from msgspec.structs import replace

django.setup()

from chat.domain.entries import Draft, EntryFlag, EntryKind, Stored  # noqa: E402
from chat.domain.targets import Conversation  # noqa: E402
from chat.store.leases import ProcessIds  # noqa: E402
from chat.store.writer import Writer  # noqa: E402


def main() -> None:
    app_id, name, count = int(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    writer = Writer(ProcessIds())

    def told(outcome: object) -> None:
        if isinstance(outcome, Stored):
            sys.stdout.write(f"{outcome.entry.id}\n")
            sys.stdout.flush()

    for number in range(count):
        # Two logs, in turns: processes that lock several rows must not wait for each other.
        talk = Conversation.pair("a", "bc"[number % 2] if name != "w2" else "cb"[number % 2])
        payload = {"body": {"msg": f"{name}-{number}"}}
        draft = Draft(app_id, talk, EntryKind.MESSAGE, "txt", name, payload)
        counting = replace(draft, client_id=f"{name}-{number}", flags=EntryFlag.COUNTS)
        writer.append(draft if number % 3 == 0 else counting, told)
    writer.stop(60)


if __name__ == "__main__":
    main()
