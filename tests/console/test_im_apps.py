"""Apps and their credentials (APP-1 to APP-3, CRD-1 to CRD-3)."""

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.im_apps import NewApp
from accounts.actions.tokens import app_token
from accounts.domain.errors import WrongClientSecret
from accounts.models import AppSecret, AuditEntry, ImApp, Operator
from chat.actions.messages import post_message_now
from chat.domain.bodies import Body
from chat.domain.commands import SendMessage
from chat.domain.targets import ToUser
from tests.console.conftest import SignIn
from tests.console.pages import addresses

NEW = "/console/apps/new/"
CREDENTIALS = "/console/apps/demo/app/credentials/"
ROTATE = CREDENTIALS + "rotate/"
FORM = {"org": "acme", "app": "demo", "environment": "test"}


def shown(text: str, name: str) -> str:
    match = re.search(rf'data-test="{name}">([^<]+)<', text)
    assert match is not None, name
    return match[1]


def test_APP_1_secret_is_shown_once(admin: Operator, browse: SignIn):
    client = browse(admin)
    answer = client.post(NEW, FORM | {"open_registration": "on"})
    text = answer.content.decode()
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert shown(text, "new-appkey") == "acme#demo"
    client_id, secret = shown(text, "new-client-id"), shown(text, "new-client-secret")
    made = ImApp.objects.get(key="acme#demo")
    assert made.settings == {"open_registration": True}
    page = client.get("/console/apps/acme/demo/credentials/").content.decode()
    assert client_id in page
    assert secret not in page
    assert secret[-4:] in page
    assert AuditEntry.objects.get(action="app.create").actor == "root"


@pytest.mark.parametrize("org", ["console", "Static", "API", "healthz"])
def test_APP_2_reserved_organisation_is_refused(admin: Operator, browse: SignIn, org: str):
    answer = browse(admin).post(NEW, FORM | {"org": org}, headers={"accept-language": "en"})
    assert answer.status_code == 422
    assert "is reserved" in answer.content.decode()
    assert 'id="id_org_error"' in answer.content.decode()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("org", "a" * 65),
        ("org", "a/b"),
        ("app", "Demo"),
        ("app", "a" * 33),
        ("app", ""),
        ("display_name", "x" * 33),
        ("description", "x" * 513),
        ("environment", "other"),
    ],
)
def test_fields_are_checked_where_they_stand(admin, browse, field: str, value: str):
    answer = browse(admin).post(NEW, FORM | {field: value})
    assert answer.status_code == 422
    assert f'id="id_{field}_error"' in answer.content.decode()
    assert not ImApp.objects.exists()


def test_taken_appkey_is_said_beside_the_name(admin, browse, new_app: NewApp):
    answer = browse(admin).post(NEW, FORM | {"org": "DEMO", "app": "app"})
    assert answer.status_code == 422
    assert 'id="id_app_error"' in answer.content.decode()


def test_APP_3_only_an_admin_sees_new_app(admin, owner, viewer, browse):
    assert 'data-test="app-new"' in browse(admin).get("/console/apps/").content.decode()
    for who in (owner, viewer):
        assert 'data-test="app-new"' not in browse(who).get("/console/apps/").content.decode()


def test_app_list_has_ones_own_apps_in_few_queries(
    owner, other_app, browse, django_assert_max_num_queries
):
    client = browse(owner)
    with django_assert_max_num_queries(8):
        text = client.get("/console/apps/").content.decode()
    assert "demo#app" in text
    assert "other#app" not in text


def test_stranger_to_all_apps_learns_whom_to_ask(outsider, browse):
    text = browse(outsider).get("/console/apps/").content.decode()
    assert 'data-test="empty-state"' in text
    assert "outsider" in text


def test_home_is_the_only_app_or_the_list(owner, outsider, admin, other_app, browse):
    assert browse(owner).get("/console/").headers["Location"] == "/console/apps/demo/app/"
    assert browse(outsider).get("/console/").headers["Location"] == "/console/apps/"
    assert browse(admin).get("/console/").headers["Location"] == "/console/apps/"


def rotate(client: Client, grace: str) -> str:
    answer = client.post(ROTATE, {"grace": grace, "confirm": "yes"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    return shown(answer.content.decode(), "new-client-secret")


def test_CRD_1_rotated_secret_replaces_the_old_one_at_once(owner, browse, new_app: NewApp):
    fresh = rotate(browse(owner), "0")
    assert app_token(new_app.app, new_app.client_id, fresh).token
    with pytest.raises(WrongClientSecret):
        app_token(new_app.app, new_app.client_id, new_app.client_secret)
    entry = AuditEntry.objects.get(action="secret.rotate")
    assert (entry.actor, entry.role, entry.allowed) == ("owner", "owner", True)
    assert fresh not in str(entry.diff)


def test_CRD_2_with_grace_both_secrets_work_for_an_hour(owner, browse, new_app: NewApp):
    fresh = rotate(browse(owner), "3600")
    for secret in (fresh, new_app.client_secret):
        assert app_token(new_app.app, new_app.client_id, secret).token
    assert f"••••{new_app.client_secret[-4:]}" in browse(owner).get(CREDENTIALS).content.decode()
    over = timezone.now() - timedelta(seconds=1)
    AppSecret.objects.filter(grace_until__isnull=False).update(grace_until=over)
    with pytest.raises(WrongClientSecret):
        app_token(new_app.app, new_app.client_id, new_app.client_secret)


def test_CRD_3_no_secret_in_the_page_after_a_reload(owner, browse, new_app: NewApp):
    client = browse(owner)
    fresh = rotate(client, "3600")
    answer = client.get(CREDENTIALS)
    assert answer.headers["Cache-Control"] == "no-store"
    for secret in (fresh, new_app.client_secret):
        assert secret not in answer.content.decode()


def test_rotating_is_confirmed_first(owner, browse, new_app: NewApp):
    answer = browse(owner).get(ROTATE)
    assert 'data-test="confirm-submit"' in answer.content.decode()
    assert AppSecret.objects.count() == 1
    assert browse(owner).post(ROTATE, {"grace": "7"}).status_code == 422
    assert AppSecret.objects.count() == 1


def test_unreadable_secret_can_only_be_rotated(owner, browse, new_app: NewApp):
    AppSecret.objects.update(ciphertext=b"not a ciphertext of this key")
    answer = browse(owner).get(CREDENTIALS, headers={"accept-language": "en"})
    assert "IM_SECRETS_KEY" in answer.content.decode()
    rotate(browse(owner), "0")


def test_list_counts_the_messages_of_today(owner, app, demo1, demo2, browse: SignIn, acting):
    for text in ("one", "two"):
        post_message_now(acting(), SendMessage(ToUser("demo2"), Body("txt", {"msg": text})))
    [row] = browse(owner).get("/console/apps/").context["page"].rows
    assert (row["users"], row["online"], row["today"]) == (2, 0, 2)


def test_list_opens_dashboards_and_offers_owners_to_delete(owner, viewer, browse: SignIn, app):
    link = "/console/apps/demo/app/settings/delete/"
    for who, may in ((owner, True), (viewer, False)):
        shown = addresses(browse(who).get("/console/apps/"))
        assert "/console/apps/demo/app/" in shown
        assert (link in shown) is may


def test_new_app_suggests_the_organisations_there_are(admin, browse: SignIn, app):
    assert '<option value="demo">' in browse(admin).get("/console/apps/new/").content.decode()
