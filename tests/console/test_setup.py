"""Set-up: one operator, one app, one code (SET-1 to SET-4)."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone

from accounts.actions.operators import make_setup_code
from accounts.domain.actor import AppRef
from accounts.domain.ids import Appkey
from accounts.models import AuditEntry, ImApp, Membership, Operator, SetupCode
from accounts.queries.im_apps import get_app
from accounts.queries.im_users import list_users

SETUP = "/console/setup/"
GOOD = {
    "name": "Root",
    "password": "correct-horse-9",
    "password_again": "correct-horse-9",
    "language": "zh-hans",
    "time_zone": "Asia/Shanghai",
    "org": "acme",
    "app": "demo",
}


@pytest.fixture
def code(db: None) -> str:
    return make_setup_code()


def post(code: str, **changes: str) -> tuple[Client, Any]:
    client = Client()
    return client, client.post(SETUP, GOOD | {"code": code} | changes)


def test_SET_1_fresh_database_leads_to_set_up(db: None):
    answer = Client().get("/console/apps/", follow=True)
    assert answer.redirect_chain == [(SETUP, 302)]
    assert answer.status_code == 200


def test_address_only_fills_the_field_and_leaks_nowhere(code: str):
    answer = Client().get(SETUP, {"code": code})
    assert f'value="{code}"' in answer.content.decode()
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "strict-origin"
    assert not Operator.objects.exists()


def test_SET_2_five_wrong_codes_void_the_right_one(code: str):
    for _ in range(5):
        answer = Client().post(SETUP, GOOD | {"code": "WRNG-WRNG-WRNG"})
        assert answer.status_code == 422
    answer = Client().post(SETUP, GOOD | {"code": code})
    assert answer.status_code == 422
    assert "setup_code" in answer.content.decode()
    assert not Operator.objects.exists()
    assert not ImApp.objects.exists()


def test_SET_3_after_set_up_the_operator_sees_connect_and_set_up_is_gone(code: str):
    client = Client()
    answer = client.post(SETUP, GOOD | {"code": code.lower()}, follow=True)
    assert answer.redirect_chain == [("/console/apps/acme/demo/connect/", 303)]
    assert "acme#demo" in answer.content.decode()
    assert client.get(SETUP).status_code == 404
    assert client.post(SETUP, GOOD | {"code": code}).status_code == 404
    operator = Operator.objects.get()
    assert (operator.name, operator.is_admin, operator.language) == ("Root", True, "zh-hans")
    assert Membership.objects.get().role == "owner"
    actions = set(AuditEntry.objects.values_list("actor", "action"))
    assert {("Root", "app.create"), ("Root", "operator.create")} <= actions


@pytest.mark.parametrize("password", ["nine-char", "1234567890", "qwertyuiop"])
def test_SET_4_weak_password_is_refused_beside_the_field(code: str, password: str):
    client = Client(headers={"accept-language": "en"})
    answer = client.post(
        SETUP, GOOD | {"code": code, "password": password, "password_again": password}
    )
    text = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="id_password_error"' in text
    assert 'aria-describedby="id_password_help id_password_error"' in text
    assert password not in text
    assert not Operator.objects.exists()


def test_password_like_the_own_name_is_refused(code: str):
    name = "administrator"
    _, answer = post(code, name=name, password=name + "1", password_again=name + "1")
    assert answer.status_code == 422


def test_everything_is_made_or_nothing(code: str):
    _, answer = post(code, org="console")
    assert answer.status_code == 422
    _, answer = post(code, org="", app="")
    assert answer.status_code == 422
    assert not Operator.objects.exists()
    assert SetupCode.objects.get().failures == 0


def test_existing_app_may_be_taken_instead(code: str, app: AppRef):
    client = Client()
    answer = client.post(SETUP, GOOD | {"code": code, "adopt": "demo#app", "org": "", "app": ""})
    assert answer.headers["Location"] == "/console/apps/demo/app/connect/"
    assert Membership.objects.get().app_id == app.id


def test_taken_appkey_leaves_set_up_open(code: str, app: AppRef):
    _, answer = post(code, adopt="", org="demo", app="app")
    assert answer.status_code == 422
    assert not Operator.objects.exists()
    _, answer = post(code)
    assert answer.status_code == 303


def test_demo_data_comes_with_the_tick(code: str):
    _, answer = post(code, demo_data="on")
    assert answer.status_code == 303
    users, _ = list_users(get_app(Appkey("acme", "demo")))
    assert [user.username for user in users] == ["demo1", "demo2", "demo3", "demo4"]


def test_expired_code_is_refused(code: str):
    SetupCode.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    _, answer = post(code)
    assert answer.status_code == 422


def test_command_replaces_the_code_and_is_closed_later(code: str, capsys):
    call_command("setup_code")
    line = capsys.readouterr().out.splitlines()[0]
    _, answer = post(code)
    assert answer.status_code == 422
    _, answer = post(line.removeprefix("Set-up code: "))
    assert answer.status_code == 303
    with pytest.raises(CommandError, match="closed"):
        call_command("setup_code")
