"""Settings of an app and of the instance, and the end of an app (CFG)."""

import io
from dataclasses import fields
from typing import Any

import pytest
from django.core.files.storage import default_storage
from django.test import Client

from accounts.actions.im_apps import change_settings
from accounts.domain.actor import Actor, AppRef
from accounts.domain.app_settings import AppSettings
from accounts.models import AuditEntry, ImApp, Operator
from accounts.queries.im_apps import app_by_id, app_info
from accounts.queries.im_users import count_users
from chat.actions.files import store_file
from chat.actions.messages import post_message_now
from chat.actions.roster import add_contact
from chat.domain.bodies import Body
from chat.domain.commands import AddContact, SendMessage
from chat.domain.errors import FriendsOnly
from chat.domain.targets import ToUser
from chat.models import EntryRow, StoredFile
from chat.store.clock import now_ms
from imadmin.console.actions import clearing
from imadmin.console.forms.setting_groups import GROUPS, SETTINGS
from imadmin.console.forms.setting_notes import SEEN, SEEN_OF_GROUP
from imadmin.console.queries import instance
from tests.console.conftest import SignIn
from tests.console.pages import done, post, refused, text_of, url

ENGLISH = {"accept-language": "en"}
PAGE = "app_settings"
LIMITS = "?part=limits"


@pytest.fixture
def client(owner: Operator, browse: SignIn) -> Client:
    return browse(owner)


def form_of(client: Client, part: str = "") -> dict[str, Any]:
    """The page's form as a browser would post it unchanged, hidden copies included."""
    form = client.get(url(PAGE) + part).context["form"]
    data: dict[str, Any] = {"before": form.before}
    for bound in form:
        value = bound.value()
        if value is not False and value is not None:
            data[bound.html_name] = "on" if value is True else value
    return data


def save(client: Client, **changes: Any) -> Any:
    """The page, filled in anew; None takes a tick away."""
    data = {k: v for k, v in {**form_of(client), **changes}.items() if v is not None}
    return post(client, PAGE, data)


def test_every_setting_is_on_the_page_with_its_default(client: Client):
    assert set(SETTINGS) == {one.name for one in fields(AppSettings)}
    parts = [text_of(client.get(url(PAGE) + part, headers=ENGLISH)) for part in ("", LIMITS)]
    for page in parts:
        assert "default:" not in page  # nothing differs yet
        assert len(page.encode()) <= 60_000
        assert page.count('<span class="chip chip-mute">default</span>') > 40
    for name in SETTINGS:
        assert sum(f'name="{name}"' in page for page in parts) == 1
    done(save(client, recall_window_s="5"))
    assert "default: 120" in text_of(client.get(url(PAGE), headers=ENGLISH))


def test_CFG_1_recall_window_counts_for_the_next_recall(
    client: Client, app: AppRef, demo1: Any, demo2: Any
):
    say = SendMessage(ToUser("demo2"), Body("txt", {"msg": "x"}), sender="demo1")
    message_id = post_message_now(Actor(app), say).message_id
    EntryRow.objects.filter(id=message_id).update(
        created_ms=EntryRow.objects.get(id=message_id).created_ms - 6_000
    )
    done(save(client, recall_window_s="7200", rest_recall_window_s="5"))
    refused(post(client, "message_recall", {}, mid=message_id), "time for recalling")
    done(save(client, rest_recall_window_s="7200"))
    done(post(client, "message_recall", {}, mid=message_id))
    entry = AuditEntry.objects.filter(action="app.edit").earliest("pk")
    assert entry.diff == {"recall_window_s": [120, 7200], "rest_recall_window_s": [120, 5]}


def test_CFG_2_friend_check_refuses_strangers(client: Client, app: AppRef, demo1: Any, demo2: Any):
    from_demo1 = Actor(app, "demo1", demo1.id, via="msync")
    say = SendMessage(ToUser("demo2"), Body("txt", {"msg": "x"}))
    assert post_message_now(from_demo1, say).message_id
    done(save(client, friends_only="on"))
    strict = Actor(app_by_id(app.id), "demo1", demo1.id, via="msync")
    with pytest.raises(FriendsOnly):
        post_message_now(strict, say)
    add_contact(Actor(app), AddContact("demo1", "demo2"))
    assert post_message_now(strict, say).message_id


