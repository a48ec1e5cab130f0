"""What the pages of a send say while it is written and when it is done."""

import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from accounts.actions.im_apps import change_settings
from accounts.actions.im_users import register_user
from accounts.domain.actor import Actor, AppRef
from accounts.models import ImUser, Operator
from chat.actions.messages import post_message_now
from chat.actions.own_history import drop_from_queue
from chat.actions.recalls import recall_message
from chat.actions.receipts import mark_delivered
from chat.actions.rooms import create_room
from chat.domain.bodies import Body
from chat.domain.commands import CreateRoom, MarkDelivered, RecallMessage, SendMessage
from chat.domain.targets import Target, ToGroup, ToUser
from chat.live.online import DeviceOnline, records
from chat.models import EntryRow
from chat.queries.message_log import get_message
from chat.store.clock import now_ms
from chat.store.rows import DAY_MS, id_at
from imadmin.console.models import SendJob
from imadmin.console.queries.delivery import delivery_of, reaches_of
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, text_of, url
from tests.console.test_send import PNG, TEXT, stored

pytestmark = pytest.mark.usefixtures("demo1", "demo2")


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


def english(client: Client, name: str, **kwargs: Any) -> str:
    return text_of(client.get(url(name, **kwargs), headers={"accept-language": "en"}))


def test_a_refused_send_shows_what_rest_answers_and_what_to_do(client: Client):
    done(post(client, "send", {**TEXT, "to_type": "group", "to": "nowhere"}))
    shown = client.get(
        url("send_job", job=SendJob.objects.get().pk), headers={"accept-language": "en"}
    )
    assert shown.context["status"] == 404
    assert shown.context["response"]["error"] == "resource_not_found"
    assert "Copy the id from the list of groups" in text_of(shown)


def test_the_answer_says_how_long_it_took(client: Client, monkeypatch):
    clock = iter((10.0, 10.0074))
    monkeypatch.setattr("imadmin.console.actions.sends.perf_counter", lambda: next(clock))
    done(post(client, "send", TEXT))
    job = SendJob.objects.get()
    assert job.took_ms == 8
    assert '<span class="text-secondary" data-test="send-took">· 8 ms</span>' in english(
        client, "send_job", job=job.pk
    )
    SendJob.objects.update(took_ms=None)  # sent before this was measured
    assert "send-took" not in english(client, "send_job", job=job.pk)


def test_a_user_who_does_not_exist_is_flagged_on_the_result(client: Client):
    done(post(client, "send", {**TEXT, "to": "typo demo2"}))
    page = english(client, "send_job", job=SendJob.objects.get().pk)
    assert page.count('data-test="send-nobody"') == 1


def test_without_script_the_result_asks_again_until_nobody_is_behind(client: Client, app, demo2):
    done(post(client, "send", TEXT))
    job = SendJob.objects.get()
    assert 'http-equiv="refresh"' not in english(client, "send_job", job=job.pk)  # queued
    records().put([DeviceOnline(app.id, demo2.id, "demo2", "web", "native", "", "", 1)])
    shown = english(client, "send_job", job=job.pk)
    assert '<noscript><meta http-equiv="refresh" content="2"></noscript>' in shown
    [(entry, _)] = stored(app)
    reader = Actor(app, "demo2", demo2.id, device="web")
    mark_delivered(reader, MarkDelivered(ToUser("admin"), entry.id))
    assert 'http-equiv="refresh"' not in english(client, "send_job", job=job.pk)


