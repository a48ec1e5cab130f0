"""Signing in and out, passwords, the profile (LOG-1 to LOG-3)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEntry, LoginFailure, Operator
from tests.console.conftest import OPERATOR_PASSWORD, SignIn

LOGIN = "/console/login/"


def sign_in(client: Client, name: str, password: str, **more: str):
    return client.post(LOGIN, {"name": name, "password": password} | more)


def test_right_name_and_password_open_the_console(admin: Operator):
    client = Client()
    answer = sign_in(client, "ROOT", OPERATOR_PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (303, "/console/")
    assert client.get("/console/apps/").status_code == 200
    assert client.post("/console/logout/").status_code == 303
    assert client.get("/console/apps/").headers["Location"].startswith(LOGIN)


def test_session_key_is_new_after_sign_in(admin: Operator):
    client = Client()
    client.get(LOGIN)
    before = client.session.session_key
    sign_in(client, "root", OPERATOR_PASSWORD)
    assert client.session.session_key != before


def test_session_lasts_fourteen_days_only_if_asked(admin: Operator):
    client = Client()
    sign_in(client, "root", OPERATOR_PASSWORD, remember="on")
    assert client.session.get_expiry_age() == 14 * 24 * 3600
    client = Client()
    sign_in(client, "root", OPERATOR_PASSWORD)
    assert client.session.get_expire_at_browser_close()


@pytest.mark.parametrize("name", ["root", "nobody"])
def test_wrong_log_in_keeps_the_name_and_does_not_tell_what_was_wrong(admin: Operator, name: str):
    answer = sign_in(Client(headers={"accept-language": "en"}), name, "wrong-password")
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "The name or the password is wrong." in text
    assert f'value="{name}"' in text
    assert "wrong-password" not in text


def test_disabled_operator_is_refused(admin: Operator):
    Operator.objects.update(is_active=False)
    assert sign_in(Client(), "root", OPERATOR_PASSWORD).status_code == 422


def test_LOG_1_sixth_failure_shows_a_wait(admin: Operator):
    client = Client(headers={"accept-language": "en"})
    for _ in range(5):
        assert sign_in(client, "root", "wrong").status_code == 422
    answer = sign_in(client, "root", OPERATOR_PASSWORD)
    assert answer.status_code == 429
    assert "Try again in 15 minutes." in answer.content.decode()
    # Another name is not barred with it, and the bar is lifted with time.
    assert sign_in(client, "nobody", "wrong").status_code == 422
    LoginFailure.objects.update(at=timezone.now() - timedelta(minutes=16))
    assert sign_in(client, "root", OPERATOR_PASSWORD).status_code == 303


@pytest.mark.parametrize(
    "target",
    ["//evil.example", "https://evil.example/console/", "/\\evil.example", "javascript:alert(1)",
     "/demo/app/users", ""],
)  # fmt: skip
def test_LOG_3_next_leads_only_into_this_console(admin: Operator, target: str):
    answer = sign_in(Client(), "root", OPERATOR_PASSWORD, next=target)
    assert answer.headers["Location"] == "/console/"


def test_next_leads_back_to_the_page(admin: Operator):
    answer = Client().get("/console/apps/new/?x=1")
    assert answer.headers["Location"] == "/console/login/?next=%2Fconsole%2Fapps%2Fnew%2F%3Fx%3D1"
    answer = sign_in(Client(), "root", OPERATOR_PASSWORD, next="/console/apps/new/?x=1")
    assert answer.headers["Location"] == "/console/apps/new/?x=1"


def test_password_change_ends_the_other_sessions(admin: Operator, browse: SignIn):
    here, there = browse(admin), browse(admin)
    new = "another-horse-7"
    form = {"current": OPERATOR_PASSWORD, "password": new, "password_again": new}
    assert here.post("/console/password/", form).status_code == 303
    assert here.get("/console/apps/").status_code == 200
    assert there.get("/console/apps/").status_code == 302
    entry = AuditEntry.objects.get(action="operator.password")
    assert entry.actor == "root"
    assert new not in str(entry.diff)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"current": "wrong"}, "current"),
        ({"password": "short", "password_again": "short"}, "password"),
        ({"password_again": "different-9"}, "password_again"),
    ],
)
def test_password_change_is_refused_beside_the_field(admin, browse, change, field):
    form = {
        "current": OPERATOR_PASSWORD,
        "password": "another-horse-7",
        "password_again": "another-horse-7",
    }
    answer = browse(admin).post("/console/password/", form | change)
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    admin.refresh_from_db()
    assert admin.check_password(OPERATOR_PASSWORD)


def test_profile_is_saved_and_checked(admin: Operator, browse: SignIn):
    client = browse(admin)
    form = {"language": "en", "time_zone": "Asia/Shanghai", "theme": "dark", "density": "compact"}
    assert client.post("/console/profile/", form).status_code == 303
    admin.refresh_from_db()
    assert (admin.time_zone, admin.theme, admin.shortcuts) == ("Asia/Shanghai", "dark", False)
    answer = client.post("/console/profile/", form | {"time_zone": "Mars/Base"})
    assert answer.status_code == 422
    assert 'id="id_time_zone_error"' in answer.content.decode()


def test_times_are_shown_in_the_operators_zone(admin, app, browse):
    admin.time_zone = "Asia/Shanghai"
    admin.save()
    text = browse(admin).get("/console/apps/demo/app/connect/").content.decode()
    here = timezone.now().astimezone(timezone.get_fixed_timezone(480))
    assert f">{here:%Y-%m-%d %H:}" in text
    assert re.search(r'<time datetime="[0-9-]+T[0-9:.]+Z">', text)


def sign_in_anew(operator: Operator) -> Client:
    client = Client(headers={"user-agent": "Firefox"})
    data = {"name": operator.name, "password": OPERATOR_PASSWORD}
    assert client.post("/console/login/", data).status_code == 303
    return client


def test_own_sessions_are_listed_and_another_one_is_ended(operator: Operator, viewer: Operator):
    here, there = sign_in_anew(operator), sign_in_anew(operator)
    sign_in_anew(viewer)
    listed = here.get("/console/profile/").context["page"].rows
    assert sorted(one.is_this for one in listed) == [False, True]
    assert {one.agent for one in listed} == {"Firefox"}
    other = next(one for one in listed if not one.is_this)
    text = here.get("/console/profile/").content.decode()
    assert str(there.session.session_key) not in text
    here.post("/console/profile/sessions/end/", {"session": other.handle})
    assert there.get("/console/profile/").headers["Location"].startswith(LOGIN)
    assert here.get("/console/profile/").status_code == 200


def test_nobody_ends_the_session_of_another(operator: Operator, viewer: Operator):
    mine, theirs = sign_in_anew(operator), sign_in_anew(viewer)
    [own] = theirs.get("/console/profile/").context["page"].rows
    mine.post("/console/profile/sessions/end/", {"session": own.handle})
    assert theirs.get("/console/profile/").status_code == 200
