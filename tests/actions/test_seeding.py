"""What seed_large makes is what the actions would leave: dense logs, true counts, both sides."""

import itertools
from collections import Counter, defaultdict

import pytest
from django.core.management import CommandError, call_command

from accounts.actions.audit import Origin, acting
from accounts.actions.im_apps import change_app, create_app
from accounts.actions.tokens import user_token_by_password
from accounts.domain.actor import Actor
from accounts.domain.errors import IllegalArgument
from accounts.domain.ids import Appkey
from accounts.models import AuditEntry, ImUser
from accounts.queries.im_users import list_users
from chat.actions.messages import post_message_now
from chat.actions.seeding.load import load_large
from chat.actions.seeding.plan import Sizes
from chat.actions.webhooks import add_webhook
from chat.domain.bodies import Body
from chat.domain.commands import ListConversations, SendMessage
from chat.domain.entries import EntryFlag, EntryKind
from chat.domain.ids import ms_of
from chat.domain.targets import ToUser
from chat.models import (
    BlockEntry,
    ConversationRow,
    ConversationState,
    DeviceCursor,
    EntryRow,
    Room,
    RoomMember,
    RosterEntry,
)
from chat.queries.conversations import list_conversations
from chat.store.rows import conversation_of

SMALL = Sizes(users=60, groups=6, chatrooms=2, messages=400, days=2)
NOW = 1_790_000_000_000


@pytest.fixture
def seeded(app):
    load_large(app, SMALL, seed=3, at_ms=NOW)
    return app


def test_all_that_was_asked_for_is_there(seeded):
    assert ImUser.objects.filter(app_id=seeded.id).count() == 60
    assert Counter(Room.objects.values_list("kind", flat=True)) == {"group": 6, "chatroom": 2}
    assert EntryRow.objects.filter(kind=EntryKind.MESSAGE).count() == 400
    assert RosterEntry.objects.count() >= 60
    assert BlockEntry.objects.exists()
    assert DeviceCursor.objects.exists()


def test_it_is_audited(app):
    with acting(Origin("seed_large", "command")):
        load_large(app, SMALL)
    [audit] = AuditEntry.objects.filter(action="app.seed")
    assert audit.diff["messages"] == [None, 400]


