"""Where clients find the server: the host list of SDKs, and SockJS's first question.

Source: specs/msync.md 2.2, 2.4; specs/rest.md 3.1.5.
"""

import secrets

from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.views import APIView

from accounts.domain.ids import Appkey
from accounts.queries.im_apps import get_app
from accounts.rest.envelope import Json, json_answer
from accounts.rest.schema import AppSchema

_DAY_MS = "86400000"


class HostsView(APIView):
    """GET /easemob/server.json?app_key=org%23app

    COMPAT mini-programs do not encode the `#`, so that the query ends before it: then no app is
    looked up.
    """

    schema = AppSchema()

    def get(self, request: Request) -> HttpResponse:
        appkey = request.query_params.get("app_key", "")
        if "#" in appkey:
            get_app(Appkey.parse(appkey))
        host, _, port = request.get_host().rpartition(":")
        if not host or not port.isdigit():
            host, port = request.get_host(), "443" if request.is_secure() else "80"
        hosts = {"hosts": [{"protocol": request.scheme, "domain": host, "port": port}]}
        found: Json = {
            "deploy_name": "imadmin",
            "file_version": "1",
            "expire": _DAY_MS,
            "valid_before": _DAY_MS,
            "app_key": appkey,
            "rest": hosts,
            "msync-ws": hosts,
            "msync-wx": hosts,
            "enableDataReport": "false",
            "enableReportLogs": "false",
            "uploadinparts_enable": "false",
        }
        return json_answer(found)


def sockjs_info(request: HttpRequest) -> HttpResponse:
    """GET /ws/info. Browsers ask with credentials, so that the origin is named; no cookie is
    read here."""
    response = json_answer(
        {
            "websocket": True,
            "origins": ["*:*"],
            "cookie_needed": False,
            "entropy": secrets.randbits(32),
        }
    )
    response.headers["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
    response.headers["Access-Control-Allow-Credentials"] = "true"
    response.headers["Vary"] = "Origin"
    response.headers["Cache-Control"] = "no-store"
    return response
