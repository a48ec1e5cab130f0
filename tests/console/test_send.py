"""Sending from the console: what is stored, what the page says, what the audit keeps."""

import json
import re
from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.actions.im_apps import change_settings
from accounts.actions.im_users import set_activated
from accounts.domain.actor import AppRef
from accounts.models import AuditEntry, Operator
from chat.actions.rooms import create_room
from chat.domain.commands import CreateRoom
from chat.domain.events import MessagePosted, fact_of
from chat.models import StoredFile
from chat.queries.message_log import MessageFilter, find_messages
from imadmin.console import twins
from imadmin.console.models import SendJob
from tests.console.conftest import SignIn
from tests.console.pages import addresses, audited, done, post, refused, text_of, url

TEXT = {"to_type": "user", "to": "demo2", "type": "txt", "text": "你好"}
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010804000000b51c0c02"
    "0000000b4944415478da6364f80f00010501012718e3660000000049454e44ae426082"
)
pytestmark = pytest.mark.usefixtures("demo1", "demo2")


def pairs(*texts: str) -> dict[str, list[str]]:
    """What the rows of a custom message's table post: key, value, key, value, …"""
    return {"custom_exts_key": [*texts[::2]], "custom_exts_value": [*texts[1::2]]}


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


def stored(app: AppRef) -> list[tuple[Any, MessagePosted]]:
    entries = find_messages(app, MessageFilter()).entries
    found = []
    for entry in entries:
        fact = fact_of(entry)
        assert isinstance(fact, MessagePosted)
        found.append((entry, fact))
    return found


def test_SND_9_text_is_sent_and_the_result_survives_a_reload(client: Client, app: AppRef):
    page = done(post(client, "send", {**TEXT, "sender": "demo1", "ext": '{"type": "order"}'}))
    [(entry, fact)] = stored(app)
    assert (entry.sender, fact.body.fields, fact.ext) == (
        "demo1",
        {"msg": "你好"},
        {"type": "order"},
    )
    for _visit in range(2):
        shown = client.get(page, headers={"accept-language": "en"})
        assert shown.context["response"]["data"] == {"demo2": str(entry.id)}
        assert "1 message stored" in text_of(shown)
        assert url("message_detail", mid=entry.id) in addresses(shown)


def test_lines_of_a_text_end_as_they_were_typed(client: Client, app: AppRef):
    """A browser posts CR LF, which nobody typed."""
    done(post(client, "send", {**TEXT, "text": "one\r\n two\r\n"}))
    [(_, fact)] = stored(app)
    assert fact.body.fields == {"msg": "one\n two\n"}


def test_job_and_audit_entry_tell_the_outcome(client: Client, app: AppRef):
    done(post(client, "send", {**TEXT, "to_type": "group", "to": "nowhere"}))
    job = SendJob.objects.get()
    assert (job.state, job.items.get().error) == ("failed", "group_not_found")
    entry = audited("message.send")
    assert (entry.target_id, entry.diff["sent"]) == (str(job.pk), [0, 0])
    assert "你好" not in json.dumps(entry.diff, ensure_ascii=False)
    shown = client.get(url("send_job", job=job.pk), headers={"accept-language": "en"})
    assert "There is no group nowhere." in text_of(shown)


def test_job_is_committed_before_the_writer_is_asked(client: Client, app, monkeypatch):
    def dies(*_args: object) -> None:
        assert AuditEntry.objects.filter(action="message.send").count() == 1
        raise RuntimeError("the process ends here")

    monkeypatch.setattr("imadmin.console.actions.sends.post_messages_now", dies)
    with pytest.raises(RuntimeError):
        post(client, "send", TEXT)
    job = SendJob.objects.get()
    assert job.state == "running"
    shown = text_of(client.get(url("send_job", job=job.pk), headers={"accept-language": "en"}))
    assert "no outcome" in shown


def test_some_targets_may_fail_and_each_says_why(client: Client, app: AppRef, acting):
    create_room(acting(), CreateRoom("group", "One", owner="demo1", room_id="G-One"))
    done(post(client, "send", {**TEXT, "to_type": "group", "to": "G-One nowhere"}))
    job = SendJob.objects.get()
    assert job.state == "partial"
    assert [bool(item.message_id) for item in job.items.order_by("pk")] == [True, False]
    assert audited("message.send").diff["sent"] == [0, 1]


