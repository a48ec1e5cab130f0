"""The audit's pages: one's own app only, filtered, paged by key."""

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.audit import drop_old_entries, record
from accounts.actions.im_apps import current_secret
from accounts.domain.actor import AppRef
from accounts.models import AuditEntry
from imadmin.console.views import audit as audit_views
from tests.console.conftest import OPERATOR_PASSWORD, SignIn
from tests.console.pages import done, post

AUDIT = "/console/apps/demo/app/audit/"


def fill(app: AppRef, count: int, action: str = "user.create", actor: str = "somebody") -> None:
    for number in range(count):
        record(action, app=app, actor=actor, via="console", target_id=f"u{number}")


def rows(text: str) -> int:
    return text.count('data-test="audit-row"')


def test_app_sees_its_own_entries_only(owner, app, other_app, browse: SignIn):
    fill(app, 1, actor="mine")
    fill(other_app, 1, actor="theirs")
    text = browse(owner).get(AUDIT).content.decode()
    assert "mine" in text
    assert "theirs" not in text


def test_admin_sees_the_whole_instance(admin, app, other_app, browse: SignIn):
    fill(other_app, 1)
    text = browse(admin).get("/console/audit/").content.decode()
    assert "other#app" in text
    assert "operator.create" not in text  # made by a test, for whom nobody is named


def test_pages_follow_each_other_without_gap_or_repeat(
    owner, app, browse: SignIn, django_assert_max_num_queries
):
    fill(app, 60)
    client = browse(owner)
    with django_assert_max_num_queries(12):
        first = client.get(AUDIT, {"size": "25", "actor": "somebody"}).content.decode()
    assert rows(first) == 25
    query = {"size": "25", "actor": "somebody"}
    seen: list[str] = []
    after = ""
    for _ in range(3):
        page: dict[str, str] = query | {"after": after}
        text = client.get(AUDIT, page).content.decode()
        ids = [part.split('"')[0] for part in text.split('data-id="')[1:]]
        seen += ids
        after = ids[-1]
    assert len(seen) == len(set(seen)) == 60
    assert 'data-test="pager-next"' not in text
    assert 'data-test="pager-first"' in text  # a link without its trail knows no page before


def test_filters_narrow_and_say_when_nothing_is_left(owner, app, browse: SignIn):
    fill(app, 2)
    fill(app, 1, "group.create")
    client = browse(owner)
    assert rows(client.get(AUDIT, {"action": "user."}).content.decode()) == 2
    assert rows(client.get(AUDIT, {"target": "u1"}).content.decode()) == 1
    text = client.get(AUDIT, {"actor": "nobody"}, headers={"accept-language": "en"})
    assert "Nothing matches these filters." in text.content.decode()


def test_htmx_gets_the_list_alone(owner, app, browse: SignIn):
    text = browse(owner).get(AUDIT, headers={"HX-Request": "true"}).content.decode()
    assert text.strip().startswith('<div id="audit-list">')


def test_odd_parameters_are_ignored(owner, app, browse: SignIn):
    fill(app, 1)
    for query in ({"after": "x"}, {"after": "9" * 30}, {"size": "7"}, {"actor": "x" * 500}):
        assert browse(owner).get(AUDIT, query).status_code == 200


def test_AUD_1_ban_rotate_and_send_leave_one_entry_each_with_its_diff(
    owner, app, demo1, demo2, browse: SignIn
):
    client = browse(owner)
    done(post(client, "user_ban", {"reason": "spam"}, u="demo1"))
    assert post(client, "rotate", {"grace": "3600"}).status_code == 200
    sent = {"from": "demo1", "sender": "demo1", "to_type": "user", "to": "demo2", "type": "txt",
            "text": "hi", "path": "rest"}  # fmt: skip
    done(post(client, "send", sent))
    entries = list(AuditEntry.objects.order_by("pk"))
    assert [entry.action for entry in entries] == ["user.ban", "secret.rotate", "message.send"]
    assert {(entry.actor, entry.role, entry.via) for entry in entries} == {
        ("owner", "owner", "console")
    }
    page = client.get(AUDIT, headers={"accept-language": "en"}).content.decode()
    assert rows(page) == 3
    for text in ("<code>activated</code> <del>on</del> → <ins>off</ins>",
                 "<code>reason</code> <del>—</del> → <ins>spam</ins>",
                 "<code>grace_s</code> <del>—</del> → <ins>3600</ins>",
                 "<code>from</code> <del>—</del> → <ins>demo1</ins>"):  # fmt: skip
        assert text in page, text


