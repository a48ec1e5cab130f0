"""Files that a group shares: up, listed, down, away; and who is told."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from chat.domain.events import RoomChange
from tests.rest.api import A_TIME_MS

pytestmark = [pytest.mark.django_db, pytest.mark.endpoint("G35", "G36", "G37", "G38")]


@pytest.fixture
def path(group, settings, tmp_path) -> str:
    settings.MEDIA_ROOT = str(tmp_path)
    return f"/chatgroups/{group.room_id}/share_files"


@pytest.fixture
def share(client, app, app_token, path):
    """`share(b"…", token=…)`: the decoded answer to an upload."""

    def up(content: bytes, name="a.txt", token=app_token, at=path, field="file"):
        file = SimpleUploadedFile(name, content, "text/plain")
        headers = {"Authorization": f"Bearer {token}"}
        return client.post(f"/demo/app{at}", {field: file}, headers=headers)

    return up


def changes(published):
    return [(e.fact.change, e.entry.sender, e.fact.detail) for e, _ in published
            if getattr(getattr(e, "fact", None), "change", "").startswith("file_")]  # fmt: skip


def test_a_file_is_shared_listed_read_and_removed(
    api, as_user, share, path, group, user_token, published, on_commit_now, client
):
    data = share(b"hello", token=user_token("demo2")).json()["data"]
    file_id = data["file_id"]
    assert data == {
        "file_url": f"http://testserver/demo/app{path}/{file_id}",
        "group_id": group.room_id,
        "file_name": "a.txt",
        "created": A_TIME_MS,
        "file_id": file_id,
        "file_size": 5,
    }
    share(b"second", "b.txt")
    listed = api.get(path)
    assert [(one["file_name"], one["file_owner"], one["file_size"]) for one in listed.data] == [
        ("b.txt", "admin", 6),
        ("a.txt", "demo2", 5),
    ]
    assert listed.json["count"] == 2
    assert api.get(f"{path}?pagenum=2&pagesize=1").data[0]["file_id"] == file_id
    assert api.get(f"{path}?pagenum=3&pagesize=1").data == []
    headers = {"Authorization": f"Bearer {user_token('demo3')}"}
    got = client.get(f"/demo/app{path}/{file_id}", headers=headers)
    assert b"".join(got.streaming_content) == b"hello"
    gone = as_user("demo2").delete(f"{path}/{file_id}")
    assert gone.data == {"group_id": group.room_id, "file_id": file_id, "result": True}
    detail = {"file_id": file_id, "file_name": "a.txt"}
    assert changes(published)[0] == (RoomChange.FILE_SHARED, "demo2", detail | {"size": 5})
    assert changes(published)[-1] == (RoomChange.FILE_REMOVED, "demo2", detail)
    missing = (404, "entity_not_found", "file may not exists")
    assert api.get(f"{path}/{file_id}").error == missing
    assert api.delete(f"{path}/{file_id}").error == missing


def test_who_may_share_and_remove(api, as_user, share, path, user_token):
    file_id = share(b"x", token=user_token("demo2")).json()["data"]["file_id"]
    assert share(b"x", token=user_token("stranger")).status_code == 403
    assert as_user("stranger").get(path).error[:2] == (403, "forbidden_op")
    assert as_user("stranger").get(f"{path}/{file_id}").error[:2] == (403, "forbidden_op")
    assert as_user("demo3").delete(f"{path}/{file_id}").error[:2] == (403, "forbidden_op")
    assert as_user("demo1").delete(f"{path}/{file_id}").status == 200


def test_what_is_refused(api, share, path, change_settings):
    unknown = (404, "resource_not_found", "grpID 1 does not exist!")
    assert api.get("/chatgroups/1/share_files").error == unknown
    assert share(b"x", at="/chatgroups/1/share_files").status_code == 404
    answer = share(b"x", field="other").json()
    assert (answer["error"], answer["error_description"]) == (
        "illegal_argument",
        "file must be provided.",
    )
    assert api.get(f"{path}/x").error == (404, "entity_not_found", "file may not exists")
    change_settings(max_file_bytes=3)
    assert share(b"long").status_code == 413


def test_a_page_takes_a_fixed_number_of_queries(api, share, path, django_assert_max_num_queries):
    for number in range(3):
        share(b"x", f"{number}.txt")
    with django_assert_max_num_queries(4):
        assert len(api.get(path).data) == 3


def test_a_group_takes_no_more_files_than_the_app_says(api, share, change_settings):
    change_settings(max_shared_files=1)
    assert share(b"one").status_code == 200
    assert share(b"two").json()["error"] == "exceed_limit"
