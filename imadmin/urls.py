"""The whole URL map."""

from django.urls import URLPattern, URLResolver, include, path

from imadmin.health import healthz

urlpatterns: list[URLPattern | URLResolver] = [
    path("console/", include("imadmin.console.urls")),
    path("healthz", healthz),
    path("", include("chat.rest.urls")),
]

handler400 = "imadmin.console.views.errors.bad_request"
handler403 = "imadmin.console.views.errors.permission_denied"
handler404 = "imadmin.console.views.errors.not_found"
handler500 = "imadmin.console.views.errors.server_error"
