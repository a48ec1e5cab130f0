"""`manage.py webhook ORG#APP list|add|remove|test`: webhook rules, in JSON."""

import json
from typing import Any

from django.core.management.base import CommandError, CommandParser

from accounts.domain.actor import AppRef
from accounts.domain.errors import ImError
from accounts.domain.ids import Appkey
from accounts.management.script import ScriptCommand
from accounts.queries.im_apps import get_app
from chat.actions.webhooks import add_webhook, remove_webhook, try_webhook
from chat.models import WebhookRule


class Command(ScriptCommand):
    help = "List, add, test and remove the webhook rules of an app."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("appkey", metavar="ORG#APP")
        acts = parser.add_subparsers(dest="act", required=True)
        acts.add_parser("list")
        for act in ("remove", "test"):
            acts.add_parser(act).add_argument("name")
        add = acts.add_parser("add")
        add.add_argument("name")
        add.add_argument("url")
        add.add_argument("--kind", choices=WebhookRule.Kind.values, default="post")
        add.add_argument(
            "--on", action="append", metavar="SELECTOR", help="chat, groupchat:txt, muc:create …"
        )
        add.add_argument("--disabled", action="store_true")
        add.add_argument("--no-rest", action="store_true", help="leave out what REST sends")
        add.add_argument("--wait-ms", type=int, default=200)
        add.add_argument("--block-by-default", action="store_true")
        add.add_argument("--silent", action="store_true", help="do not tell the sender why")

    def handle(self, **options: Any) -> None:
        try:
            app = get_app(Appkey.parse(options["appkey"]))
            answer = getattr(self, f"_{options['act']}")(app, options)
        except ImError as exc:
            raise CommandError(str(exc)) from None
        self.stdout.write(json.dumps(answer, ensure_ascii=False, indent=1))

    def _list(self, app: AppRef, options: dict[str, Any]) -> list[dict[str, Any]]:
        return [as_json(rule) for rule in WebhookRule.objects.filter(app_id=app.id).order_by("id")]

    def _add(self, app: AppRef, options: dict[str, Any]) -> dict[str, Any]:
        rule, secret = add_webhook(
            app,
            name=options["name"],
            url=options["url"],
            kind=options["kind"],
            selectors=options["on"] or ["chat", "groupchat", "chatroom"],
            enabled=not options["disabled"],
            include_rest=not options["no_rest"],
            wait_ms=options["wait_ms"],
            pass_by_default=not options["block_by_default"],
            report_to_sender=not options["silent"],
        )
        return {**as_json(rule), "secret": secret}

    def _remove(self, app: AppRef, options: dict[str, Any]) -> dict[str, Any]:
        remove_webhook(app, options["name"])
        return {"removed": options["name"]}

    def _test(self, app: AppRef, options: dict[str, Any]) -> dict[str, Any]:
        outcome = try_webhook(app, options["name"]).outcome
        return {
            "status": outcome.status,
            "answer": outcome.answer,
            "error": outcome.error,
            "took_ms": outcome.took_ms,
        }


def as_json(rule: WebhookRule) -> dict[str, Any]:
    """A rule without its secret."""
    suspended = rule.suspended_until.isoformat() if rule.suspended_until else None
    return {
        "name": rule.name,
        "kind": rule.kind,
        "url": rule.url,
        "enabled": rule.enabled,
        "on": rule.selectors,
        "include_rest": rule.include_rest,
        "wait_ms": rule.wait_ms,
        "pass_by_default": rule.pass_by_default,
        "report_to_sender": rule.report_to_sender,
        "suspended_until": suspended,
    }
