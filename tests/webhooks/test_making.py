"""Making rules: what is refused, and the command."""

import json

import pytest
from django.core.management import CommandError, call_command

from chat.actions.webhooks import MAX_RULES, add_webhook, remove_webhook, secret_of
from chat.domain.errors import (
    IllegalArgument,
    LimitExceeded,
    WebhookNameTaken,
    WebhookNotFound,
)
from chat.models import WebhookRule

GOOD = {"name": "one", "url": "http://127.0.0.1:9/x", "selectors": ["chat"]}


@pytest.mark.parametrize(
    "bad",
    [
        *({"name": ""}, {"name": "x" * 33}, {"url": "ftp://127.0.0.1/"}, {"selectors": []}),
        *({"url": "http://169.254.169.254/"}, {"selectors": ["smell"]}, {"kind": "during"}),
        *({"wait_ms": 49}, {"wait_ms": 5001}, {"from_names": ["a"] * 51}, {"colour": "red"}),
    ],
)
def test_bad_fields_are_refused_and_nothing_is_made(app, bad):
    with pytest.raises(IllegalArgument):
        add_webhook(app, **{**GOOD, **bad})
    assert not WebhookRule.objects.exists()


def test_names_are_unique_in_an_app(app, other_app):
    add_webhook(app, **GOOD)
    add_webhook(other_app, **GOOD)
    with pytest.raises(WebhookNameTaken):
        add_webhook(app, **GOOD)


def test_an_app_has_a_bound_of_rules(app):
    for number in range(MAX_RULES):
        add_webhook(app, **{**GOOD, "name": str(number)})
    with pytest.raises(LimitExceeded):
        add_webhook(app, **GOOD)


def test_secret_is_kept_encrypted(app):
    rule, secret = add_webhook(app, **GOOD)
    assert secret.encode() not in bytes(rule.secret)
    assert secret_of(WebhookRule.objects.get()) == secret


def test_rule_of_another_app_is_not_found(app, other_app):
    add_webhook(other_app, **GOOD)
    with pytest.raises(WebhookNotFound):
        remove_webhook(app, "one")


def run(capsys, *args):
    call_command("webhook", "demo#app", *args)
    return json.loads(capsys.readouterr().out)


def test_command_adds_lists_and_removes_in_json(app, capsys):
    made = run(capsys, "add", "one", "http://127.0.0.1:9/x", "--on", "chat:txt", "--kind", "pre")
    assert made["on"] == ["chat:txt"]
    assert made["secret"]
    listed = run(capsys, "list")
    assert [rule["name"] for rule in listed] == ["one"]
    assert "secret" not in listed[0]
    assert run(capsys, "remove", "one") == {"removed": "one"}
    assert run(capsys, "list") == []


def test_command_says_what_is_wrong(app):
    with pytest.raises(CommandError, match="There is no webhook nope"):
        call_command("webhook", "demo#app", "remove", "nope")
    with pytest.raises(CommandError, match="Could not find application"):
        call_command("webhook", "no#app", "list")
