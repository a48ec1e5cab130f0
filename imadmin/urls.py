"""The whole URL map."""

from django.urls import URLPattern, URLResolver, include, path

from accounts.rest import urls as accounts_rest
from chat.rest.views import roaming
from chat.rest.views.discovery import HostsView, HostsXmlView, sockjs_info
from chat.wire.msync.metas import history_meta
from imadmin.api_pages import ApiDocsView, ApiSchemaView
from imadmin.health import healthz
from imadmin.observing import metrics

urlpatterns: list[URLPattern | URLResolver] = [
    path("console/", include("imadmin.console.urls")),
    path("healthz", healthz),
    path("metrics", metrics),
    path("ws/info", sockjs_info),
    path("easemob/server.json", HostsView.as_view()),
    path("easemob/server.xml", HostsXmlView.as_view()),
    path("api/schema/", ApiSchemaView.as_view(), name="api-schema"),
    path("api/docs/", ApiDocsView.as_view(), name="api-docs"),
    *accounts_rest.urlpatterns,
    path("", include("chat.rest.urls")),
    *accounts_rest.unknown,
]

roaming.encode_entry = history_meta  # REST itself knows no wire

handler400 = "imadmin.console.views.errors.bad_request"
handler403 = "imadmin.console.views.errors.permission_denied"
handler404 = "imadmin.console.views.errors.not_found"
handler500 = "imadmin.console.views.errors.server_error"