def test_of_many_receivers_the_worst_are_shown_and_a_filter_finds_one(client: Client, app):
    names = [register_user(app, f"many{n:03d}", "123456").username for n in range(60)]
    done(post(client, "send", {**TEXT, "to": " ".join(names)}))
    job = SendJob.objects.get()
    shown = english(client, "send_job", job=job.pk)
    assert shown.count('data-test="delivery-row"') == 20
    assert shown.count('data-test="send-item"') == 25
    behind = text_of(client.get(url("send_job", job=job.pk), {"after": 50}))
    assert behind.count('data-test="send-item"') == 10
    assert "The 20 that are furthest behind, of 60." in shown
    one = text_of(client.get(url("send_job", job=job.pk) + "?name=many059&stage=queued"))
    assert one.count('data-test="delivery-row"') == 1
    none = text_of(client.get(url("send_job", job=job.pk) + "?stage=read"))
    assert none.count('data-test="delivery-row"') == 0


def queued(page: str) -> dict[str, str]:
    """Whom it waits for → their chip."""
    row = r'data-name="([^"]*)" data-stage="queued".*?<span class="chip chip-warn">([^<]*)<'
    return dict(re.findall(row, page, re.DOTALL))


def test_a_queued_message_shows_its_place_in_the_queue(client: Client, app: AppRef, acting, demo2):
    create_room(acting(), CreateRoom("group", "g", owner="demo1", members=("demo2",), room_id="g1"))
    for number in range(3):
        done(post(client, "send", {**TEXT, "text": str(number)}))
        done(post(client, "send", {**TEXT, "to_type": "group", "to": "g1"}))
    pair, group = (SendJob.objects.filter(spec__to_type=to).last() for to in ("user", "group"))
    assert pair
    assert group
    assert queued(english(client, "send_job", job=pair.pk)) == {"demo2": "queued (3/500)"}
    both = {"demo1": "queued (3/200)", "demo2": "queued (3/200)"}
    assert queued(english(client, "send_job", job=group.pk)) == both
    chinese = client.get(url("send_job", job=group.pk), headers={"accept-language": "zh-CN"})
    assert queued(text_of(chinese))["demo2"] == "离线排队 (3/200)"
    mine = [entry for entry, _ in stored(app) if entry.conversation.kind == "pair"]
    reader = Actor(app, "demo2", demo2.id, device="web")
    mark_delivered(reader, MarkDelivered(ToUser("admin"), mine[-1].id))
    assert queued(english(client, "send_job", job=pair.pk)) == {"demo2": "queued (2/500)"}
    drop_from_queue(app, "demo2", [mine[0].id])
    page = english(client, "send_job", job=pair.pk)
    assert queued(page) == {}
    assert 'data-stage="missed"' in page
    assert "it was taken out of the queue" in page


def test_a_recalled_message_waits_for_nobody(client: Client, app: AppRef, acting):
    done(post(client, "send", TEXT))
    [(entry, _)] = stored(app)
    recall_message(acting(), RecallMessage(entry.id))
    page = english(client, "send_job", job=SendJob.objects.get().pk)
    assert queued(page) == {}
    assert "it was recalled before a device had it" in page


def test_place_is_that_in_what_the_app_keeps(app: AppRef, acting, demo1):
    """A cap is of all pairs together, or of each group, and the oldest fall out."""
    change_settings(app, {"max_offline_pairs": 3, "max_offline_room": 0})
    create_room(acting(), CreateRoom("group", "g", owner="demo1", members=("demo2",), room_id="g1"))

    def say(sender: str, to: Target | None = None) -> int:
        message = SendMessage(to or ToUser("demo2"), Body("txt", {"msg": "x"}), sender=sender)
        return post_message_now(acting(), message).message_id

    def told(message_id: int, name: str = "demo2") -> tuple[str, str, str]:
        rows = delivery_of(app, get_message(app, message_id)).rows
        [row] = [row for row in rows if row.username == name]
        return row.stage, row.queue, row.why

    first, second, third = say("demo1"), say("stranger"), say("demo1")
    in_group = say("demo1", ToGroup("g1"))
    assert [told(one)[1] for one in (first, second, third)] == ["1/3", "2/3", "3/3"]
    assert told(in_group) == ("queued", "", "")  # no cap
    fourth = say("stranger")
    assert told(first) == ("missed", "", "fallen")
    assert [told(one)[1] for one in (second, third, fourth)] == ["1/3", "2/3", "3/3"]
    recall_message(acting(), RecallMessage(third))  # it makes no room, but no place is empty
    assert told(first)[2] == "fallen"
    assert told(fourth)[1] == "2/3"
    change_settings(app, {"max_offline_pairs": 0, "max_offline_room": 2})
    last = [say("demo1", ToGroup("g1")) for _ in range(2)]
    assert told(in_group) == ("missed", "", "fallen")
    assert [told(one)[1] for one in last] == ["1/2", "2/2"]
    assert told(first) == ("queued", "", "")


