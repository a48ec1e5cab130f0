"""What clients see of each setting of an app: the other half of its words."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise

SEEN: dict[str, Text] = {
    "open_registration": _("Off: an SDK's register call answers 401."),
    "token_ttl_s": _(
        "Once it is over the next log-in is refused, and the SDK asks for a new token."
    ),
    "multi_device": _("Off: a log-in ends the user's other devices, whose clients get 206."),
    "max_devices": _("One more ends the oldest device: its client gets 206."),
    "max_web_devices": _("One more ends the oldest of the platform: 206."),
    "max_android_devices": _("The same, for Android."),
    "max_ios_devices": _("The same, for iOS."),
    "max_other_devices": _("The same, for bots and what names no platform."),
    "refuse_devices": _(
        "The newcomer's log-in fails with 214 (SDK 4.19 and later), and the others stay."
    ),
    "recall_enabled": _("Off: a recall gets an error."),
    "recall_window_s": _("A later recall gets an error."),
    "rest_recall_window_s": _(
        "What is recalled in time disappears; later the server has to force it."
    ),
    "edit_enabled": _("Off: an edit gets an error."),
    "max_edits": _("One more edit of the message gets an error."),
    "reactions_enabled": _("Off: a reaction gets an error."),
    "max_reactions": _("One more kind on the message gets an error."),
    "max_message_bytes": _("A longer one is not sent: the SDK reports an error."),
    "max_custom_exts": _("SDKs set no limit of their own; REST refuses more."),
    "max_reaction": _("A longer one gets an error."),
    "max_pinned_messages": _("One more pin gets an error."),
    "max_conversations": _("The list from the server holds the latest ones."),
    "max_pinned": _("One more pin takes the oldest off."),
    "rest_messages_listed": _(
        "Off: the server's messages arrive, but the list from the server stays as it is."
    ),
    "delivery_recording": _("Nothing: it is about this console."),
    "broadcast_enabled": _("Off: no broadcast reaches anybody's chatroom; REST answers an error."),
    "presence_enabled": _("Off: to publish or subscribe gets an error."),
    "friends_only": _("A stranger's message is refused: 221 in SDK 4.x."),
    "max_contacts": _("To ask or accept one more gets an error."),
    "blocks_enabled": _("Off: who is blocked can write again; lists are kept."),
    "max_blocks": _("To block one more gets an error."),
    "max_profile_bytes": _("To set more gets an error."),
    "max_profiles_mib": _("Once it is used up nobody can set more."),
    "max_remark": _("A longer one gets an error."),
    "max_presence_subscriptions": _("To subscribe to one more gets an error."),
    "max_presence_ttl_s": _("To subscribe for longer gets an error."),
    "max_presence_ext_bytes": _("A longer text gets an error."),
    "history_before_join": _("Off: history begins when the member joins."),
    "room_history": _("Off: messages can be fetched for an hour only."),
    "room_grace_s": _("A client that comes back in time is still in it."),
    "group_max_members": _("No group can be made larger."),
    "room_max_members": _("No chatroom can be made larger."),
    "group_max_admins": _("To add one more gets an error."),
    "max_joined_groups": _("To make or join one more gets an error."),
    "group_default_members": _("One more cannot join it."),
    "room_default_members": _("One more cannot join it."),
    "max_shared_files": _("To upload one more gets an error."),
    "max_room_attributes": _("To set one more gets an error."),
    "group_receipts_enabled": _("Off: no author learns who has read a message."),
    "group_receipt_members": _("In larger ones no author learns who has read a message."),
    "group_receipt_days": _("Later nobody can ask who has read a message."),
    "retention_days": _("Older ones are in no history any more, and do not wait either."),
    "offline_days": _("A client that comes back gets older ones from history only."),
    "max_offline_pairs": _(
        "A client that comes back gets the newest ones; the rest is in the history."
    ),
    "max_offline_room": _("The same, of each group and thread."),
    "max_file_bytes": _("A larger upload gets 413."),
    "console_upload_bytes": _("Nothing: it is about this console."),
    "anonymous_upload": _("Old mini-programs, whose uploads carry no token, can send files."),
    "enforce_share_secret": _("A plain image tag shows nothing: the SDK has to add the secret."),
    "bodies_visible_to_viewers": _("Nothing: it is about this console."),
    "export_utc_offset_h": _("Nothing: it is about files that a backend fetches."),
    "max_users": _("Over it, registering gets an error."),
    "max_online_users": _("Over it, a log-in is refused."),
    "max_daily_users": _("Over it, a log-in of somebody new that day is refused."),
    "max_monthly_users": _("Over it, a log-in of somebody new that month is refused."),
}
# Of groups whose settings clients see in one way.
SEEN_OF_GROUP: dict[str, Text] = {
    "lengths": _("What is longer or more gets an error."),
    "threads": _("What is more or longer gets an error."),
    "calls": _(
        "Clients call some of these too: more in one call gets an error, and pages hold at "
        "most so many."
    ),
    "rates": _(
        "Clients call some of these too: while rates are limited, a call too many gets 429."
    ),
}