def test_logs_are_dense_and_rows_say_how_far_they_are(seeded):
    by_log = defaultdict(list)
    for entry in EntryRow.objects.order_by("conversation_id", "seq"):
        by_log[entry.conversation_id].append(entry)
    rows = ConversationRow.objects.in_bulk()
    assert set(rows) == set(by_log)
    sizes = sorted((len(entries) for entries in by_log.values()), reverse=True)
    assert sizes[0] > 8 * sizes[len(sizes) // 2]  # few busy, a long tail
    for log_id, entries in by_log.items():
        row = rows[log_id]
        assert row.key == conversation_of(row).key
        assert [entry.seq for entry in entries] == list(range(1, row.last_seq + 1))
        ids = [entry.id for entry in entries]
        assert ids == sorted(set(ids))
        assert ids[-1] == row.last_id
        counted = [entry for entry in entries if entry.flags & EntryFlag.COUNTS]
        assert row.last_message_id == (counted[-1].id if counted else 0)
        seen = [0, 0]
        for entry in entries:
            by_second = row.kind == "pair" and entry.sender == row.name_b
            seen[by_second] += bool(entry.flags & EntryFlag.COUNTS)
            assert [entry.seen_a, entry.seen_b] == seen
            assert ms_of(entry.id) == entry.created_ms
        assert [row.count_a, row.count_b] == seen


def test_states_count_what_was_read(seeded):
    entries = defaultdict(list)
    for entry in EntryRow.objects.order_by("seq"):
        entries[entry.conversation_id].append(entry)
    states = list(ConversationState.objects.select_related("user", "conversation"))
    assert states
    for state in states:
        log, name = entries[state.conversation_id], state.user.username
        read = [entry for entry in log if entry.seq <= state.read_seq]
        others = [e for e in read if e.sender != name and e.flags & EntryFlag.COUNTS]
        assert state.read_count == len(others)
        assert state.read_seq <= state.delivered_seq <= state.conversation.last_seq
        if state.conversation.kind != "pair":
            own = [e for e in log if e.sender == name and e.flags & EntryFlag.COUNTS]
            assert state.own_sent == len(own)
    held = {(state.user_id, state.conversation_id): state.delivered_seq for state in states}
    for cursor in DeviceCursor.objects.all():
        assert cursor.seq == held[cursor.user_id, cursor.conversation_id]


def test_conversation_lists_tell_what_is_unread(seeded):
    users, _ = list_users(seeded, limit=100)
    total = 0
    for user in users:
        actor = Actor(seeded, user.username, user.id)
        page = list_conversations(actor, ListConversations(limit=200))
        newest = [item.updated_ms for item in page.items]
        assert newest == sorted(newest, reverse=True)
        states = {
            state.conversation_id: state.read_seq
            for state in ConversationState.objects.filter(user_id=user.id)
        }
        for item in page.items:
            row = ConversationRow.objects.get(key=item.conversation.key, app_id=seeded.id)
            later = EntryRow.objects.filter(
                conversation=row, seq__gt=states.get(row.pk, 0), kind=EntryKind.MESSAGE
            ).exclude(sender=user.username)
            unread = [e for e in later if e.flags & EntryFlag.COUNTS]
            assert item.unread == len(unread)
            total += item.unread
    assert total


def test_friends_and_members_are_on_both_sides(seeded):
    friends = set(RosterEntry.objects.values_list("owner", "contact"))
    assert friends == {(contact, owner) for owner, contact in friends}
    assert all(owner != contact for owner, contact in friends)
    for room in Room.objects.all():
        ranks = Counter(room.stays.values_list("affiliation", flat=True))
        assert ranks[RoomMember.Rank.OWNER] == 1
        assert sum(ranks.values()) == room.member_count <= room.max_members
        owner = room.stays.get(affiliation=RoomMember.Rank.OWNER)
        assert owner.user_id == room.owner_id
        senders = set(
            EntryRow.objects.filter(conversation__key=f"r:{room.pk}").values_list("sender")
        )
        assert senders <= set(room.stays.values_list("user__username"))


def test_its_users_log_in_and_its_logs_go_on(app):
    load_large(app, SMALL, seed=3, password="of all")
    pair = ConversationRow.objects.filter(kind="pair").order_by("-last_seq").first()
    assert pair is not None
    assert user_token_by_password(app, pair.name_a, "of all").token
    user = ImUser.objects.get(app_id=app.id, username=pair.name_a)
    sent = post_message_now(
        Actor(app, pair.name_a, user.id),
        SendMessage(ToUser(pair.name_b), Body("txt", {"msg": "one more"})),
    )
    row = EntryRow.objects.get(pk=sent.message_id)
    assert (row.seq, row.seen_a) == (pair.last_seq + 1, pair.count_a + 1)


def test_a_seed_makes_the_same_again_and_another_one_does_not(app):
    def told(seed: int) -> list[tuple[object, ...]]:
        made = create_app(Appkey("many", f"app{next(numbers)}")).app
        load_large(made, SMALL, seed=seed, at_ms=NOW)
        rows = EntryRow.objects.filter(app_id=made.id, kind=EntryKind.MESSAGE).order_by("id")
        return [("sizes", made.appkey.org), *rows.values_list("sender", "payload", "created_ms")]

    numbers = itertools.count()
    assert told(1) == told(1)
    assert told(1) != told(2)


def test_an_app_with_data_is_refused_unless_told(seeded):
    with pytest.raises(IllegalArgument, match="has data"):
        load_large(seeded, SMALL)
    load_large(seeded, Sizes(users=10, groups=1, chatrooms=0, messages=20), add=True)
    assert ImUser.objects.filter(app_id=seeded.id).count() == 70
    assert ImUser.objects.filter(app_id=seeded.id, username="u000070").exists()


def test_an_app_with_webhooks_is_refused(app):
    add_webhook(app, name="r", kind="post", url="http://127.0.0.1:1/", selectors=["chat"])
    with pytest.raises(IllegalArgument, match="webhooks"):
        load_large(app, SMALL)


@pytest.mark.parametrize(
    "sizes",
    [
        Sizes(users=0),
        Sizes(users=2, groups=1, messages=0),
        Sizes(users=5, groups=2000),
        Sizes(messages=-1),
        Sizes(users=1, groups=0, chatrooms=0, messages=1),
    ],
)
def test_numbers_that_cannot_be_are_refused(app, sizes):
    with pytest.raises(IllegalArgument):
        load_large(app, sizes)
    assert not ImUser.objects.filter(app_id=app.id).exists()


def test_the_command_says_what_it_made(app, capsys):
    sizes = ("--users", "20", "--groups", "2", "--chatrooms", "1", "--messages", "50")
    call_command("seed_large", "demo#app", *sizes)
    said = capsys.readouterr().out
    assert "20 users" in said
    assert "50 messages" in said
    with pytest.raises(CommandError, match="has data"):
        call_command("seed_large", "demo#app", *sizes)
    with pytest.raises(CommandError, match="no app"):
        call_command("seed_large", "no#app")


def test_messages_of_an_app_without_room_history_only_pass(app):
    made = change_app(app, settings=app.settings.changed(room_history=False))
    load_large(made, Sizes(users=12, groups=0, chatrooms=1, messages=60), seed=1)
    flags = EntryRow.objects.filter(conversation__kind="chatroom").values_list("flags", flat=True)
    assert set(flags) <= {int(EntryFlag.ONLINE_ONLY), int(EntryFlag.NONE)}


def test_nothing_is_left_when_it_fails(app, monkeypatch):
    monkeypatch.setattr("chat.actions.seeding.load.Talk", None)
    with pytest.raises(TypeError):
        load_large(app, SMALL)
    assert not ImUser.objects.filter(app_id=app.id).exists()
