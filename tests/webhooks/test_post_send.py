"""Webhooks are told what happened, once, and rules that fail are suspended."""

from datetime import timedelta

import pytest
from django.utils import timezone

from chat.actions.messages import post_message_now
from chat.actions.webhook_outbox import Collector
from chat.actions.webhooks import add_webhook, change_webhook, secret_of
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToUser
from chat.models import WebhookDelivery, WebhookRule
from chat.webhooks.payloads import sign
from chat.webhooks.post_send import FAILURES, send_waiting
from tests.webhooks.receiver import receiver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.endpoint("K2")]


@pytest.fixture
def hook():
    with receiver() as listening:
        yield listening


@pytest.fixture
def say(acting, demo1, demo2):
    """`say(text)`: the app writes to demo2 in the name of demo1."""

    def write(text="hello"):
        command = SendMessage(ToUser("demo2"), Body("txt", {"msg": text}), sender="demo1")
        return post_message_now(acting(), command)

    return write


@pytest.fixture
def rule(app, hook):
    made, _ = add_webhook(
        app, name="tell", url=hook.url, kind="post", selectors=["chat"], enabled=True
    )
    return made


def states():
    return list(WebhookDelivery.objects.order_by("id").values_list("state", flat=True))


def test_message_is_told_once_with_a_right_signature(rule, hook, say):
    sent = say()
    Collector().collect()
    Collector().collect()  # a second process looks at the same entries
    assert states() == ["waiting"]
    assert send_waiting() == 1
    told = hook.expect()
    assert told["msg_id"] == str(sent.message_id)
    assert told["eventType"] == "chat_offline"  # nobody is connected
    assert told["security"] == sign(told["callId"], secret_of(rule), told["timestamp"])
    assert states() == ["sent"]
    assert send_waiting() == 0


def test_what_was_before_the_rule_is_not_told(app, hook, say):
    say("old")
    add_webhook(app, name="tell", url=hook.url, selectors=["chat"], enabled=True)
    say("new")
    collector = Collector()
    collector.collect()
    send_waiting()
    assert hook.expect()["payload"]["bodies"][0]["msg"] == "new"
    assert hook.got.empty()


def test_failure_is_tried_once_more_and_kept(rule, hook, say):
    hook.answers = [(500, b"broken")]
    say()
    Collector().collect()
    send_waiting()
    delivery = WebhookDelivery.objects.get()
    assert (delivery.state, delivery.attempts, delivery.status) == ("failed", 2, 500)
    assert delivery.answer == "broken"


def test_second_try_may_succeed(rule, hook, say):
    hook.answers = [(500, b""), (200, {})]
    say()
    Collector().collect()
    send_waiting()
    assert states() == ["sent"]


def test_many_failures_suspend_the_rule_and_hold_what_comes(rule, hook, say):
    now = timezone.now()
    WebhookDelivery.objects.bulk_create(
        WebhookDelivery(
            rule=rule, app_id=rule.app_id, call_id=str(n), selector="chat:txt", body={},
            state="failed", finished_at=now,
        )
        for n in range(FAILURES - 1)
    )  # fmt: skip
    hook.answers = [(500, b"")]
    say("last straw")
    Collector().collect()
    send_waiting()
    suspended = WebhookRule.objects.get().suspended_until
    assert suspended is not None
    assert timedelta(minutes=4) < suspended - now < timedelta(minutes=6)
    say("while suspended")
    Collector().collect()
    send_waiting()
    assert states()[-1] == "held"


def test_switched_off_rule_hears_nothing(app, rule, hook, say):
    change_webhook(app, "tell", enabled=False)
    say()
    Collector().collect()
    assert states() == []


def test_claimed_delivery_is_left_to_its_worker_until_the_claim_runs_out(rule, hook, say):
    say()
    Collector().collect()
    WebhookDelivery.objects.update(claimed_until=timezone.now() + timedelta(minutes=1))
    assert send_waiting() == 0
    WebhookDelivery.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    assert send_waiting() == 1
