"""Operators: one-time links to join and for a new password, disabling; and members of an app."""

import logging
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.audit import MASK
from accounts.actions.operator_links import invite_operator, make_reset_link
from accounts.actions.operators import create_operator, set_role
from accounts.domain.actor import AppRef
from accounts.models import AuditEntry, Membership, Operator, OperatorLink
from imadmin.log_masks import MaskLinks
from tests.console.conftest import OPERATOR_PASSWORD, SignIn
from tests.console.pages import done, post, text_of, url

OPERATORS = "/console/operators/"
NEW = "a-brand-new-secret-7"
ENGLISH = {"accept-language": "en"}


def link_in(answer: Any) -> str:
    """The path of the link that an answer shows."""
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    shown = re.search(r'new-secret">http://testserver(/console/[^<]+)<', text_of(answer))
    assert shown is not None
    return shown[1]


def joining(name: str, password: str = NEW, again: str = NEW) -> dict[str, str]:
    return {"name": name, "password": password, "password_again": again,
            "language": "en", "time_zone": "Asia/Shanghai"}  # fmt: skip


def test_OPS_1_invited_viewer_joins_once(admin: Operator, app: AppRef, browse: SignIn):
    asked = {"app": "demo#app", "role": "viewer"}
    link = link_in(browse(admin).post(f"{OPERATORS}invite/", asked))
    token = link.rsplit("/", 2)[1]
    assert token not in text_of(browse(admin).get(OPERATORS))
    guest = Client(headers=ENGLISH)
    for _ in range(2):  # looking changes nothing
        page = guest.get(link)
        assert page.status_code == 200
    assert "root invites you to demo#app as viewer." in text_of(page)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    assert page.headers["Cache-Control"] == "no-store"
    assert done(guest.post(link, joining("newbie"))) == "/console/"
    assert Membership.objects.get(operator__name="newbie").role == "viewer"
    assert guest.get(url("connect")).status_code == 200
    assert guest.get(url("credentials")).status_code == 403
    for method in (Client().get, Client().post):
        again = method(link, joining("second"), headers=ENGLISH)
        assert again.status_code == 404
        assert "has been used" in text_of(again)
    assert not Operator.objects.filter(name="second").exists()
    codes = list(AuditEntry.objects.order_by("pk").values_list("action", "actor"))
    assert codes == [("operator.invite", "root"), ("operator.create", "newbie"),
                     ("member.add", "newbie")]  # fmt: skip
    assert token not in str(list(AuditEntry.objects.values()))
    assert not OperatorLink.objects.filter(token_hash=token).exists()


def test_invitation_ends_after_a_day_or_when_withdrawn(
    admin: Operator, app: AppRef, browse: SignIn
):
    old = invite_operator(app, "viewer", by="root")
    OperatorLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert Client().get(f"/console/join/{old}/").status_code == 404
    fresh = invite_operator(app, "viewer", by="root")
    row = OperatorLink.objects.latest("id")
    client = browse(admin)
    assert text_of(client.get(OPERATORS)).count('data-test="invitation-row"') == 1
    for _ in range(2):  # the second time there is none
        done(client.post(f"{OPERATORS}invitations/{row.pk}/withdraw/"))
    assert Client().get(f"/console/join/{fresh}/").status_code == 404


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        (joining("ROOT"), "There is an operator named ROOT already."),
        (joining("x", "short", "short"), "at least 10 characters"),
        (joining("x", NEW, "other"), "The two passwords differ."),
        (joining("averylongname", "averylongname1", "averylongname1"), "too similar"),
    ],
)
def test_refused_joining_leaves_the_link_open(
    form: dict[str, str], sentence: str, admin: Operator, app: AppRef
):
    link = f"/console/join/{invite_operator(None, '', by='root')}/"
    answer = Client().post(link, form, headers=ENGLISH)
    assert answer.status_code == 422
    assert sentence in text_of(answer)
    assert NEW not in text_of(answer)
    assert Operator.objects.count() == 1
    assert done(Client().post(link, joining("fine"))) == "/console/"


def test_link_for_a_new_password_ends_every_session(
    admin: Operator, viewer: Operator, browse: SignIn
):
    signed_in = browse(viewer)
    make = f"{OPERATORS}{viewer.pk}/reset/"
    replaced = link_in(browse(admin).post(make))
    link = link_in(browse(admin).post(make))
    assert Client().get(replaced).status_code == 404
    guest = Client()
    page = guest.get(link)
    assert page.headers["Referrer-Policy"] == "strict-origin"
    form = {"password": NEW, "password_again": NEW}
    assert done(guest.post(link, form)) == "/console/"
    assert guest.get("/console/profile/").status_code == 200
    assert signed_in.get("/console/profile/").status_code == 302
    viewer.refresh_from_db()
    assert viewer.check_password(NEW)
    assert Client().post(link, form).status_code == 404
    entry = AuditEntry.objects.get(action="operator.password")
    assert (entry.actor, entry.target_id) == ("viewer", "viewer")


