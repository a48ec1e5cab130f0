"""From the logs to waiting deliveries, and the thread that sends them.

The log is the outbox: what the rules of an app are to be told is read from its entries behind a
cursor, so the send path pays nothing and a restart loses nothing. Ids of several processes commit
out of order by moments, so the cursor stays a few seconds behind and what lies between is looked at
again; a unique (rule, entry) makes each told once.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable

from django.conf import settings

from accounts.domain.actor import AppRef
from accounts.queries.im_apps import app_by_id
from accounts.queries.im_users import find_users
from chat.actions.background import BackgroundLoop
from chat.domain.entries import UNNAMED_DEVICE, Entry, EntryKind
from chat.domain.events import RosterChanged, fact_of
from chat.live.online import online_users
from chat.models import EntryRow, WebhookCursor, WebhookDelivery, WebhookRule
from chat.store.clock import now_ms
from chat.store.rows import entry_of, id_at
from chat.webhooks.book import enabled_rules
from chat.webhooks.payloads import post_send_body
from chat.webhooks.post_send import send_waiting
from chat.webhooks.rules import Rule, selector_of, wants

_BY_REST = ("", UNNAMED_DEVICE)
SETTLED_AFTER_MS = 5_000
PAGE = 500
POLL_S = 0.3
IDLE_POLL_S = 2.0  # no app has a rule
_REMEMBERED = 20_000


class Collector:
    """Turns new entries into deliveries; remembers what it has seen since the cursor."""

    def __init__(self) -> None:
        self._seen: dict[int, OrderedDict[int, None]] = {}

    def collect(self) -> bool:
        """Look at every app that has an enabled rule; False when there is none."""
        rules = WebhookRule.objects.filter(enabled=True, kind=WebhookRule.Kind.POST)
        app_ids = list(rules.values_list("app_id", flat=True).distinct())
        for app_id in app_ids:
            self._collect_app(app_by_id(app_id))
        return bool(app_ids)

    def _collect_app(self, app: AppRef) -> None:
        rules = [rule for rule in enabled_rules.of(app.id) if rule.kind == "post"]
        settled = id_at(now_ms() - SETTLED_AFTER_MS)
        cursor, _ = WebhookCursor.objects.get_or_create(
            app_id=app.id, defaults={"entry_id": settled}
        )
        seen = self._seen.setdefault(app.id, OrderedDict())
        after = cursor.entry_id
        while True:
            rows = EntryRow.objects.filter(app_id=app.id, id__gt=after).order_by("id")
            page = [entry_of(row) for row in rows.select_related("conversation")[:PAGE]]
            self._make(app, rules, [entry for entry in page if entry.id not in seen])
            seen.update(dict.fromkeys(entry.id for entry in page))
            if len(page) < PAGE:
                break
            after = page[-1].id
        while len(seen) > _REMEMBERED:
            seen.popitem(last=False)
        if settled > cursor.entry_id:
            WebhookCursor.objects.filter(app_id=app.id, entry_id__lt=settled).update(
                entry_id=settled
            )

    def _make(self, app: AppRef, rules: list[Rule], entries: list[Entry]) -> None:
        wanted = [
            (rule, selector, entry)
            for entry in entries
            if (selector := _told_selector(entry))
            for rule in rules
            if wants(rule, selector, entry, by_rest=entry.sender_device in _BY_REST)
        ]
        if not wanted:
            return
        away = _recipients_away(app, [entry for _, _, entry in wanted])
        WebhookDelivery.objects.bulk_create(
            [
                WebhookDelivery(
                    rule_id=rule.id,
                    app_id=app.id,
                    call_id=f"{app.appkey}_{entry.id}",
                    selector=selector,
                    entry_id=entry.id,
                    body=post_send_body(
                        app.appkey, entry, offline=entry.id in away, host=settings.PUBLIC_URL
                    ),
                )
                for rule, selector, entry in wanted
            ],
            ignore_conflicts=True,  # another process told it
        )


def _told_selector(entry: Entry) -> str:
    """A contact change stands in both users' logs; it is told once, for who did it."""
    if entry.kind is EntryKind.ROSTER:
        fact = fact_of(entry)
        if isinstance(fact, RosterChanged) and not fact.by_me:
            return ""
    return selector_of(entry)


def _recipients_away(app: AppRef, entries: Iterable[Entry]) -> set[int]:
    """Ids of one-to-one messages whose recipient has no connection now."""
    to = {
        entry.id: entry.conversation.other_than(entry.sender)
        for entry in entries
        if entry.kind is EntryKind.MESSAGE and entry.conversation.kind == "pair"
    }
    if not to:
        return set()
    users = find_users(app, sorted(set(to.values())))
    online = online_users(app.id, [user.id for user in users.values()])
    return {
        entry_id
        for entry_id, name in to.items()
        if name not in users or users[name].id not in online
    }


def _turn() -> Callable[[threading.Event], float]:
    collector = Collector()

    def turn(stop: threading.Event) -> float:
        has_rules = collector.collect()
        send_waiting()
        return POLL_S if has_rules else IDLE_POLL_S

    return turn


worker = BackgroundLoop("webhooks", _turn(), first_s=POLL_S)
