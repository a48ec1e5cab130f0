"""A batch of users: its preview, the job that makes them, its results, its passwords, once."""

import json
import re
from base64 import b64decode
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts.actions.im_users import register_user, register_users
from accounts.actions.tokens import user_token_by_password
from accounts.domain.actor import Actor, AppRef
from accounts.domain.errors import IllegalUsername
from accounts.models import AuditEntry, Operator
from accounts.queries.im_users import count_users, find_user
from chat.actions.rooms import create_room, destroy_room
from chat.actions.roster import add_contact
from chat.domain.commands import CreateRoom, DestroyRoom
from chat.domain.targets import ToGroup
from chat.queries.rooms import list_members
from chat.queries.roster import list_roster
from imadmin.console.actions import batches, user_jobs
from imadmin.console.actions.user_jobs import drop_old, run
from imadmin.console.models import UserJob, UserJobResult
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url

pytestmark = pytest.mark.usefixtures("jobs_at_once")
ENGLISH = {"accept-language": "en"}
FIXED = {"prefix": "t", "start": "1", "end": "2", "password_mode": "fixed",
         "password": "fixed-77", "create": "1"}  # fmt: skip
GENERATED = {"prefix": "g", "start": "1", "end": "3", "password_mode": "generate", "create": "1"}


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


def begin(client: Client, form: dict[str, str], **changes: str) -> UserJob:
    target = done(post(client, "user_batch", {**form, **changes}))
    job = UserJob.objects.latest("pk")
    assert target == url("user_batch_job", job=job.pk)
    return job


def page_of(client: Client, job: UserJob) -> str:
    answer = client.get(url("user_batch_job", job=job.pk), headers=ENGLISH)
    assert answer.status_code == 200
    return text_of(answer)


def outcomes(job: UserJob) -> dict[str, str]:
    return dict(UserJobResult.objects.filter(job=job).values_list("username", "outcome"))


def reasons(job: UserJob) -> dict[str, str]:
    return dict(UserJobResult.objects.filter(job=job).values_list("username", "reason"))


def show(client: Client, job: UserJob, **data: str) -> Any:
    return post(client, "user_batch_passwords", data, job=job.pk)


def shown_in(answer: Any) -> dict[str, str]:
    """Name → password of a page that shows them."""
    rows = re.findall(
        r'data-id="([^"]+)" data-test="batch-password">.*?<code data-copy>([^<]+)<',
        text_of(answer),
        re.DOTALL,
    )
    return dict(rows)


def test_USR_3_batch_makes_padded_names(client: Client, app: AppRef):
    form = {**FIXED, "end": "10", "pad": "2", "nickname_tpl": "Tester {n}"}
    del form["create"]
    preview = post(client, "user_batch", form)
    assert (preview.status_code, find_user(app, "t01")) == (200, None)
    assert "10 users will be made" in text_of(preview)
    job = begin(client, form, create="1")
    assert list(outcomes(job)) == [f"t{n:02d}" for n in range(1, 11)]
    made = find_user(app, "t10")
    assert made is not None
    assert made.nickname == "Tester 10"
    assert user_token_by_password(app, "t10", "fixed-77").token
    page = page_of(client, job)
    assert page.count('data-test="batch-row"') == 10
    assert 'data-test="batch-done"' in page
    entry = audited("user.batch")
    assert (entry.target_kind, entry.target_id) == ("batch", str(job.pk))
    assert (entry.diff["created"], entry.diff["state"]) == ([0, 10], [None, "done"])


def test_the_password_of_all_is_stored_nowhere_in_clear_and_gone_when_done(client: Client):
    job = begin(client, FIXED)
    job.refresh_from_db()
    assert (job.state, job.rows) == ("done", None)
    stored = [*UserJob.objects.values(), *UserJobResult.objects.values(),
              *AuditEntry.objects.values()]  # fmt: skip
    assert "fixed-77" not in json.dumps(stored, default=repr)
    assert not UserJobResult.objects.exclude(password=None).exists()
    page = page_of(client, job)
    assert "fixed-77" not in page
    assert 'data-test="batch-passwords"' not in page


