"""Webhooks are told who logs in, out, or is replaced (rest.md 3.13.4)."""

import pytest

from chat.actions.user_status import tell_user_status
from chat.actions.webhooks import add_webhook, secret_of
from chat.live.online import DeviceOnline
from chat.models import WebhookDelivery
from chat.webhooks.payloads import sign
from chat.webhooks.post_send import send_waiting
from tests.webhooks.receiver import receiver

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.endpoint("K2")]

AT_MS = 1_735_689_600_000


@pytest.fixture
def hook():
    with receiver() as listening:
        yield listening


@pytest.fixture
def phone(app, demo1):
    return DeviceOnline(
        app_id=app.id,
        user_id=demo1.id,
        username="demo1",
        device="webim_1",
        wire="msync",
        client="web",
        address="1.2.3.4:5678",
        since_ms=AT_MS,
        version="4.21.1",
    )


@pytest.fixture
def rule(app, hook):
    def make(*selectors, **fields):
        return add_webhook(
            app, name="status", url=hook.url, selectors=list(selectors), enabled=True, **fields
        )[0]

    return make


@pytest.mark.parametrize(
    ("reason", "status"), [("login", "online"), ("logout", "offline"), ("replaced", "offline")]
)
def test_a_log_in_and_its_end_are_told(app, hook, rule, phone, reason, status):
    made = rule("userStatus")
    tell_user_status(app, phone, reason, AT_MS)
    assert send_waiting() == 1
    told = hook.expect()
    call_id = told["callId"]
    assert told == {
        "callId": call_id,
        "reason": reason,
        "security": sign(call_id, secret_of(made), AT_MS),
        "os": "web",
        "ip": "1.2.3.4:5678",
        "host": told["host"],
        "appkey": "demo#app",
        "user": "demo#app_demo1@easemob.com/webim_1",
        "version": "4.21.1",
        "timestamp": AT_MS,
        "status": status,
    }
    assert call_id.startswith("demo#app_")


def test_only_what_a_rule_asks_for_is_told(app, rule, phone):
    rule("userStatus:login", "chat", from_names=["demo1"])
    tell_user_status(app, phone, "logout", AT_MS)
    assert not WebhookDelivery.objects.exists()
    tell_user_status(app, phone, "login", AT_MS)
    assert WebhookDelivery.objects.get().selector == "userStatus:login"


def test_a_filter_on_names_holds_for_status_too(app, rule, phone):
    rule("userStatus", from_names=["demo2"])
    tell_user_status(app, phone, "login", AT_MS)
    assert not WebhookDelivery.objects.exists()


def test_without_a_rule_nothing_is_written(app, phone, django_assert_max_num_queries):
    with django_assert_max_num_queries(1):
        tell_user_status(app, phone, "login", AT_MS)
    with django_assert_max_num_queries(0):
        tell_user_status(app, phone, "logout", AT_MS)
    assert not WebhookDelivery.objects.exists()
