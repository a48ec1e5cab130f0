"""Webhook pages: making, testing and removing rules, and what they were told."""

from collections.abc import Iterator

import pytest

from accounts.actions.im_apps import change_app
from accounts.domain.actor import Actor
from accounts.models import AuditEntry
from chat.actions.messages import post_message_now
from chat.actions.webhook_outbox import Collector
from chat.actions.webhooks import add_webhook, secret_of
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToUser
from chat.models import WebhookDelivery, WebhookRule
from chat.webhooks.book import enabled_rules
from chat.webhooks.payloads import sign
from chat.webhooks.post_send import send
from tests.console.conftest import SignIn
from tests.console.pages import done, post, refused, text_of, url
from tests.webhooks.receiver import Receiver, receiver

FIELDS = {
    "name": "Tell me",
    "kind": "post",
    "url": "http://127.0.0.1:9/x",
    "wait_ms": "200",
    "selectors": ["chat", "muc:create"],
    "include_rest": "on",
    "room_ids": "Ab-1",
}


@pytest.fixture
def hook() -> Iterator[Receiver]:
    enabled_rules.forget_all()
    with receiver() as made:
        yield made
    enabled_rules.forget_all()


def make(app, **fields):
    return add_webhook(app, **{"name": "w", "url": "http://127.0.0.1:9/", "selectors": ["chat"]}
                       | fields)[0]  # fmt: skip


def test_owner_makes_a_rule_and_sees_its_secret_once(owner, app, browse: SignIn):
    client = browse(owner)
    answer = post(client, "webhook_new", FIELDS)
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    rule = WebhookRule.objects.get()
    secret = secret_of(rule)
    assert secret in text_of(answer)
    assert (rule.enabled, rule.pass_by_default, rule.report_to_sender) == (False, False, False)
    assert (rule.selectors, rule.room_ids) == (["chat", "muc:create"], ["Ab-1"])
    for name in ("webhook_detail", "webhook_edit"):
        assert secret not in text_of(client.get(url(name, hook=rule.pk)))
    entry = AuditEntry.objects.get(action="hook.create")
    assert (entry.actor, entry.target_id) == ("owner", "Tell me")
    assert secret not in str(entry.diff)


def test_HK_5_forbidden_address_is_refused_beside_its_field(owner, app, browse: SignIn):
    answer = post(browse(owner), "webhook_new", FIELDS | {"url": "http://169.254.169.254/"})
    refused(answer, "This address is not called: The host 169.254.169.254 has a link-local address")
    assert 'id="id_url_error"' in text_of(answer)
    assert not WebhookRule.objects.exists()


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"name": "w"}, "There is a rule named w already."),
        ({"wait_ms": "10"}, "greater than or equal to 50"),
        ({"selectors": []}, "This field is required."),
        ({"selectors": ["smell"]}, "Select a valid choice"),
        ({"ext_keys": "\n".join(str(n) for n in range(51))}, "At most 50 values."),
    ],
)
def test_bad_values_are_said_beside_their_field(owner, app, browse: SignIn, change, sentence):
    make(app)
    refused(post(browse(owner), "webhook_new", FIELDS | change), sentence)
    assert WebhookRule.objects.count() == 1


def test_editing_shows_what_is_ticked_and_keeps_the_secret(owner, app, browse: SignIn):
    rule = make(app, selectors=["chat:txt", "recall"])
    client = browse(owner)
    text = text_of(client.get(url("webhook_edit", hook=rule.pk)))
    assert 'id="id_on_chat_txt" value="chat:txt" checked' in text
    assert 'id="id_on_chat" value="chat">' in text
    done(post(client, "webhook_edit", FIELDS | {"name": "other"}, hook=rule.pk))
    rule.refresh_from_db()
    assert (rule.name, rule.selectors) == ("other", ["chat", "muc:create"])
    diff = AuditEntry.objects.get(action="hook.edit").diff
    assert diff["name"] == ["w", "other"]
    assert "wait_ms" not in diff


