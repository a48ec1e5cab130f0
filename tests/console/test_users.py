"""The users list, one new user, and what can be done to a user."""

from dataclasses import replace

import pytest
from django.test import Client
from django.utils import timezone

from accounts.actions.im_users import lift_expired_bans, register_user, set_activated
from accounts.actions.tokens import user_token_by_password
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import ImError
from accounts.models import AuditEntry, ImUser, Operator
from accounts.queries.im_users import UserInfo, find_user, get_user
from chat.actions.messages import post_message_now
from chat.actions.rooms import create_room
from chat.domain.bodies import Body
from chat.domain.commands import CreateRoom, SendMessage
from chat.domain.targets import ToUser
from chat.live.online import DeviceOnline, records
from tests.console.conftest import SignIn
from tests.console.pages import addresses, audited, done, post, refused, text_of, url


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


def test_USR_1_username_is_stored_and_shown_in_lower_case(client: Client, app: AppRef):
    answer = post(client, "user_new", {"username": "Demo1", "password": "123456"})
    assert done(answer) == url("user_detail", u="demo1")
    assert 'data-test="user-name">demo1<' in text_of(client.get(url("user_detail", u="Demo1")))
    assert audited("user.create").target_id == "demo1"
    assert user_token_by_password(app, "demo1", "123456").token


def test_USR_2_username_of_65_characters_is_refused_at_its_field(client: Client, app: AppRef):
    answer = post(client, "user_new", {"username": "a" * 65, "password": "p"})
    assert answer.status_code == 422
    assert 'id="id_username_error"' in text_of(answer)
    assert not AuditEntry.objects.filter(action="user.create").exists()


@pytest.mark.parametrize("name", ["a b", "名字", "a/b", ".."])
def test_illegal_username_is_refused_with_the_rule(name: str, client: Client, app: AppRef):
    refused(post(client, "user_new", {"username": name, "password": "p"}), "is no username")


def test_taken_username_links_to_the_user_and_keeps_the_form(client: Client, demo1: UserInfo):
    data = {"username": "demo1", "password": "p", "nickname": "Kept"}
    answer = post(client, "user_new", data)
    refused(answer, "exists already")
    assert url("user_detail", u="demo1") in text_of(answer)
    assert "Kept" in text_of(answer)


def test_generated_password_is_in_the_form_before_anything_is_made(client: Client, app: AppRef):
    answer = post(client, "user_new", {"username": "demo9", "password": "", "generate": "1"})
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert find_user(app, "demo9") is None


def test_menu_of_a_row_holds_what_can_be_done_now(client: Client, app: AppRef, demo1: UserInfo):
    row = next(path for path in addresses(client.get(url("users"))) if path.endswith("/menu/"))
    assert row == url("user_menu", u="demo1")
    acts = ("detail", "password", "ban", "force_offline", "delete")
    wanted = {url(f"user_{act}", u="demo1") for act in acts}
    wanted |= {f"{url('send')}?to_type=user&to=demo1"}
    part = client.get(row, headers={"hx-request": "true"})
    assert {path for path in addresses(part) if not path.startswith("/static/")} == wanted
    assert "<html" not in text_of(part)
    assert wanted <= set(addresses(client.get(row)))  # without script: a page
    set_activated(app, "demo1", False)
    banned = addresses(client.get(row))
    assert url("user_unban", u="demo1") in banned
    assert url("user_ban", u="demo1") not in banned
    assert client.get(url("user_menu", u="nobody")).status_code == 404


def test_USR_7_list_filters_and_pages_without_a_gap(client: Client, app: AppRef):
    names = [f"user{n:02d}" for n in range(30)]
    for name in names:
        register_user(app, name, "p")
    for sort in ("", "created", "username", "-username", "-seen"):
        seen, path = [], url("users") + f"?size=25&sort={sort}"
        while path:
            page = client.get(path).context["page"]
            seen += [row.user.username for row in page.rows]
            path = url("users") + page.next_query if page.next_query else ""
        assert sorted(seen) == names, sort
    assert [
        row.user.username for row in client.get(url("users") + "?q=user07").context["page"].rows
    ] == ["user07"]


def test_list_needs_few_queries(client: Client, app: AppRef, django_assert_max_num_queries):
    for number in range(20):
        register_user(app, f"u{number}", "p")
    with django_assert_max_num_queries(12):
        client.get(url("users"))


def test_filtered_list_says_so_and_finds_the_banned(client: Client, app, demo1: UserInfo):
    assert "Nothing matches these filters" in text_of(client.get(url("users") + "?q=nobody"))
    set_activated(app, "demo1", False)
    assert "demo1" in text_of(client.get(url("users") + "?state=banned"))


def test_htmx_gets_the_list_alone(client: Client, demo1: UserInfo):
    part = text_of(client.get(url("users"), headers={"hx-request": "true"}))
    assert part.strip().startswith('<div id="user-list">')


def test_password_reset_shows_a_generated_one_once(client: Client, app: AppRef, demo1: UserInfo):
    answer = post(client, "user_password", {"generate": "on"}, u="demo1")
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    password = answer.context["secret"]
    assert user_token_by_password(app, "demo1", password).token
    assert password not in str(audited("user.password").diff)
    refused(post(client, "user_password", {}, u="demo1"), "let one be generated")


def test_ban_keeps_its_reason_and_is_lifted(client: Client, app: AppRef, demo1: UserInfo):
    done(post(client, "user_ban", {"reason": "ads"}, u="demo1"))
    assert audited("user.ban").diff["reason"] == [None, "ads"]
    with pytest.raises(ImError):
        user_token_by_password(app, "demo1", "123456")
    done(post(client, "user_unban", u="demo1"))
    assert audited("user.unban").target_id == "demo1"
    assert user_token_by_password(app, "demo1", "123456").token