def test_generated_passwords_are_shown_once_to_who_began_the_batch(client: Client, app: AppRef):
    job = begin(client, GENERATED)
    before = page_of(client, job)
    assert "3 passwords are kept" in before
    answer = show(client, job)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    shown = shown_in(answer)
    assert list(shown) == ["g1", "g2", "g3"]
    for name, password in shown.items():
        assert user_token_by_password(app, name, password).token
        assert password not in before
        assert password not in str(list(AuditEntry.objects.values()))
    sent = re.search(r'href="data:text/csv;base64,([^"]+)"', text_of(answer))
    assert sent is not None
    lines = b64decode(sent[1]).decode("utf-8-sig").splitlines()
    assert lines == ["username,password", *(f"{name},{word}" for name, word in shown.items())]
    assert not UserJobResult.objects.exclude(password=None).exists()
    assert done(show(client, job)) == url("user_batch_job", job=job.pk)
    after = page_of(client, job)
    assert "No password is left to be shown." in after
    assert "The passwords are gone" in after


def test_all_passwords_leave_in_one_file_once(client: Client, app: AppRef):
    job = begin(client, GENERATED, end="120")
    answer = show(client, job, file="1")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["Cache-Control"] == "no-store"
    lines = text_of(answer).removeprefix("\ufeff").splitlines()
    assert len(lines) == 121
    name, password = lines[-1].split(",")
    assert user_token_by_password(app, name, password).token
    done(show(client, job, file="1"))
    result = client.get(url("user_batch_result", job=job.pk))
    assert password not in text_of(result)
    assert "\r\n120,g120,created," in text_of(result)


def test_many_passwords_are_shown_a_page_at_a_time(client: Client):
    job = begin(client, GENERATED, end="150")
    first, second = show(client, job), show(client, job)
    assert "50 are left." in text_of(first)
    assert len(first.content) <= 60_000
    names = [*shown_in(first), *shown_in(second)]
    assert names == [f"g{n}" for n in range(1, 151)]


def test_passwords_are_shown_to_nobody_else_and_by_no_get(
    client: Client, owner: Operator, browse: SignIn
):
    job = begin(client, GENERATED)
    other = browse(owner)
    assert 'data-test="batch-passwords-show"' not in page_of(other, job)
    assert "Only operator, who began the batch" in page_of(other, job)
    done(show(other, job))
    assert client.get(url("user_batch_passwords", job=job.pk)).status_code == 405
    assert len(shown_in(show(client, job))) == 3


def test_passwords_that_nobody_asked_for_are_gone_after_an_hour(client: Client):
    job = begin(client, GENERATED)
    assert drop_old() == 0
    UserJobResult.objects.update(kept_until=timezone.now() - timedelta(seconds=1))
    assert "The passwords are gone" in page_of(client, job)
    done(show(client, job))  # even before the sweep
    assert UserJobResult.objects.exclude(password=None).count() == 3
    assert drop_old() == 3
    assert not UserJobResult.objects.exclude(password=None).exists()


def test_jobs_of_yesterday_are_forgotten(client: Client):
    job = begin(client, FIXED)
    UserJob.objects.update(beat_at=timezone.now() - timedelta(hours=23))
    assert drop_old() == 0
    UserJob.objects.update(beat_at=timezone.now() - timedelta(hours=25))
    assert drop_old() == 3  # with its two results
    assert client.get(url("user_batch_job", job=job.pk)).status_code == 404


def test_names_that_exist_are_listed_and_left_alone(client: Client, app: AppRef):
    register_user(app, "t1", "old")
    job = begin(client, FIXED, end="3", befriend="on", password_mode="generate")
    assert outcomes(job) == {"t1": "skipped", "t2": "created", "t3": "created"}
    assert "existed already" in page_of(client, job)
    assert [one.username for one in list_roster(app, "t2")] == ["t3"]
    assert list_roster(app, "t1") == []
    assert user_token_by_password(app, "t1", "old").token
    assert list(shown_in(show(client, job))) == ["t2", "t3"]


def test_batch_befriends_and_brings_into_rooms(client: Client, app: AppRef):
    register_user(app, "o", "p")
    for kind, room_id in (("group", "900"), ("chatroom", "901")):
        create_room(Actor(app), CreateRoom(kind, "r", owner="o", room_id=room_id))  # type: ignore[arg-type]
    form = {**FIXED, "befriend": "on", "group": "900", "room": "901"}
    del form["create"]
    preview = text_of(post(client, "user_batch", form))
    for call in ("/users/t1/contacts/users/t2", "/chatgroups/900/users", "/chatrooms/901/users"):
        assert call in preview
    job = begin(client, form, create="1")
    assert set(reasons(job).values()) == {""}
    assert [one.username for one in list_roster(app, "t1")] == ["t2"]
    names = {one.username for one in list_members(app, ToGroup("900"), limit=10).items}
    assert {"t1", "t2"} <= names