def test_what_is_older_than_the_app_keeps_for_devices_waits_no_more(app: AppRef, acting):
    message = SendMessage(ToUser("demo2"), Body("txt", {"msg": "x"}))
    sent = post_message_now(acting(), message).message_id
    week_old = id_at(now_ms() - 8 * DAY_MS) + 1
    EntryRow.objects.filter(id=sent).update(id=week_old)
    ImUser.objects.update(born_id=0)
    entry = get_message(app, week_old)
    [row] = delivery_of(app, entry).rows
    assert (row.stage, row.why) == ("missed", "fallen")
    assert reaches_of(app, [entry])[week_old].stage == "missed"
    change_settings(app, {"offline_days": 0})
    assert delivery_of(app, entry).counts == (("queued", 1),)
    assert reaches_of(app, [entry])[week_old].stage == "queued"


def test_an_interrupted_send_is_resumed_without_a_second_message(client: Client, app: AppRef):
    done(post(client, "send", {**TEXT, "to": "demo1 demo2"}))
    job = SendJob.objects.get()
    sent = [entry.id for entry, _ in stored(app)]
    assert "send-interrupted" not in english(client, "send_job", job=job.pk)
    # As if the process had died after the commit and before it said so.
    job.items.update(message_id=None)
    SendJob.objects.update(state="running", created_at=timezone.now() - timedelta(minutes=3))
    assert "send-interrupted" in english(client, "send_job", job=job.pk)
    done(post(client, "send_resume", job=job.pk))
    job.refresh_from_db()
    assert job.state == "done"
    assert {item.message_id for item in job.items.all()} == set(sent)
    assert len(stored(app)) == 2
    job.items.filter(target="demo2").update(message_id=None)
    SendJob.objects.update(state="running")
    done(post(client, "send_close", job=job.pk))
    job.refresh_from_db()
    assert (job.state, audited("message.send.close").diff["unknown"]) == ("partial", [1, 0])
    done(post(client, "send_resume", job=job.pk))  # it is not interrupted any more
    assert len(stored(app)) == 2


def test_the_log_says_which_messages_the_console_sent(client: Client, acting):
    done(post(client, "send", TEXT))
    post_message_now(acting(), SendMessage(ToUser("demo2"), Body("txt", {"msg": "by REST"})))
    for source in ("console", "rest"):
        page = client.get(url("messages") + f"?source={source}").context["page"]
        assert [row.source for row in page.rows] == [source]


def test_video_carries_its_thumbnail_and_the_size_of_an_address(client: Client, app: AppRef):
    video = {"type": "video", "url": "https://x.example/v.mp4", "length": "3"}
    thumb = SimpleUploadedFile("t.png", PNG, "image/png")
    done(post(client, "send", {**TEXT, **video, "file_length": "9", "thumb_upload": thumb}))
    [(_, fact)] = stored(app)
    assert fact.body.fields["file_length"] == 9
    assert "/chatfiles/" in fact.body.fields["thumb"]
    assert fact.body.fields["thumb_secret"]
    done(post(client, "send", {**TEXT, **video, "thumb": "https://x.example/t.png"}))
    assert stored(app)[0][1].body.fields["thumb"] == "https://x.example/t.png"