def test_SND_4_chatroom_takes_a_message_from_the_console(client: Client, app: AppRef, acting):
    create_room(acting(), CreateRoom("chatroom", "Lobby", owner="demo1", room_id="r1"))
    done(post(client, "send", {**TEXT, "to_type": "chatroom", "to": "r1", "level": "high"}))
    [(entry, fact)] = stored(app)
    assert (entry.conversation.room_id, fact.options.level) == ("r1", "high")


@pytest.mark.parametrize(
    ("ext", "sentence"),
    [
        ('{"a": 1,\n "b": }', "line 2, column 7"),
        ("[1]", "must be a JSON object"),
        ("null", "must be a JSON object"),
        ('{"a": NaN}', "NaN"),
    ],
)
def test_SND_6_bad_ext_blocks_sending_and_keeps_the_form(ext, sentence, client, app):
    answer = post(client, "send", {**TEXT, "ext": ext})
    refused(answer, sentence)
    assert 'id="id_ext_error"' in text_of(answer)
    assert "你好" in text_of(answer)
    assert (SendJob.objects.count(), stored(app)) == (0, [])


@pytest.mark.parametrize(
    ("fields", "body"),
    [
        ({"type": "cmd", "action": "refresh"}, {"action": "refresh"}),
        (
            {"type": "loc", "lat": "39.9", "lng": "116.3", "addr": "北京"},
            {"lat": 39.9, "lng": 116.3, "addr": "北京"},
        ),
        (
            {"type": "custom", "custom_event": "gift", **pairs("n", "1", "", "", " 名 ", "")},
            {"customEvent": "gift", "customExts": {"n": "1", " 名 ": ""}},
        ),
        (
            {"type": "img", "url": "https://x.example/a.png", "width": "3", "height": "4"},
            {"url": "https://x.example/a.png", "size": {"width": 3, "height": 4}},
        ),
        (
            {"type": "audio", "url": "https://x.example/a.amr", "length": "7"},
            {"url": "https://x.example/a.amr", "length": 7},
        ),
        ({"type": "file", "url": "https://x.example/a"}, {"url": "https://x.example/a"}),
    ],
)
def test_each_type_is_stored_as_filled_in(fields, body, client: Client, app: AppRef):
    done(post(client, "send", {**TEXT, **fields}))
    [(entry, fact)] = stored(app)
    assert (entry.type, fact.body.fields) == (fields["type"], body)


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": ""}, "empty only with an ext"),
        ({"to": ""}, "This field is required"),
        ({"type": "cmd"}, "This field is required"),
        ({"type": "loc", "lat": "91", "lng": "0", "addr": "x"}, "less than or equal to 90"),
        ({"type": "custom", "custom_event": "a b"}, "1 to 32 letters"),
        ({"type": "custom", "custom_event": "a", **pairs("", "1")}, "A value has no key: 1."),
        ({"type": "custom", "custom_event": "a", **pairs("n", "1", "n", "2")}, "n is there twice"),
        ({"type": "img"}, "or give the address of one"),
        ({"type": "audio", "url": "https://x.example"}, "This field is required"),
    ],
)
def test_incomplete_message_is_not_sent(fields, sentence, client: Client, app: AppRef):
    refused(post(client, "send", {**TEXT, **fields}), sentence)
    assert SendJob.objects.count() == 0


def test_what_the_app_does_not_allow_is_said_before_sending(client: Client, app: AppRef):
    change_settings(app, {"max_message_bytes": 200, "max_custom_exts": 1})
    for text in ("x" * 200, "好" * 70):
        answer = post(client, "send", {**TEXT, "text": text})
        refused(answer, "The message is too large.")
        assert "text" in answer.context["form"].errors
    two = {"type": "custom", "custom_event": "e", **pairs("a", "1", "b", "2")}
    refused(post(client, "send", {**TEXT, **two}), "At most 1 pair")
    assert not SendJob.objects.exists()
    assert stored(app) == []