def test_test_event_shows_request_and_answer_and_is_signed(
    owner, app, browse: SignIn, hook: Receiver
):
    hook.answers = [(200, {"valid": True, "note": "<b>hi"})]
    rule = make(app, url=hook.url)
    text = text_of(post(browse(owner), "webhook_test", hook=rule.pk))
    got = hook.expect()
    assert got["security"] == sign(got["callId"], secret_of(rule), got["timestamp"])
    assert got["security"] in text
    assert "&lt;b&gt;hi" in text
    assert AuditEntry.objects.get(action="hook.test").diff == {"outcome": [None, 200]}


def test_test_event_without_an_answer_says_so(owner, app, browse: SignIn):
    text = text_of(post(browse(owner), "webhook_test", hook=make(app).pk))
    assert "no connection" in text


def test_switch_rotate_and_remove(owner, app, browse: SignIn):
    rule = make(app)
    before = secret_of(rule)
    client = browse(owner)
    done(post(client, "webhook_switch", {"on": "1"}, hook=rule.pk))
    rule.refresh_from_db()
    assert rule.enabled
    answer = post(client, "webhook_rotate", hook=rule.pk)
    rule.refresh_from_db()
    assert secret_of(rule) != before
    assert secret_of(rule) in text_of(answer)
    assert done(post(client, "webhook_remove", hook=rule.pk)) == url("webhooks")
    assert not WebhookRule.objects.exists()
    assert client.get(url("webhook_detail", hook=rule.pk)).status_code == 404
    codes = AuditEntry.objects.filter(allowed=True).values_list("action", flat=True)
    assert list(codes) == ["hook.edit", "hook.rotate", "hook.delete"]


def test_HK_4_suspended_rule_is_shown_and_resumed(owner, app, browse: SignIn):
    rule = make(app, enabled=True)
    WebhookRule.objects.update(suspended_until="2099-01-01T00:00:00Z")
    client = browse(owner)
    assert "suspended" in text_of(client.get(url("webhook_detail", hook=rule.pk)))
    done(post(client, "webhook_resume", hook=rule.pk))
    rule.refresh_from_db()
    assert rule.suspended_until is None


def test_HK_1_delivery_is_listed_with_request_signature_and_answer(
    owner, app, demo1, demo2, browse: SignIn, hook: Receiver
):
    rule = make(app, url=hook.url, enabled=True)
    sent = post_message_now(
        Actor(app), SendMessage(ToUser("demo2"), Body("txt", {"msg": "look"}), sender="demo1")
    )
    Collector().collect()
    delivery = WebhookDelivery.objects.get()
    send(delivery)
    client = browse(owner)
    listed = text_of(client.get(url("deliveries"), {"id": str(sent.message_id), "state": "sent"}))
    assert listed.count('data-test="delivery-row"') == 1
    assert "delivery-row" not in text_of(client.get(url("deliveries"), {"state": "failed"}))
    text = text_of(client.get(url("delivery_detail", delivery=delivery.pk)))
    got = hook.expect()
    assert got["security"] == sign(got["callId"], secret_of(rule), got["timestamp"])
    assert got["security"] in text
    assert "look" in text
    assert secret_of(rule) not in text


def test_viewer_of_an_app_that_hides_bodies_sees_none(viewer, app, browse: SignIn):
    rule = make(app)
    made = WebhookDelivery.objects.create(
        rule=rule, app_id=app.id, call_id="c", selector="chat:txt",
        body={"callId": "c", "timestamp": 1, "payload": "private words"},
    )  # fmt: skip
    client = browse(viewer)
    assert "private words" in text_of(client.get(url("delivery_detail", delivery=made.pk)))
    change_app(app, settings=app.settings.changed(bodies_visible_to_viewers=False))
    assert "private words" not in text_of(client.get(url("delivery_detail", delivery=made.pk)))


def test_rules_of_another_app_are_not_found(owner, app, other_app, browse: SignIn):
    rule = make(other_app)
    for name in ("webhook_detail", "webhook_edit", "webhook_remove"):
        assert browse(owner).get(url(name, hook=rule.pk)).status_code == 404