@pytest.mark.usefixtures("jobs_at_once")
def test_AUD_2_no_secret_or_password_is_in_any_entry(owner, admin, app, demo1, browse: SignIn):
    secret = "zebra-crossing-77"
    client, root = browse(owner), browse(admin)
    done(post(client, "user_new", {"username": "u1", "password": secret}))
    done(post(client, "user_password", {"password": secret, "end_sessions": "on"}, u="u1"))
    batch = {"prefix": "t", "start": "1", "end": "2", "pad": "1", "password_mode": "fixed",
             "password": secret, "create": "1"}  # fmt: skip
    done(post(client, "user_batch", batch))
    shown = [current_secret(app)]
    rotated = post(client, "rotate", {"grace": "0"}).content.decode()
    shown.append(re.findall(r'new-client-secret">([^<]+)<', rotated)[0])
    link = root.post("/console/operators/invite/", {"role": "viewer"}).content.decode()
    shown.append(re.findall(r"/console/join/([^/]+)/", link)[0])
    join = {"name": "guest", "password": secret, "password_again": secret, "language": "en",
            "time_zone": "UTC"}  # fmt: skip
    done(Client().post(f"/console/join/{shown[-1]}/", join))
    hook = {"name": "w", "url": "http://127.0.0.1:9/", "selectors": ["chat"], "kind": "after"}
    post(client, "webhook_new", hook)
    change = {"current": OPERATOR_PASSWORD, "password": secret, "password_again": secret}
    done(client.post("/console/password/", change))
    stored = str(list(AuditEntry.objects.values()))
    codes = set(AuditEntry.objects.values_list("action", flat=True))
    wanted = {"user.create", "user.password", "user.batch", "secret.rotate", "operator.invite",
              "operator.create", "operator.password"}  # fmt: skip
    assert wanted <= codes
    for text in (secret, OPERATOR_PASSWORD, *shown):
        assert text not in stored
    for kind in ("csv", "jsonl"):
        exported = root.get(f"/console/audit/export.{kind}").getvalue().decode()
        assert exported.count("user.password") == 1
        assert secret not in exported


def test_range_way_and_denials_narrow_the_list(owner, app, browse: SignIn):
    fill(app, 3)
    record("user.delete", app=app, actor="x", via="rest", allowed=False)
    old = AuditEntry.objects.earliest("pk")
    AuditEntry.objects.filter(pk=old.pk).update(at=datetime(2026, 5, 4, 12, tzinfo=UTC))
    client = browse(owner)
    for query, count in (({"until": "2026-05-04"}, 1), ({"since": "2026-05-05"}, 3),
                         ({"since": "2026-05-04", "until": "2026-05-04"}, 1),
                         ({"until": "2026-05-03"}, 0), ({"via": "rest"}, 1),
                         ({"denied": "on"}, 1), ({"since": "no day"}, 4),
                         ({"until": "9999-12-31"}, 4)):  # fmt: skip
        assert rows(client.get(AUDIT, query).content.decode()) == count, query


def test_export_holds_what_the_filters_let_through(owner, app, other_app, browse: SignIn):
    fill(app, 2, actor="=mine")
    fill(app, 1, "group.create", actor="other")
    fill(other_app, 1, actor="theirs")
    client = browse(owner)
    text = client.get(f"{AUDIT}export.csv", {"actor": "mine"}).getvalue().decode()
    lines = text.split("\r\n")
    assert lines[0].startswith("\ufefftime,app,actor,")
    assert [line.split(",")[2] for line in lines[1:3]] == ["'=mine"] * 2
    assert lines[3:] == [""]
    text = client.get(f"{AUDIT}export.jsonl").getvalue().decode()
    entries = [json.loads(line) for line in text.splitlines()]
    assert [entry["actor"] for entry in entries] == ["other", "=mine", "=mine"]
    assert entries[0]["change"] == {}


def test_export_of_too_much_asks_for_a_narrower_range(owner, app, browse: SignIn, monkeypatch):
    monkeypatch.setattr(audit_views, "MAX_EXPORT", 2)
    fill(app, 3)
    answer = browse(owner).get(f"{AUDIT}export.csv?action=user.", follow=True)
    assert answer.redirect_chain[0][0] == f"{AUDIT}?action=user."
    assert "toast-error" in answer.content.decode()


def test_entries_go_when_they_are_old_enough(app, settings):
    settings.AUDIT_DAYS = 30
    fill(app, 4)
    for entry, days in zip(AuditEntry.objects.order_by("pk"), (40, 31, 29, 0), strict=True):
        AuditEntry.objects.filter(pk=entry.pk).update(at=timezone.now() - timedelta(days=days))
    assert (drop_old_entries(100), drop_old_entries(100)) == (2, 0)
    settings.AUDIT_DAYS = 0
    AuditEntry.objects.update(at=timezone.now() - timedelta(days=4000))
    assert drop_old_entries(100) == 0
