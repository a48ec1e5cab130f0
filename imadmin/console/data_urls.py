"""Routes of an app's data pages: users, groups, chatrooms, sends, messages (console.md §5)."""

from django.urls import URLPattern, path

from imadmin.console.acts import act_view
from imadmin.console.converters import register
from imadmin.console.views import (
    batches,
    im_user_bulk,
    im_user_detail,
    im_user_tabs,
    im_users,
    imports,
    messages,
    picks,
    refused_sends,
    scenarios,
    send,
    session_bulk,
    sessions,
    super_admins,
    webhooks,
)
from imadmin.console.views.im_user_acts import USER_ACTS
from imadmin.console.views.room_acts import acts_of
from imadmin.console.views.room_tabs import tabs_of
from imadmin.console.views.rooms import CHATROOMS, GROUPS, RoomPages
from imadmin.console.views.webhooks import HOOK_ACT_VIEWS, HOOK_ACTS

register()

HOOK = "webhooks/<mid:hook>/"
SESSION = "sessions/<conn:conn>/"
USER = "users/u/<uname:u>/"


def room_urls(pages: RoomPages) -> list[URLPattern]:
    words = pages.words
    base, one, name = f"{words.list_name}/", f"{words.list_name}/<rid:rid>/", words.prefix
    return [
        path(base, pages.list_page(), name=words.list_name),
        path(f"{base}new/", pages.new_page(), name=f"{name}_new"),
        path(f"{base}bulk/", pages.bulk_page(), name=f"{name}_bulk"),
        path(one, pages.detail_page(), name=f"{name}_detail"),
        *(
            path(f"{one}{tab}/", pages.tab_page(tab), name=f"{name}_{tab}")
            for tab in tabs_of(words.kind)
        ),
        *(path(one + act.path, pages.acts[act.name], name=act.name) for act in acts_of(words.kind)),
    ]


data_urls: list[URLPattern] = [
    path("users/", im_users.user_list, name="users"),
    path("users/new/", im_users.user_new_view, name="user_new"),
    path("users/batch/", batches.user_batch_view, name="user_batch"),
    path("users/batch/<mid:job>/", batches.user_batch_job, name="user_batch_job"),
    path("users/batch/<mid:job>/stop/", batches.user_batch_stop, name="user_batch_stop"),
    path("users/batch/<mid:job>/result.csv", batches.user_batch_result, name="user_batch_result"),
    path("users/batch/<mid:job>/passwords/", batches.user_batch_passwords,
         name="user_batch_passwords"),
    path("picks/", picks.picks, name="picks"),
    path("users/bulk/", im_user_bulk.user_bulk, name="user_bulk"),
    path("users/import/", imports.user_import, name="user_import"),
    path("users/import/sample.csv", imports.user_import_sample, name="user_import_sample"),
    path("users/import/<mid:job>/", imports.user_import_job, name="user_import_job"),
    path("users/import/<mid:job>/stop/", imports.user_import_stop, name="user_import_stop"),
    *(path(f"users/import/<mid:job>/{which}.csv", imports.user_import_file, {"which": which},
           name=f"user_import_{which}") for which in ("errors", "result")),
    *(path(f"users/export.{kind}", imports.user_export, {"kind": kind},
           name=f"user_export_{kind}") for kind in ("csv", "jsonl")),
    path(USER, im_user_detail.user_detail, name="user_detail"),
    path(f"{USER}menu/", im_users.user_menu, name="user_menu"),
    path(f"{USER}roster/", im_user_detail.user_roster, name="user_roster"),
    path(f"{USER}groups/", im_user_detail.user_groups, name="user_groups"),
    path(f"{USER}rooms/", im_user_detail.user_rooms, name="user_rooms"),
    path(f"{USER}blocks/", im_user_detail.user_blocks, name="user_blocks"),
    path(f"{USER}sessions/", im_user_tabs.user_sessions, name="user_sessions"),
    path(f"{USER}conversations/", im_user_tabs.user_conversations, name="user_conversations"),
    path(f"{USER}conversations.json", im_user_tabs.user_conversations_json,
         name="user_conversations_json"),
    path(f"{USER}queue/", im_user_tabs.user_queue, name="user_queue"),
    path(f"{USER}messages/", im_user_tabs.user_messages, name="user_messages"),
    *(path(USER + act.path, act_view(im_user_detail.USERS, act), name=act.name)
      for act in USER_ACTS),
    path("rooms/superadmins/", super_admins.super_admin_list, name="room_superadmins"),
    path("rooms/superadmins/add/", super_admins.super_admin_add_view, name="room_superadmins_add"),
    path("rooms/superadmins/remove/", super_admins.super_admin_remove_view,
         name="room_superadmins_remove"),
    path("send/", send.send, name="send"),
    path("send/<int:job>/", send.send_job, name="send_job"),
    path("send/<int:job>/again/", send.send_again, name="send_again"),
    path("send/<int:job>/resume/", send.send_resume, name="send_resume"),
    path("send/<int:job>/close/", send.send_close, name="send_close"),
    path("messages/", messages.message_list, name="messages"),
    path("messages/refused/", refused_sends.refused_list, name="refused_sends"),
    path("messages/<mid:mid>/", messages.message_detail, name="message_detail"),
    path("messages/<mid:mid>/recall/", messages.message_recall, name="message_recall"),
    path("files/<uuid:uuid>/", messages.file, name="file"),
    path("sessions/", sessions.session_list, name="sessions"),
    path("sessions/bulk/", session_bulk.session_bulk, name="session_bulk"),
    path(SESSION, sessions.session_detail, name="session_detail"),
    *(path(SESSION + act.path, act_view(sessions.SESSIONS, act), name=act.name)
      for act in sessions.SESSION_ACTS),
    path("scenarios/", scenarios.scenario_list, name="scenarios"),
    path("scenarios/<slug:slug>/run/", scenarios.scenario_run, name="scenario_run"),
    path("scenarios/runs/<mid:number>/", scenarios.scenario_run_detail,
         name="scenario_run_detail"),
    path("scenarios/runs/<mid:number>.xml", scenarios.scenario_run_xml, name="scenario_run_xml"),
    path("scenarios/runs/<mid:number>/stop/", scenarios.scenario_run_stop,
         name="scenario_run_stop"),
    path("webhooks/", webhooks.webhook_list, name="webhooks"),
    path("webhooks/new/", webhooks.webhook_new, name="webhook_new"),
    path("webhooks/deliveries/", webhooks.delivery_list, name="deliveries"),
    path("webhooks/deliveries/<mid:delivery>/", webhooks.delivery_detail, name="delivery_detail"),
    path(HOOK, webhooks.webhook_detail, name="webhook_detail"),
    path(f"{HOOK}edit/", webhooks.webhook_edit, name="webhook_edit"),
    path(f"{HOOK}test/", webhooks.webhook_test, name="webhook_test"),
    path(f"{HOOK}switch/", webhooks.webhook_switch, name="webhook_switch"),
    *(path(HOOK + act.path, HOOK_ACT_VIEWS[act.name], name=act.name) for act in HOOK_ACTS),
    *room_urls(GROUPS),
    *room_urls(CHATROOMS),
]  # fmt: skip
