"""Where clients find the server: the host lists of SDKs, and SockJS's first question.

Source: specs/msync.md 2.2, 2.4; specs/rest.md 3.1.5; specs/webim1-xmpp.md 2.4.
"""

import secrets
from html import escape
from urllib.parse import unquote

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
        appkey = _asked_app(request)
        host, port = _own_address(request)
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


class HostsXmlView(APIView):
    """GET /easemob/server.xml?app_key=org%23app, for SDK 1.x with isHttpDNS.

    COMPAT it encodes the appkey twice, and 1.11.1 wants a protocol in every host.
    """

    schema = None

    def get(self, request: Request) -> HttpResponse:
        _asked_app(request)
        host, port = (escape(part) for part in _own_address(request))
        address = f"<domain>{host}</domain><ip>{host}</ip><port>{port}</port>"
        hosts = f"<hosts><host>{address}<protocol>{request.scheme}</protocol></host></hosts>"
        return HttpResponse(
            "<ebs><deploy_name>imadmin</deploy_name><file_version>1</file_version>"
            f"<xmpp>{hosts}</xmpp><rest>{hosts}</rest></ebs>",
            content_type="text/xml; charset=utf-8",
        )


def _asked_app(request: Request) -> str:
    """The appkey as asked; a whole one must be an app of ours."""
    appkey = unquote(request.query_params.get("app_key", ""))
    if "#" in appkey:
        get_app(Appkey.parse(appkey))
    return appkey


def _own_address(request: Request) -> tuple[str, str]:
    """Host and port as the client reached this server."""
    host, _, port = request.get_host().rpartition(":")
    if host and port.isdigit():
        return host, port
    return request.get_host(), "443" if request.is_secure() else "80"


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
