"""A webhook is asked before a client's message is stored."""

import pytest

from chat.actions.messages import post_message, post_message_looking_up, post_message_now
from chat.actions.webhooks import add_webhook
from chat.domain.answers import Sent
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.errors import Rejected
from chat.domain.targets import ToUser
from chat.models import EntryRow
from tests.webhooks.receiver import receiver

pytestmark = pytest.mark.endpoint("K1")

TEXT = SendMessage(ToUser("demo2"), Body("txt", {"msg": "hello"}), {"k": 1}, client_id="c1")


@pytest.fixture
def hook():
    with receiver() as listening:
        yield listening


@pytest.fixture
def sent(app, acting, demo1, demo2, hook):
    """`sent(**rule)` makes a rule, lets demo1 write to demo2, and returns the outcome."""

    def send(command=TEXT, **fields):
        defaults = {"kind": "pre", "selectors": ["chat"], "enabled": True, "wait_ms": 3000}
        add_webhook(app, name="ask", url=hook.url, **{**defaults, **fields})
        told: list[object] = []
        actor = acting(demo1, device="phone", via="native")
        assert post_message(actor, command, told.append) is False, "it must leave the fast path"
        post_message_looking_up(actor, command, told.append)
        [outcome] = told
        return outcome

    return send


def test_rule_is_asked_with_the_message_and_its_signature(sent, hook):
    assert isinstance(sent(), Sent)
    asked = hook.expect()
    assert asked["payload"]["bodies"] == [{"msg": "hello", "type": "txt"}]
    assert asked["payload"]["ext"] == {"k": 1}
    assert (asked["from"], asked["to"], asked["chat_type"]) == ("demo1", "demo2", "chat")
    assert asked["callId"].startswith("demo#app_")
    assert len(asked["security"]) == 32


def test_refusal_reaches_the_sender_with_its_code(sent, hook):
    hook.answers = [(200, {"valid": False, "code": "no ads"})]
    outcome = sent()
    assert isinstance(outcome, Rejected)
    assert str(outcome) == "no ads"
    assert not EntryRow.objects.filter(kind=1).exists()


def test_refusal_without_a_code_has_the_vendors_text(sent, hook):
    hook.answers = [(200, {"valid": False})]
    assert str(sent()) == "custom logic denied"


def test_silent_rule_drops_the_message_without_a_word(sent, hook):
    hook.answers = [(200, {"valid": False})]
    assert isinstance(sent(report_to_sender=False), Sent)
    assert not EntryRow.objects.filter(kind=1).exists()


def test_rule_may_change_a_text(sent, hook):
    hook.answers = [(200, {"valid": True, "payload": {"bodies": [{"type": "txt", "msg": "***"}]}})]
    sent()
    assert '"***"' in EntryRow.objects.get(kind=1).payload


@pytest.mark.parametrize(
    "answer",
    [(500, {"valid": False}), (200, b"no json"), (200, {"valid": "no"}), (200, b"x" * 1001)],
)
@pytest.mark.parametrize("passes", [True, False])
def test_bad_answer_follows_the_rules_default(sent, hook, answer, passes):
    hook.answers = [answer]
    outcome = sent(pass_by_default=passes)
    assert isinstance(outcome, Sent if passes else Rejected)


def test_silence_follows_the_default_after_the_wait(sent, hook):
    hook.hold.clear()
    assert isinstance(sent(wait_ms=100), Sent)


def test_unselected_type_is_not_asked_about(sent, hook):
    hook.answers = [(200, {"valid": False})]
    assert isinstance(sent(selectors=["chat:img"]), Sent)
    assert hook.got.empty()


def test_rest_messages_are_not_asked_about(app, acting, demo1, demo2, hook):
    hook.answers = [(200, {"valid": False})]
    add_webhook(app, name="ask", url=hook.url, kind="pre", selectors=["chat"], enabled=True)
    assert isinstance(post_message_now(acting(), TEXT), Sent)
    assert hook.got.empty()
