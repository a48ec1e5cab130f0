"""Users from CSV files: encodings, the dry run, the import itself, result files, and exports."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from accounts.actions.im_users import register_user, register_users
from accounts.actions.tokens import user_token_by_password
from accounts.domain.actor import AppRef
from accounts.domain.errors import IllegalUsername
from accounts.models import AuditEntry, ImUser, Operator
from accounts.queries.im_users import count_users, get_user
from chat.queries.roster import list_roster
from imadmin.console.actions import imports, user_jobs
from imadmin.console.csvfiles import BadTable, read_table, safe_cell, write_table
from imadmin.console.models import UserJob, UserJobResult
from tests.console.conftest import SignIn
from tests.console.pages import audited, done, post, refused, text_of, url

pytestmark = pytest.mark.usefixtures("jobs_at_once")
ENGLISH = {"accept-language": "en"}
GOOD = "username,password,nickname,friends\nAnn,s3cret-a,安,bob\nbob,s3cret-b,波,\ncarl,,,ann;bob\n"


@pytest.fixture
def client(operator: Operator, browse: SignIn) -> Client:
    return browse(operator)


def upload(client: Client, content: bytes | str, encoding: str = "") -> Any:
    raw = content.encode() if isinstance(content, str) else content
    file = SimpleUploadedFile("people.csv", raw, "text/csv")
    return post(client, "user_import", {"file": file, "encoding": encoding})


def dry_run(client: Client, content: bytes | str, encoding: str = "") -> UserJob:
    target = done(upload(client, content, encoding))
    assert client.get(target).status_code == 200
    return UserJob.objects.latest("pk")


def start(client: Client, job: UserJob, on_conflict: str = "skip") -> Any:
    return post(client, "user_import_job", {"on_conflict": on_conflict}, job=job.pk)


def outcomes(job: UserJob) -> dict[str, str]:
    rows = UserJobResult.objects.filter(job=job)
    return dict(rows.values_list("username", "outcome"))


def fetched(client: Client, name: str, **kwargs: Any) -> str:
    answer = client.get(url(name, **kwargs), headers=ENGLISH)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    return text_of(answer)


def test_USR_4_gb18030_file_with_chinese_nicknames_imports_right(client: Client, app: AppRef):
    job = dry_run(client, GOOD.encode("gb18030"))
    page = text_of(client.get(url("user_import_job", job=job.pk)))
    assert '<code data-test="import-guess">gb18030</code>' in page
    assert "安" in page
    assert count_users(app) == 0  # a dry run writes nothing
    done(start(client, job))
    assert (get_user(app, "ann").nickname, get_user(app, "bob").nickname) == ("安", "波")
    assert user_token_by_password(app, "ann", "s3cret-a").token
    assert {one.username for one in list_roster(app, "carl")} == {"ann", "bob"}
    entry = audited("user.import")
    assert entry.diff["created"] == [0, 3]
    assert (entry.diff["on_conflict"], entry.diff["state"]) == ([None, "skip"], [None, "done"])


BAD = (
    "username,password,nickname,friends\n"
    "good1,1,,\n"
    "bad name,1,,\n"
    ",1,,\n"
    "good2,1,,nobody\n"
    "GOOD1,1,,\n"
    "\n"
    f"long,{'x' * 65},,\n"
    f"{'n' * 65},1,,\n"
    f"nick,1,{'n' * 101},\n"
    "good3,1,=1+1,good1,extra\n"
    "good4,1,,good4\n"
    "good5,1,,good1\n"
)


def test_USR_5_bad_rows_are_listed_by_line_and_the_rest_is_imported(client: Client, app: AppRef):
    job = dry_run(client, BAD)
    page = text_of(client.get(url("user_import_job", job=job.pk), headers=ENGLISH))
    lines = [3, 4, 5, 6, 8, 9, 10, 11, 12]
    assert [fault[0] for fault in job.report["faults"]] == lines
    assert page.count('data-test="import-fault"') == len(lines)
    errors = fetched(client, "user_import_errors", job=job.pk)
    assert errors.startswith("\ufeffline,username,reason\r\n")
    for row in ('3,bad name,"bad name is no username', "4,,No username",
                "5,good2,No such friend: nobody", '6,good1,"Twice in the file, first on line 2"',
                "8,long,The password is too long.", "11,good3,More cells than columns: 5",
                "12,good4,No such friend: good4"):  # fmt: skip
        assert f"\r\n{row}" in errors, errors
    done(start(client, job))
    assert outcomes(job) == {"good1": "created", "good5": "created"}
    assert count_users(app) == 2
    result = fetched(client, "user_import_result", job=job.pk)
    assert "\r\n2,good1,created," in result
    assert "\r\n3,bad name,invalid," in result


@pytest.mark.parametrize(
    ("encoding", "guess"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8-sig"), ("utf-16", "utf-16"),
     ("gbk", "gb18030"), ("gb18030", "gb18030")],
)  # fmt: skip
def test_encoding_is_guessed(encoding: str, guess: str):
    table = read_table("username,nickname\nann,张三\n".encode(encoding))
    assert (table.encoding, table.header) == (guess, ("username", "nickname"))
    assert table.rows == [(2, ["ann", "张三"])]


def test_encoding_is_chosen_by_hand(client: Client):
    content = "username,nickname\nann,張\n".encode("big5")
    assert read_table(content, "big5").rows == [(2, ["ann", "張"])]
    job = dry_run(client, content, "big5")
    assert job.report["sample"] == [[2, "ann", "張", []]]


@pytest.mark.parametrize("separator", [",", ";", "\t", "，"])
def test_separator_is_found(separator: str):
    table = read_table(f'Username{separator} NickName\nann{separator}"a\nb"\nbob\n'.encode())
    assert table.header == ("username", "nickname")
    assert table.rows == [(2, ["ann", "a\nb"]), (4, ["bob"])]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\xff\xff", "This is not text"),
        (b"", "The submitted file is empty."),
        (b"\n \n", "The file is empty."),
        (b"name,nick\na,b\n", "The first line must name a column username; it says: name, nick"),
        (b"username\n", "The file has no row below its first line."),
        (b'username\n"ann\n', "Line 2 is no row of a table"),
        (b"username\n" + b"u\n" * 10_001, "The file has 10001 rows, more than 10000."),
        (b"username\n" + b" " * (5 * 1024 * 1024), "The file has more than 5 MB."),
    ],
)
def test_file_that_is_no_table_is_refused_at_its_field(
    content: bytes, sentence: str, client: Client
):
    answer = upload(client, content)
    refused(answer, sentence)
    assert 'id="id_file_error"' in text_of(answer)
    assert not UserJob.objects.exists()


def test_names_that_exist_are_skipped_changed_or_stop_it(client: Client, app: AppRef):
    register_user(app, "bob", "old-password", "Old")
    job = dry_run(client, GOOD)
    assert (job.report["new"], job.report["existing"]) == (2, 1)
    refused(start(client, job, "stop"), "1 users of the file exist already")
    assert count_users(app) == 1
    done(start(client, job, "skip"))
    assert outcomes(job) == {"ann": "created", "bob": "skipped", "carl": "created"}
    assert get_user(app, "bob").nickname == "Old"
    again = dry_run(client, GOOD)
    done(start(client, again, "update"))
    assert outcomes(again) == {"ann": "skipped", "bob": "updated", "carl": "skipped"}
    assert get_user(app, "bob").nickname == "波"
    assert user_token_by_password(app, "bob", "old-password").token  # its password stays


def test_passwords_are_encrypted_while_they_wait_and_gone_when_done(client: Client, app: AppRef):
    job = dry_run(client, GOOD)
    stored = json.dumps(list(UserJob.objects.values()), default=repr)
    assert "s3cret" not in stored
    assert "s3cret" not in text_of(client.get(url("user_import_job", job=job.pk)))
    done(start(client, job))
    job.refresh_from_db()
    assert (job.state, job.rows) == ("done", None)
    assert "s3cret" not in str(list(AuditEntry.objects.values()))
    refused(start(client, job), "upload the file again")


def test_stopped_import_says_what_it_did_and_can_be_begun_again(
    client: Client, app: AppRef, monkeypatch: pytest.MonkeyPatch
):
    rows = "".join(f"u{n}\n" for n in range(45))
    job = dry_run(client, f"username\n{rows}")
    make = imports._make

    def make_and_stop(running, part):
        done(post(client, "user_import_stop", job=job.pk))
        return make(running, part)

    monkeypatch.setattr(imports, "_make", make_and_stop)
    done(start(client, job))
    job.refresh_from_db()
    assert (job.state, job.done_rows, count_users(app)) == ("stopped", 20, 20)
    monkeypatch.setattr(imports, "_make", make)
    done(start(client, job))
    job.refresh_from_db()
    assert (job.state, job.done_rows, count_users(app)) == ("done", 45, 45)
    assert sorted(outcomes(job).values()).count("skipped") == 20


def test_one_refused_row_does_not_take_the_others_along(
    client: Client, app: AppRef, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    """A name that became a room's id after the dry run."""
    job = dry_run(client, GOOD.replace("ann;bob", "ann"))

    def refusing(app, users):
        if any(user.username == "bob" for user in users):
            raise IllegalUsername(username="bob")
        return register_users(app, users)

    monkeypatch.setattr(imports, "register_users", refusing)
    done(start(client, job))
    assert outcomes(job) == {"ann": "created", "bob": "failed", "carl": "created"}
    reason = UserJobResult.objects.get(job=job, username="ann").reason
    assert reason.startswith("bob: ")  # its friend is not there


