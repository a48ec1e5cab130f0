"""Which sends were refused, and why: counted, and kept for an hour for the console's list."""

from accounts.domain.errors import ImError
from chat.domain.commands import Command, SendMessage
from chat.domain.targets import ToUser, kind_and_id
from chat.store import observed


def note_refused(
    app_id: int, command: Command, sender: str, refusal: ImError, via: str, address: str = ""
) -> None:
    """Any thread; never waits. `via` is the wire, or rest or console."""
    observed.count(app_id, "failed")
    if not isinstance(command, SendMessage):
        return
    target = command.target
    kind, name = ("user", target.username) if isinstance(target, ToUser) else kind_and_id(target)
    observed.attempted(
        app_id=app_id,
        kind="send",
        username=sender,
        what=f"{via} {kind} {name} {command.body.type}",
        refusal=refusal.code,
        said=str(refusal),
        address=address,
    )