def test_step_that_fails_is_listed_at_the_user_and_stops_nothing(
    client: Client, app: AppRef, monkeypatch: pytest.MonkeyPatch
):
    """The group goes while the users are made; one of them becomes nobody's friend."""
    register_user(app, "o", "p")
    create_room(Actor(app), CreateRoom("group", "r", owner="o", room_id="900"))
    make = batches._Maker.make

    def make_and_lose(self: Any, lines: Any) -> None:
        make(self, lines)
        destroy_room(Actor(app), DestroyRoom(ToGroup("900")))

    monkeypatch.setattr(batches._Maker, "make", make_and_lose)

    def refusing(actor: Any, command: Any) -> None:
        if command.username == "t3":
            raise IllegalUsername(username="t3")
        add_contact(actor, command)

    monkeypatch.setattr(batches, "add_contact", refusing)
    job = begin(client, FIXED, end="3", befriend="on", group="900")
    assert set(outcomes(job).values()) == {"created"}
    assert [one.username for one in list_roster(app, "t1")] == ["t2"]
    said = reasons(job)
    assert said["t1"].startswith("t3: t3 is no username")
    assert all("900: There is no group 900." in said[name] for name in ("t1", "t2", "t3"))
    assert "There is no group 900." in page_of(client, job)
    result = text_of(client.get(url("user_batch_result", job=job.pk)))
    assert "There is no group 900." in result


def test_refused_name_does_not_take_its_portion_along(
    client: Client, monkeypatch: pytest.MonkeyPatch
):
    def refusing(app: AppRef, users: Any) -> Any:
        if any(user.username == "t2" for user in users):
            raise IllegalUsername(username="t2")
        return register_users(app, users)

    monkeypatch.setattr(batches, "register_users", refusing)
    job = begin(client, FIXED, end="3")
    assert outcomes(job) == {"t1": "created", "t2": "failed", "t3": "created"}
    assert reasons(job)["t2"].startswith("t2 is no username")


def test_hashes_are_made_outside_of_transactions(client: Client, monkeypatch: pytest.MonkeyPatch):
    """A thousand hashes take twenty seconds, in which nobody else could write."""
    depths = []

    def hash_password(password: str) -> str:
        depths.append(len(connection.savepoint_ids))
        return password

    for module in ("accounts.actions.im_users", "imadmin.console.actions.batches"):
        monkeypatch.setattr(f"{module}.hash_password", hash_password)
    begin(client, GENERATED, end="70")
    assert len(depths) == 70
    assert set(depths) == {len(connection.savepoint_ids)}
    begin(client, FIXED, end="70")
    assert len(depths) == 71  # one password, one hash


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"end": "1001"}, "At most 1000 users at once"),
        ({"start": "5", "end": "4"}, "must not be below From"),
        ({"password": ""}, "the password that all of them get"),
        ({"end": "21", "befriend": "on"}, "can be made friends"),
        ({"prefix": "a b"}, "is no username"),
        ({"prefix": "p" * 56, "end": "10", "pad": "8", "start": "0"}, ""),
        ({"nickname_tpl": "n" * 97 + "{n}", "end": "1000"}, "at most 100 characters"),
        ({"group": "nowhere"}, "There is no group nowhere"),
        ({"room": "nowhere"}, "There is no chatroom nowhere"),
    ],
)
def test_bad_batch_begins_nothing(changes, sentence, client: Client, app: AppRef):
    answer = post(client, "user_batch", {**FIXED, **changes})
    if not sentence:  # 64 characters are just allowed
        done(answer)
        return
    refused(answer, sentence)
    assert (count_users(app), UserJob.objects.count()) == (0, 0)