def test_only_what_this_page_changed_is_stored(client: Client, app: AppRef):
    stale = form_of(client)
    change_settings(app, {"max_devices": 9, "friends_only": True})
    done(post(client, PAGE, {**stale, "recall_window_s": "60", "display_name": "演示"}))
    now = app_by_id(app.id).settings
    assert (now.max_devices, now.friends_only, now.recall_window_s) == (9, True, 60)
    assert app_info(app).display_name == "演示"


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"recall_window_s": "604801"}, "From 0 to 604800."),
        ({"max_devices": "0"}, "From 1 to 100."),
        ({"max_devices": "-1"}, "From 1 to 100."),
        ({"max_devices": "many"}, "Enter a whole number."),
        ({"delivery_recording": "some"}, "Select a valid choice"),
        ({"environment": "prod"}, "Select a valid choice"),
        ({"display_name": "x" * 33}, "at most 32"),
    ],
)
def test_value_out_of_range_is_refused_at_its_field(
    change: dict[str, str], sentence: str, client: Client, app: AppRef
):
    refused(save(client, **change), sentence)
    assert app_by_id(app.id).settings == AppSettings()
    assert not AuditEntry.objects.exists()


def test_viewer_reads_the_settings_and_cannot_save(viewer: Operator, browse: SignIn, app: AppRef):
    page = text_of(browse(viewer).get(url(PAGE), headers=ENGLISH))
    assert '<fieldset class="plain" disabled>' in page
    assert "app-settings-submit" not in page
    assert "app-delete" not in page


def test_app_is_deleted_once_its_key_is_typed(
    client: Client, app: AppRef, other_app: AppRef, demo1: Any, on_commit_now: None
):
    file = store_file(app, uploaded_by="demo1", filename="a.txt", content_type="text/plain",
                      content=io.BytesIO(b"a"))  # fmt: skip
    name = str(StoredFile.objects.get(uuid=file.uuid).file.name)
    say = SendMessage(ToUser("demo1"), Body("txt", {"msg": "x"}))
    post_message_now(Actor(app), say)
    assert default_storage.exists(name)
    page = text_of(client.get(url("app_delete"), headers=ENGLISH))
    assert "1 user goes" in page
    for typed in ("", "demo", "other#app", "DEMO#APP"):
        refused(post(client, "app_delete", {"appkey": typed}), "appkey")
    assert done(post(client, "app_delete", {"appkey": "demo#app"})) == "/console/apps/"
    assert list(ImApp.objects.values_list("org", flat=True)) == ["other"]
    assert not default_storage.exists(name)
    assert not EntryRow.objects.exists()
    assert client.get(url(PAGE)).status_code == 404
    entry = AuditEntry.objects.get(action="app.delete")
    assert (entry.app_id, entry.target_id, entry.actor) == (None, "demo#app", "owner")


def test_messages_are_cleared_and_people_stay(
    client: Client, app: AppRef, demo1: Any, demo2: Any, monkeypatch: pytest.MonkeyPatch
):
    def at_once(_name: str, work: Any) -> bool:
        work()
        return True

    monkeypatch.setattr(clearing, "start_job", at_once)
    monkeypatch.setattr(clearing, "now_ms", lambda: now_ms() + 1000)
    say = SendMessage(ToUser("demo2"), Body("txt", {"msg": "x"}), sender="demo1")
    for _ in range(3):
        post_message_now(Actor(app), say)
    refused(post(client, "app_clear", {"appkey": "demo"}), "appkey")
    assert EntryRow.objects.count() == 3
    done(post(client, "app_clear", {"appkey": "demo#app"}))
    assert not EntryRow.objects.exists()
    assert count_users(app) == 2
    assert AuditEntry.objects.get(action="app.clear").diff["entries"] == [3, 0]
    assert post_message_now(Actor(app), say).message_id  # and the next one is kept
    assert EntryRow.objects.count() == 1