def rows_of(page: str) -> tuple[dict[str, str], int]:
    """The pairs that the table shows filled in, and how many rows it has."""
    found = re.findall(r'name="custom_exts_key" value="([^"]*)".*?name="custom_exts_value" '
                       r'value="([^"]*)"', page)  # fmt: skip
    return {key: value for key, value in found if key or value}, len(found)


def test_pairs_of_a_custom_message_come_back_in_their_rows(client: Client, app: AppRef):
    assert rows_of(text_of(client.get(url("send")))) == ({}, 16)
    many = {f"k{number}": "&<v>" for number in range(15)}
    sent = [text for pair in many.items() for text in pair]
    custom = {**TEXT, "type": "custom", "custom_event": "e", **pairs(*sent)}
    wrong = text_of(post(client, "send", custom | {"to": ""}))
    shown = dict.fromkeys(many, "&amp;&lt;v&gt;")
    assert rows_of(wrong) == (shown, 16)
    done(post(client, "send", custom))
    again = text_of(client.get(url("send") + f"?job={SendJob.objects.get().pk}"))
    assert rows_of(again) == (shown, 16)
    [(entry, fact)] = stored(app)
    assert fact.body.fields["customExts"] == many
    change_settings(app, {"max_custom_exts": 40})
    assert rows_of(text_of(client.get(url("send") + f"?message={entry.id}"))) == (shown, 18)
    change_settings(app, {"max_custom_exts": 2})
    assert rows_of(text_of(client.get(url("send"))))[1] == 2


def test_fields_of_other_types_do_not_stop_a_message(client: Client, app: AppRef):
    done(post(client, "send", {**TEXT, "lat": "999", **pairs("", "1"), "length": "0"}))
    assert len(stored(app)) == 1


def test_uploaded_picture_has_a_real_address_and_is_served_safely(client: Client, app: AppRef):
    upload = SimpleUploadedFile("a.png", PNG, content_type="image/png")
    done(post(client, "send", {**TEXT, "type": "img", "upload": upload}))
    [(entry, fact)] = stored(app)
    assert "/demo/app/chatfiles/" in fact.body.fields["url"]
    assert fact.body.fields["secret"]
    assert fact.body.fields["size"] == {"width": 1, "height": 1}
    media = client.get(url("message_detail", mid=entry.id)).context["media"]
    assert media["tag"] == "img"
    served = client.get(media["src"])
    assert b"".join(served) == PNG
    assert served.headers["X-Content-Type-Options"] == "nosniff"
    assert served.headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
    assert served.headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_uploaded_page_is_never_a_page(client: Client, app: AppRef):
    upload = SimpleUploadedFile("a.html", b"<script>1</script>", content_type="text/html")
    done(post(client, "send", {**TEXT, "type": "file", "upload": upload}))
    [(entry, _fact)] = stored(app)
    media = client.get(url("message_detail", mid=entry.id)).context["media"]
    served = client.get(media["src"])
    served.close()
    assert served.headers["Content-Type"] == "application/octet-stream"
    assert served.headers["Content-Disposition"].startswith("attachment")


def test_address_fills_the_form(client: Client):
    query = "?from=demo1&to_type=group&to=G1&type=cmd"
    form = client.get(url("send") + query).context["form"]
    values = {name: form[name].value() for name in ("sender", "to_type", "to", "type")}
    assert values == {"sender": "demo1", "to_type": "group", "to": "G1", "type": "cmd"}


def test_send_again_makes_a_new_send_and_edit_fills_the_form(client: Client, app: AppRef):
    done(post(client, "send", {**TEXT, "ext": '{"a": 1}'}))
    job = SendJob.objects.get()
    done(post(client, "send_again", job=job.pk))
    assert len(stored(app)) == 2
    assert AuditEntry.objects.filter(action="message.send").count() == 2
    form = client.get(url("send") + f"?job={job.pk}").context["form"]
    assert (form["text"].value(), json.loads(form["ext"].value())) == ("你好", {"a": 1})