def test_nickname_and_force_offline_are_audited(client: Client, app: AppRef, demo1: UserInfo):
    done(post(client, "user_nickname", {"nickname": "小明"}, u="demo1"))
    assert audited("user.edit").diff == {"nickname": ["", "小明"]}
    assert "小明" in text_of(client.get(url("user_detail", u="demo1")))
    done(post(client, "user_force_offline", {}, u="demo1"))
    assert audited("user.kick").target_id == "demo1"


def test_deleting_names_what_goes_with_the_user(client: Client, app, demo1: UserInfo, acting):
    create_room(acting(), CreateRoom("group", "Lovely", owner="demo1", room_id="g1"))
    page = client.get(url("user_delete", u="demo1"), headers={"accept-language": "en"})
    assert "1 group that it owns goes too: Lovely (g1)" in text_of(page)
    assert find_user(app, "demo1")
    assert done(post(client, "user_delete", u="demo1")) == url("users")
    assert find_user(app, "demo1") is None
    assert audited("user.delete").target_id == "demo1"
    assert client.get(url("user_detail", u="demo1")).status_code == 404


def test_OPS_2_viewer_may_not_create_and_the_attempt_is_audited(
    viewer: Operator, browse: SignIn, app: AppRef
):
    answer = post(browse(viewer), "user_new", {"username": "x", "password": "p"})
    assert answer.status_code == 403
    entry = AuditEntry.objects.get(action="user.create")
    assert (entry.allowed, entry.actor) == (False, "viewer")
    assert find_user(app, "x") is None


def test_viewer_sees_no_buttons_that_do_nothing(viewer: Operator, browse: SignIn, demo1: UserInfo):
    shown = text_of(browse(viewer).get(url("user_detail", u="demo1")))
    assert "user-delete-link" not in shown
    assert "user-password-link" not in shown


def test_copy_as_prints_the_call_without_the_password(client: Client, app: AppRef):
    page = text_of(client.get(url("user_new")))
    assert "/demo/app/users" in page
    assert "$APP_TOKEN" in page


def test_ban_with_a_time_ends_by_itself(client: Client, app: AppRef):
    register_user(app, "demo1", "123456")
    before = timezone.now()
    done(post(client, "user_ban", {"duration": "1h", "reason": "spam"}, u="demo1"))
    user = get_user(app, "demo1")
    assert not user.is_activated
    assert 3590 < user.banned_until_ms / 1000 - before.timestamp() < 3660
    assert "until" in text_of(client.get(url("user_detail", u="demo1")))
    assert lift_expired_bans() == 0
    ImUser.objects.update(banned_until=before)
    assert lift_expired_bans() == 1
    user = get_user(app, "demo1")
    assert (user.is_activated, user.banned_until_ms) == (True, 0)
    assert AuditEntry.objects.get(action="user.unban").actor == "system"


def test_ban_for_ever_replaces_one_with_a_time(client: Client, app: AppRef):
    register_user(app, "demo1", "123456")
    done(post(client, "user_ban", {"duration": "1d"}, u="demo1"))
    done(post(client, "user_ban", {"duration": "forever"}, u="demo1"))
    assert get_user(app, "demo1").banned_until_ms == 0
    assert lift_expired_bans() == 0


def listed(client: Client, **query: str) -> list[str]:
    page = client.get(url("users"), {**query, "sort": "username"}).context["page"]
    return [row.user.username for row in page.rows]


def test_list_is_filtered_by_who_is_online_muted_or_has_a_queue(client: Client, app: AppRef):
    ids = {name: register_user(app, name, "p").id for name in ("anna", "ben", "cleo")}
    device = DeviceOnline(app.id, ids["anna"], "anna", "d", "native", "", "", 1, "c.1")
    records().put([device, replace(device, device="e", connection="c.2")])
    done(post(client, "user_mute", {"chat": "-1"}, u="ben"))
    post_message_now(Actor(app), SendMessage(ToUser("cleo"), Body("txt", {"msg": "a"})))
    assert listed(client, state="online") == ["anna"]
    assert listed(client, state="offline") == ["ben", "cleo"]
    assert listed(client, state="muted") == ["ben"]
    assert listed(client, queue="on") == ["cleo"]
    assert listed(client, queue="on", state="online") == []
    rows = text_of(client.get(url("users"), {"sort": "username"})).split('data-test="user-row"')[1:]
    queued = [row.split('data-test="user-queued">')[1].split("<")[0] for row in rows]
    assert queued == ["0", "0", "1"]
    assert ["2 devices" in row for row in rows] == [True, False, False]
    assert ["user-muted-chip" in row for row in rows] == [False, True, False]


def test_deleted_user_is_told_of_with_the_audits_link(
    client: Client, owner: Operator, browse: SignIn, demo1: UserInfo
):
    done(post(client, "user_delete", u="demo1"))
    for who, has_link in ((client, False), (browse(owner), True)):
        answer = who.get(url("user_roster", u="demo1"), headers={"accept-language": "en"})
        page = text_of(answer)
        assert answer.status_code == 404
        assert "operator deleted it" in page
        assert ("target=demo1" in page) is has_link
    assert "deleted it" not in text_of(client.get(url("user_roster", u="nobody")))


@pytest.mark.parametrize("name", ["user_new", "user_batch"])
def test_password_is_not_sent_back_with_an_error(client: Client, name: str):
    form = {"username": "a b", "prefix": "a", "start": "5", "end": "4", "password_mode": "fixed",
            "password": "never-shown-again"}  # fmt: skip
    answer = post(client, name, form)
    assert answer.status_code == 422
    assert "never-shown-again" not in text_of(answer)
