"""What the audit keeps, and what never gets into it."""

import pytest

from accounts.actions.audit import MASK, Origin, acting, masked
from accounts.actions.im_apps import change_app, rotate_secret
from accounts.actions.im_users import change_password, register_user, set_activated
from accounts.models import AuditEntry

OLGA = Origin("olga", "console", role="owner", address="192.0.2.1", request_id="r1")


def test_a_change_is_noted_under_the_actors_name(app, demo1):
    with acting(OLGA):
        set_activated(app, "demo1", False, reason="spam")
        set_activated(app, "demo1", False)
    entry = AuditEntry.objects.get()
    assert (entry.actor, entry.role, entry.via, entry.address, entry.request_id) == (
        "olga", "owner", "console", "192.0.2.1", "r1",
    )  # fmt: skip
    assert (entry.action, entry.target_kind, entry.target_id) == ("user.ban", "user", "demo1")
    assert entry.diff == {"activated": [True, False], "reason": [None, "spam"]}


def test_nothing_is_noted_when_nobody_acts(app, demo1):
    assert not AuditEntry.objects.exists()


def test_a_refused_change_leaves_no_entry(app, demo1):
    with acting(OLGA), pytest.raises(Exception, match="value of demo1 exists"):
        register_user(app, "demo1", "p")
    assert not AuditEntry.objects.exists()


def test_no_secret_is_ever_in_it(app, new_app, demo1):
    with acting(OLGA):
        change_password(app, "demo1", "TopSecret1")
        secret = rotate_secret(app, by="olga", grace_s=60)
        change_app(app, settings=app.settings.changed(token_ttl_s=60))
    text = str(list(AuditEntry.objects.values()))
    for hidden in ("TopSecret1", secret, new_app.client_secret):
        assert hidden not in text
    assert AuditEntry.objects.count() == 3


def test_rest_notes_the_app_or_the_user(rest, new_app, demo1, user_token):
    rest.post("/users", json={"username": "tom", "password": "p"})
    rest.put("/users/demo1", json={"nickname": "x"}, token=user_token("demo1"))
    entries = AuditEntry.objects.order_by("id").values_list("actor", "via", "action")
    assert list(entries) == [
        (f"app token · {new_app.client_id}", "rest", "user.create"),
        ("demo1", "rest", "user.edit"),
    ]


def test_masking_reaches_into_nested_values():
    value = {
        "password": [None, "x"],
        "hook": {"client_secret": "x", "url": "u"},
        "token_ttl_s": [1, 2],
    }
    assert masked(value) == {
        "password": [None, MASK],
        "hook": {"client_secret": MASK, "url": "u"},
        "token_ttl_s": [1, 2],
    }