def test_busy_process_refuses_to_begin(
    client: Client, app: AppRef, monkeypatch: pytest.MonkeyPatch
):
    job = dry_run(client, GOOD)
    monkeypatch.setattr(user_jobs, "start_job", lambda _name, _work: False)
    refused(start(client, job), "Another job is running")
    UserJob.objects.create(app_id=app.id, report=job.report, state="running")
    refused(start(client, job), "Another job is running")
    assert count_users(app) == 0


def test_import_of_another_app_is_not_found(client: Client, other_app: AppRef):
    job = UserJob.objects.create(app_id=other_app.id, report={})
    for name in ("user_import_job", "user_import_errors", "user_import_result"):
        assert client.get(url(name, job=job.pk)).status_code == 404
    assert post(client, "user_import_stop", job=job.pk).status_code == 404


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-1", "@a", "＝1", "＋1", "－1", "＠a", "\t=1", "\r1"]
)
def test_no_cell_is_run_as_a_formula(text: str):
    assert safe_cell(text) == f"'{text}"
    assert safe_cell(f"a{text}") == f"a{text}"
    with pytest.raises(BadTable):
        read_table(b"")
    assert read_table(write_table(("a", "b"), [(text, "x")]).encode()).rows[0][1][1] == "x"


def test_export_is_the_filtered_list_without_passwords(
    client: Client, app: AppRef, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("imadmin.console.views.imports.EXPORT_PAGE", 2)
    for number in range(5):
        register_user(app, f"ex{number}", "hidden-password", "=cmd|calc" if number else "安")
    register_user(app, "other", "hidden-password")
    answer = client.get(url("user_export_csv") + "?q=ex&sort=username")
    text = b"".join(getattr(answer, "streaming_content")).decode()  # noqa: B009
    lines = text.split("\r\n")
    assert lines[0] == "\ufeffusername,nickname,activated,created_ms,last_seen_ms"
    assert [line.split(",")[0] for line in lines[1:6]] == [f"ex{n}" for n in range(5)]
    assert lines[1].split(",")[1] == "安"
    assert lines[2].split(",")[1] == "'=cmd|calc"
    assert "hidden" not in text
    assert ImUser.objects.get(username="ex1").password_hash not in text
    answer = client.get(url("user_export_jsonl") + "?q=ex&sort=-username")
    rows = b"".join(getattr(answer, "streaming_content")).decode().splitlines()  # noqa: B009
    assert [json.loads(row)["username"] for row in rows] == [f"ex{n}" for n in (4, 3, 2, 1, 0)]


def test_sample_file_can_be_imported(client: Client, app: AppRef):
    sample = fetched(client, "user_import_sample")
    done(start(client, dry_run(client, sample)))
    assert count_users(app) == 3