def test_batch_over_the_apps_limit_of_users_begins_nothing(client: Client, app: AppRef, settings):
    from accounts.models import ImApp

    ImApp.objects.filter(pk=app.id).update(settings={"max_users": 5})
    register_user(app, "t1", "p")
    done(post(client, "user_batch", {**FIXED, "end": "5"}))
    answer = post(client, "user_batch", {**FIXED, "end": "6"})
    assert answer.status_code == 422
    assert count_users(app) == 5


def test_second_job_of_the_app_waits_and_a_busy_process_begins_none(
    client: Client, app: AppRef, monkeypatch: pytest.MonkeyPatch
):
    running = UserJob.objects.create(app_id=app.id, report={}, state="running")
    refused(post(client, "user_batch", FIXED), "Another job is running")
    running.delete()
    monkeypatch.setattr(user_jobs, "start_job", lambda _name, _work: False)
    refused(post(client, "user_batch", FIXED), "Another job is running")
    assert (count_users(app), UserJob.objects.count()) == (0, 0)


def test_stopped_batch_goes_on_with_the_rest_and_keeps_its_passwords(
    client: Client, app: AppRef, monkeypatch: pytest.MonkeyPatch
):
    make = batches._Maker.make

    def make_and_stop(self: Any, lines: Any) -> None:
        make(self, lines)
        done(post(client, "user_batch_stop", job=self.running.job.pk))

    monkeypatch.setattr(batches._Maker, "make", make_and_stop)
    job = begin(client, GENERATED, end="45")
    job.refresh_from_db()
    assert (job.state, job.done_rows, count_users(app)) == ("stopped", 20, 20)
    assert 'data-test="batch-resume"' in page_of(client, job)
    monkeypatch.setattr(batches._Maker, "make", make)
    done(post(client, "user_batch_job", job=job.pk))
    job.refresh_from_db()
    assert (job.state, job.done_rows, count_users(app)) == ("done", 45, 45)
    assert set(outcomes(job).values()) == {"created"}
    shown = shown_in(show(client, job))
    assert user_token_by_password(app, "g1", shown["g1"]).token
    assert len(shown) == 45
    refused(post(client, "user_batch_job", job=job.pk), "begin another one")


def test_batch_whose_process_died_is_interrupted_and_can_go_on(client: Client, app: AppRef):
    job = begin(client, FIXED)
    UserJob.objects.update(state="running", rows=b"x", beat_at=timezone.now())
    assert 'data-state="running"' in page_of(client, job)
    assert 'data-live="user_job"' in page_of(client, job)
    UserJob.objects.update(beat_at=timezone.now() - timedelta(seconds=31))
    page = page_of(client, job)
    assert 'data-state="interrupted"' in page
    assert 'data-test="batch-resume"' in page
    before = user_jobs.version_of(app, job.pk)
    UserJob.objects.update(beat_at=timezone.now())
    assert user_jobs.version_of(app, job.pk) != before


def test_job_that_takes_too_long_or_breaks_says_so(
    client: Client, app: AppRef, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("imadmin.console.actions.user_jobs.LIMIT_S", -1)
    job = begin(client, FIXED)
    assert count_users(app) == 0
    assert "It was ended after 30 minutes." in page_of(client, job)

    def breaking(_running: Any) -> None:
        raise RuntimeError("out of luck")

    with pytest.raises(RuntimeError):
        run(Actor(app), job.pk, breaking)
    job.refresh_from_db()
    assert (job.state, job.error) == ("failed", "broken")
    assert "the log of the server says why" in page_of(client, job)


def test_pages_of_an_import_and_of_a_batch_are_not_each_others(client: Client):
    job = begin(client, FIXED)
    assert client.get(url("user_import_job", job=job.pk)).status_code == 404
    UserJob.objects.update(kind="import")
    for name in ("user_batch_job", "user_batch_result"):
        assert client.get(url(name, job=job.pk)).status_code == 404
    assert show(client, job).status_code == 404


def test_batch_speaks_chinese_of_numbers_and_counts_not_of_senders_and_times(client: Client):
    chinese = {"accept-language": "zh-hans"}
    form = text_of(client.get(url("user_batch"), headers=chinese))
    for word in ("起始序号", "结束序号", "密码方式"):
        assert word in form
    job = begin(client, FIXED)
    shown = text_of(client.get(url("user_batch_job", job=job.pk), headers=chinese))
    assert '<dt>已创建</dt><dd data-test="batch-created">2</dd>' in shown
