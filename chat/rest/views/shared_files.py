"""Files that groups share (rest.md 3.8.19)."""

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from rest_framework.request import Request

from chat.actions.shared_files import remove_shared_file, share_file
from chat.queries.shared_files import list_shared_files, open_shared_file
from chat.rest.file_answers import file_answer
from chat.rest.paging import numbered_page
from chat.rest.room_view import RoomView
from chat.rest.uploads import read_upload

MAX_LIST = 1000


class SharedFilesView(RoomView):
    """GET, POST /{org}/{app}/chatgroups/{room_id}/share_files, and of chatrooms"""

    def get(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        asked = numbered_page(request._request, MAX_LIST, MAX_LIST)
        files, last = list_shared_files(
            self.app, self.target(room_id), viewer=self.viewer, **asked.place
        )
        asked.ends_at(last)
        listed = [
            {
                "file_id": one.file_id,
                "file_name": one.name,
                "file_owner": one.owner,
                "file_size": one.size,
                "created": one.created_ms,
            }
            for one in files
        ]
        return self.envelope(data=listed, count=len(listed))

    def post(self, request: Request, org: str, app: str, room_id: str) -> HttpResponse:
        upload, content = read_upload(request._request, self.app.settings.max_file_bytes)
        with content:
            shared = share_file(
                self.actor,
                self.target(room_id),
                filename=upload.filename,
                content_type=upload.kind,
                content=content,
            )
        data = {
            "file_url": f"{request.build_absolute_uri(request.path)}/{shared.file_id}",
            "group_id": room_id,
            "file_name": shared.name,
            "created": shared.created_ms,
            "file_id": shared.file_id,
            "file_size": shared.size,
        }
        return self.envelope(data=data)


class SharedFileView(RoomView):
    """GET, DELETE /{org}/{app}/chatgroups/{room_id}/share_files/{file_id}, and of chatrooms"""

    def get(
        self, request: Request, org: str, app: str, room_id: str, file_id: str
    ) -> HttpResponseBase:
        opened = open_shared_file(self.app, self.target(room_id), file_id, viewer=self.viewer)
        return file_answer(request._request, opened, cross_origin=True)

    def delete(
        self, request: Request, org: str, app: str, room_id: str, file_id: str
    ) -> HttpResponse:
        remove_shared_file(self.actor, self.target(room_id), file_id)
        return self.envelope(data={"group_id": room_id, "file_id": file_id, "result": True})
