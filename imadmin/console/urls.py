"""The console's routes, one line a page (console.md §5)."""

from django.urls import URLPattern, include, path

from imadmin.console.data_urls import data_urls
from imadmin.console.views import (
    app_settings,
    audit,
    connect,
    dashboard,
    home,
    im_apps,
    links,
    members,
    operators,
    session,
    setup,
)

app_name = "console"

app_urls: list[URLPattern] = [
    path("", dashboard.dashboard, name="dashboard"),
    path("stats.json", dashboard.stats, name="stats"),
    path("first-steps/", dashboard.first_steps, name="first_steps"),
    *data_urls,
    path("connect/", connect.connect, name="connect"),
    path("connect/check/", connect.connect_check, name="connect_check"),
    path("connect/token/", connect.connect_token, name="connect_token"),
    path("credentials/", im_apps.credentials, name="credentials"),
    path("credentials/rotate/", im_apps.rotate, name="rotate"),
    path("members/", members.member_list, name="members"),
    path("members/add/", members.member_add, name="member_add"),
    path("members/<int:member>/role/", members.member_role, name="member_role"),
    path("members/<int:member>/remove/", members.member_remove, name="member_remove"),
    path("settings/", app_settings.app_settings, name="app_settings"),
    path("settings/clear/", app_settings.app_clear, name="app_clear"),
    path("settings/demo/", app_settings.app_demo_reset, name="app_demo_reset"),
    path("settings/delete/", app_settings.app_delete, name="app_delete"),
    path("audit/", audit.audit, name="audit"),
    *(
        path(f"audit/export.{kind}", audit.audit_export, {"kind": kind}, name=f"audit_{kind}")
        for kind in ("csv", "jsonl")
    ),
    path("demo-data/", im_apps.demo_data, name="demo_data"),
]

urlpatterns = [
    path("", home.home, name="home"),
    path("setup/", setup.setup, name="setup"),
    path("login/", session.login, name="login"),
    path("logout/", session.logout, name="logout"),
    path("password/", session.password, name="password"),
    path("profile/", session.profile, name="profile"),
    path("profile/sessions/end/", session.end_own_session, name="session_end"),
    path("lang/", session.set_language, name="set_language"),
    path("theme/", session.set_theme, name="set_theme"),
    path("jsi18n/", session.jsi18n, name="jsi18n"),
    path("help/", home.help_page, name="help"),
    path("join/<link:token>/", links.join, name="join"),
    path("reset/<link:token>/", links.reset, name="reset"),
    path("operators/", operators.operator_list, name="operators"),
    path("operators/invite/", operators.invite, name="operator_invite"),
    path("operators/<int:operator>/reset/", operators.reset_link, name="operator_reset"),
    path("operators/<int:operator>/sessions/end/", operators.end_sessions, name="operator_end"),
    path("operators/<int:operator>/disable/", operators.disable, name="operator_disable"),
    path("operators/<int:operator>/enable/", operators.enable, name="operator_enable"),
    path(
        "operators/invitations/<int:link>/withdraw/", operators.withdraw, name="operator_withdraw"
    ),
    path("settings/", app_settings.instance_settings, name="instance_settings"),
    path("audit/", audit.instance_audit, name="instance_audit"),
    *(
        path(
            f"audit/export.{kind}",
            audit.instance_audit_export,
            {"kind": kind},
            name=f"instance_audit_{kind}",
        )
        for kind in ("csv", "jsonl")
    ),
    path("apps/", im_apps.app_list, name="apps"),
    path("apps/new/", im_apps.app_new, name="app_new"),
    path("apps/<org:org>/<app:app>/", include(app_urls)),
]