def test_instance_page_shows_health_and_no_secret(admin: Operator, browse: SignIn, settings: Any):
    settings.REDIS_URL = ""
    settings.SECRETS_KEY = "not-to-be-seen-anywhere"
    page = text_of(browse(admin).get("/console/settings/", headers=ENGLISH))
    assert page.count('data-test="health-row"') == 5
    assert 'data-ok="no"' not in page
    assert settings.SECRET_KEY not in page
    assert "not-to-be-seen-anywhere" not in page
    part = browse(admin).get("/console/settings/", headers={"HX-Request": "true"})
    assert text_of(part).strip().startswith('<div id="health"')


def test_CFG_3_redis_that_does_not_answer_is_red(admin: Operator, browse: SignIn, settings: Any):
    """Nothing listens on port 1; the page is told so at once and says what to do."""
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    page = text_of(browse(admin).get("/console/settings/", headers=ENGLISH))
    row = page.split('data-id="redis"')[1].split("</tr>")[0]
    assert 'data-ok="no"' in row
    assert "Start Redis, or check REDIS_URL." in row


def test_low_disk_and_stopped_writer_are_red(
    admin: Operator, browse: SignIn, monkeypatch: pytest.MonkeyPatch
):
    class Stopped:
        def is_healthy(self) -> bool:
            return False

    monkeypatch.setattr(instance, "LOW_DISK_BYTES", 1 << 60)
    monkeypatch.setattr(instance, "get_store", Stopped)
    page = text_of(browse(admin).get("/console/settings/"))
    assert page.count('data-ok="no"') == 2


def test_every_setting_has_its_words_in_one_group():
    named = [one.name for group in GROUPS for one in group.settings]
    assert sorted(named) == sorted(one.name for one in fields(AppSettings))
    assert not [one.name for one in SETTINGS.values() if str(one.label) == one.name]


def test_limits_are_saved_on_their_own_page(client: Client, app: AppRef):
    data = form_of(client, LIMITS)
    assert "display_name" not in data
    saved: Any = client.post(url(PAGE) + LIMITS, {**data, "rate_calls_s": "7"})
    assert done(saved) == url(PAGE) + LIMITS
    assert app_by_id(app.id).settings == AppSettings(rate_calls_s=7)
    answer: Any = client.post(
        url(PAGE) + LIMITS, {**data, "max_thread_name": "513"}, headers=ENGLISH
    )
    refused(answer, "From 1 to 512.")
    assert app_by_id(app.id).settings == AppSettings(rate_calls_s=7)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_setting_says_what_clients_see(client: Client, language: str):
    """Of itself, or its group for all of them."""
    said = {"en": "What clients see:", "zh-CN": "客户端表现："}[language]
    for part in ("", LIMITS):
        page = text_of(client.get(url(PAGE) + part, headers={"accept-language": language}))
        groups = [one for one in page.split("<details") if 'data-test="settings-' in one[:200]]
        assert len(groups) >= 4
        for group in groups:
            shown = group.split('<div class="setting">')
            assert said in shown[0] or all(said in one for one in shown[1:]), shown[0]


def test_what_clients_see_is_of_settings_that_there_are():
    assert set(SEEN) <= set(SETTINGS)
    assert set(SEEN_OF_GROUP) <= {group.key for group in GROUPS}


def test_instance_page_says_what_the_environment_has_fixed(
    admin: Operator, browse: SignIn, settings: Any
):
    settings.FROM_ENVIRONMENT = frozenset({"IM_AUDIT_DAYS", "IM_METRICS_TOKEN"})
    settings.METRICS_TOKEN = "not-to-be-seen-either"
    page = text_of(browse(admin).get("/console/settings/", headers=ENGLISH))
    facts = page.split("<dt>")
    fixed = [one for one in facts if 'data-test="fact-given"' in one]
    assert [one.split("<")[0] for one in fixed] == ["The audit is kept", "Metrics need a token"]
    assert "set by IM_AUDIT_DAYS" in fixed[0]
    assert "not-to-be-seen-either" not in page
    [port] = [one for one in facts if one.startswith("Port<")]
    assert "default" in port
    assert "IM_PORT" in port