def test_disabled_operator_is_out_until_enabled(admin: Operator, viewer: Operator, browse: SignIn):
    client, signed_in = browse(admin), browse(viewer)
    link = f"/console/reset/{make_reset_link(viewer, by='root')}/"
    page = client.get(f"{OPERATORS}{viewer.pk}/disable/", headers=ENGLISH)
    assert "signed out everywhere" in text_of(page)
    done(client.post(f"{OPERATORS}{viewer.pk}/disable/"))
    assert signed_in.get("/console/profile/").status_code == 302
    assert Client().get(link).status_code == 404
    sign_in = {"name": "viewer", "password": OPERATOR_PASSWORD}
    assert Client().post("/console/login/", sign_in).status_code == 422
    done(client.post(f"{OPERATORS}{viewer.pk}/enable/"))
    assert Client().post("/console/login/", sign_in).status_code == 303
    codes = AuditEntry.objects.order_by("pk").values_list("action", flat=True)
    assert list(codes) == ["operator.disable", "operator.enable"]


def test_the_last_admin_stays(admin: Operator, browse: SignIn):
    page = browse(admin).post(f"{OPERATORS}{admin.pk}/disable/", follow=True, headers=ENGLISH)
    assert "keeps at least one active admin" in text_of(page)
    admin.refresh_from_db()
    assert admin.is_active
    create_operator("second", OPERATOR_PASSWORD, is_admin=True)
    done(browse(admin).post(f"{OPERATORS}{admin.pk}/disable/"))


def test_ending_sessions_signs_out_everywhere(admin: Operator, viewer: Operator, browse: SignIn):
    clients = [browse(viewer), browse(viewer)]
    done(browse(admin).post(f"{OPERATORS}{viewer.pk}/sessions/end/"))
    assert [client.get("/console/profile/").status_code for client in clients] == [302, 302]
    assert AuditEntry.objects.get().diff == {"sessions": [2, 0]}


def test_owner_adds_changes_and_removes_members(
    owner: Operator, outsider: Operator, app: AppRef, browse: SignIn
):
    client = browse(owner)
    for name, sentence in (("nobody", "There is no operator named nobody."),
                           ("owner", "owner is a member already.")):  # fmt: skip
        answer = post(client, "member_add", {"name": name, "role": "viewer"})
        assert (answer.status_code, sentence in text_of(answer)) == (422, True)
    done(post(client, "member_add", {"name": "Outsider", "role": "viewer"}))
    done(post(client, "member_role", {"role": "operator"}, member=outsider.pk))
    done(post(client, "member_role", {"role": "king"}, member=outsider.pk))
    assert Membership.objects.get(operator=outsider).role == "operator"
    done(post(client, "member_remove", member=outsider.pk))
    assert not Membership.objects.filter(operator=outsider).exists()
    assert post(client, "member_remove", member=outsider.pk).status_code == 404
    changes = AuditEntry.objects.order_by("pk").values_list("action", "diff")
    assert list(changes) == [
        ("member.add", {"role": [None, "viewer"]}),
        ("member.role", {"role": ["viewer", "operator"]}),
        ("member.remove", {"role": ["operator", None]}),
    ]


def test_the_last_owner_stays(owner: Operator, viewer: Operator, app: AppRef, browse: SignIn):
    for name, data in (("member_remove", {}), ("member_role", {"role": "viewer"})):
        answer = browse(owner).post(url(name, member=owner.pk), data, follow=True, headers=ENGLISH)
        assert "An app keeps at least one owner." in text_of(answer)
    assert Membership.objects.get(operator=owner).role == "owner"
    set_role(viewer, app, "owner")
    assert done(post(browse(owner), "member_remove", member=owner.pk)) == "/console/"
    assert browse(owner).get(url("connect")).status_code == 404


def test_viewer_sees_members_without_buttons(viewer: Operator, owner: Operator, browse: SignIn):
    page = text_of(browse(viewer).get(url("members")))
    assert page.count('data-test="operator-member-row"') == 2
    assert "<form" not in page.split("<main")[1].split("</main>")[0]


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("Not Found: /console/join/abcdefghijklmnop/", f"Not Found: /console/join/{MASK}/"),
        ("Forbidden: /console/reset/abcdefghijklmnop/ x", f"Forbidden: /console/reset/{MASK}/ x"),
        ("GET /console/setup/?code=ABCD-EFGH HTTP", f"GET /console/setup/?code={MASK} HTTP"),
        ("nothing to hide /console/apps/", "nothing to hide /console/apps/"),
    ],
)
def test_logs_do_not_keep_links(line: str, shown: str):
    path = line.split(" ", 1)[1]
    record = logging.LogRecord("n", 20, "", 1, line.replace(path, "%s"), (path,), None)
    assert MaskLinks().filter(record)
    assert record.getMessage() == shown


def test_every_line_of_the_server_passes_the_mask(settings: Any):
    assert settings.LOGGING["handlers"]["stderr"]["filters"] == ["links"]
    assert settings.LOGGING["root"]["handlers"] == ["stderr"]