def test_button_for_recalling_has_a_clock_only_while_there_is_time(client: Client, app: AppRef):
    done(post(client, "send", TEXT))
    job = SendJob.objects.get()
    assert "data-countdown" in text_of(client.get(url("send_job", job=job.pk)))
    SendJob.objects.update(created_at=job.created_at - timedelta(seconds=121))
    late = text_of(client.get(url("send_job", job=job.pk)))
    assert 'data-test="recall"' in late
    assert "data-countdown" not in late


def test_SND_7_copy_as_says_what_was_sent(client: Client, app: AppRef, rest):
    page = done(post(client, "send", {**TEXT, "sender": "demo1", "ext": '{"a": 1}'}))
    [call] = twins.send(app, SendJob.objects.get().spec)
    answer = rest.call(call.method, call.path, json=call.body)
    assert answer.status == 200
    [(_, again), (_, first)] = stored(app)
    assert (again.body, again.ext) == (first.body, first.ext)
    assert "/demo/app/messages/users" in text_of(client.get(page))


def test_what_is_written_is_shown_as_a_call_and_not_sent(client: Client, app: AppRef):
    shown = post(client, "send", {**TEXT, "copy": "1", "sender": "demo1", "ext": '{"a": 1}'})
    assert shown.status_code == 200
    [curl] = [one.text for one in shown.context["twin"].samples if one.name == "curl"]
    assert "/demo/app/messages/users" in curl
    for part in ("你好", "demo2", "demo1", '"a"'):
        assert part in curl
    assert 'name="sender" value="demo1"' in text_of(shown)  # and it can be sent now
    assert (SendJob.objects.count(), stored(app)) == (0, [])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"text": ""}, "empty only with an ext"),
        ({"path": "client", "sender": "demo1"}, "A client sends by no call."),
        ({"type": "img", "upload": PNG}, "It gets its address when it is sent"),
    ],
)
def test_what_is_no_call_is_not_shown_as_one(fields, sentence, client: Client, app: AppRef):
    if "upload" in fields:
        fields = {**fields, "upload": SimpleUploadedFile("a.png", PNG, "image/png")}
    refused(post(client, "send", {**TEXT, **fields, "copy": "1"}), sentence)
    assert (SendJob.objects.count(), StoredFile.objects.count()) == (0, 0)


def test_job_of_another_app_is_404(client: Client, other_app: AppRef):
    job = SendJob.objects.create(app_id=other_app.id, spec={})
    assert client.get(url("send_job", job=job.pk)).status_code == 404
    assert post(client, "send_again", job=job.pk).status_code == 404


def test_viewer_may_not_send_and_the_attempt_is_audited(viewer: Operator, browse: SignIn, app):
    assert post(browse(viewer), "send", TEXT).status_code == 403
    entry = AuditEntry.objects.get(action="message.send")
    assert (entry.allowed, stored(app)) == (False, [])


CLIENT = {**TEXT, "path": "client", "sender": "demo1"}


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"sender": ""}, "name the sender"),
        ({"sender": "nobody"}, "There is no such user"),
        ({"to": " ".join(f"u{n}" for n in range(51))}, "at most 50 here"),
        ({"level": "high"}, "Only a REST call has this option"),
        ({"need_group_ack": "on"}, "Only a REST call has this option"),
    ],
)
def test_what_a_client_cannot_do_is_not_sent(fields, sentence, client: Client, app: AppRef):
    refused(post(client, "send", {**CLIENT, **fields}), sentence)
    assert SendJob.objects.count() == 0


def test_banned_sender_cannot_be_a_client(client: Client, app: AppRef):
    set_activated(app, "demo1", on=False)
    refused(post(client, "send", CLIENT), "The user is banned")
    assert (SendJob.objects.count(), stored(app)) == (0, [])


def test_gateway_out_of_reach_is_the_outcome_of_each_target(
    client: Client, app: AppRef, settings, unused_tcp_port
):
    settings.SELF_WS_URL = f"ws://127.0.0.1:{unused_tcp_port}"
    page = done(post(client, "send", CLIENT))
    job = SendJob.objects.get()
    assert (job.state, job.items.get().error) == ("failed", "gateway_not_reached")
    shown = text_of(client.get(page, headers={"accept-language": "en"}))
    assert "could not be reached" in shown
    assert f'data-test="send-took">{job.took_ms} ms<' in shown
