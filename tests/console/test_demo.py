"""Demo data: complete, idempotent, and the same by every door."""

import pytest
from django.core.management import CommandError, call_command

from accounts.actions.tokens import user_token_by_password
from accounts.domain.actor import AppRef
from accounts.models import AuditEntry
from accounts.queries.im_users import list_users
from chat.domain.bodies import BODY_TYPES
from chat.domain.entries import EntryKind
from chat.models import ConversationRow, EntryRow
from chat.queries.rooms import list_rooms
from chat.queries.roster import list_roster
from imadmin.console.actions.demo import MESSAGES, NICKNAMES, load_demo
from tests.console.conftest import SignIn
from tests.console.pages import done, post, text_of, url


def pair_messages(app: AppRef) -> list[str]:
    [row] = ConversationRow.objects.filter(app_id=app.id, kind="pair")
    entries = EntryRow.objects.filter(conversation=row, kind=EntryKind.MESSAGE)
    return list(entries.order_by("seq").values_list("type", flat=True))


def test_demo_data_is_complete(app: AppRef):
    assert load_demo(app)
    users, _ = list_users(app, limit=10)
    assert [user.username for user in users] == ["demo1", "demo2", "demo3", "demo4"]
    assert all(user.is_demo for user in users)
    assert user_token_by_password(app, "demo1", "123456").token
    assert [item.username for item in list_roster(app, "demo1")] == ["demo2"]
    [group] = list_rooms(app, "group", limit=10).items
    [room] = list_rooms(app, "chatroom", limit=10).items
    assert (group.name, group.owner) == ("Demo group", "demo1")
    assert (room.name, room.owner) == ("Demo room", "demo1")
    types = pair_messages(app)
    assert len(types) == MESSAGES
    assert set(types) == set(BODY_TYPES)


def test_loading_twice_changes_nothing(app: AppRef):
    load_demo(app)
    before = (EntryRow.objects.count(), len(list_rooms(app, "group", limit=10).items))
    assert not load_demo(app)
    assert (EntryRow.objects.count(), len(list_rooms(app, "group", limit=10).items)) == before


def test_users_who_are_there_keep_their_password(app: AppRef, demo1):
    assert load_demo(app)
    users, _ = list_users(app, limit=10)
    assert [user.is_demo for user in users] == [False, True, True, True]


def test_reset_makes_everything_anew_and_leaves_others_alone(
    app: AppRef, owner, operator, browse: SignIn, stranger
):
    load_demo(app)
    old = {user.id for user in list_users(app, limit=10)[0]}
    [group] = list_rooms(app, "group", limit=10).items
    client = browse(owner)
    page = text_of(client.get(url("app_demo_reset"), headers={"accept-language": "en"}))
    assert "demo1, demo2, demo3, demo4" in page
    done(post(client, "app_demo_reset"))
    users, _ = list_users(app, limit=10)
    assert {user.username for user in users} == {*NICKNAMES, "stranger"}
    assert len({user.id for user in users} & old) == 1
    [again] = list_rooms(app, "group", limit=10).items
    assert again.room_id != group.room_id
    entry = AuditEntry.objects.get(action="app.demo_reset")
    assert (entry.actor, entry.diff["users"]) == ("owner", [4, 4])
    assert post(browse(operator), "app_demo_reset").status_code == 403


def test_command_loads_it_and_knows_its_app(app: AppRef, capsys):
    call_command("seed_demo", "demo#app")
    call_command("seed_demo", "demo#app")
    out = capsys.readouterr().out.splitlines()
    assert out == ["Demo data loaded.", "The demo data is there already."]
    with pytest.raises(CommandError, match="no app"):
        call_command("seed_demo", "no#app")


def test_button_loads_it_and_leads_back(operator, app: AppRef, browse: SignIn):
    client = browse(operator)
    back = "/console/apps/demo/app/connect/"
    for word in ("Demo data loaded.", "The demo data is there already."):
        answer = client.post(
            "/console/apps/demo/app/demo-data/",
            {"next": back},
            headers={"accept-language": "en"},
            follow=True,
        )
        assert answer.redirect_chain == [(back, 303)]
        assert word in answer.content.decode()
    [entry] = AuditEntry.objects.filter(action="app.demo")
    assert (entry.actor, entry.via) == ("operator", "console")
