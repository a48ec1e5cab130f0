"""Taking every message of an app away, beside the request that asked."""

from accounts.actions.audit import add_outcome, note
from accounts.domain.actor import AppRef
from chat.actions.retention import clear_messages
from chat.store.clock import now_ms
from imadmin.console.jobs import start_job

AUDIT = "app.clear"


def start_clearing(app: AppRef) -> bool:
    """Begin it, noted in the audit; False when this process has no room for one more job."""
    before_ms = now_ms()
    appkey = str(app.appkey)

    def work() -> None:
        gone = clear_messages(app, before_ms)
        add_outcome(app, AUDIT, appkey, {"entries": [gone, 0]})

    note(AUDIT, app, "app", appkey, {"before_ms": [None, before_ms]})
    return start_job(f"clear {appkey}", work)
