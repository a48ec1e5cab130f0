"""The scenarios and their steps in the operator's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

# slug → its name, and what it proves.
NAMES: dict[str, tuple[str | Promise, str | Promise]] = {
    "s1": (_("Sign-in"), _("A user made by the backend can sign in.")),
    "s2": (_("One-to-one"), _("Friends, delivery, and messages to somebody who is away.")),
    "s3": (_("Group"), _("A group's message reaches its members, and nobody else.")),
    "s4": (_("Chatroom"), _("A chatroom's message reaches who is in it, and nobody else.")),
}
WIRE_NAMES = {"native": "native", "xmpp": "XMPP", "msync": "MSYNC"}
STEPS: dict[str, str | Promise] = {
    "create_user": _("Create the user"),
    "create_users": _("Create the users"),
    "wrong_password_refused": _("A wrong password is refused"),
    "right_password_gives_token": _("The right password gives a token"),
    "connect": _("Connect"),
    "ready": _("The server knows that the user is online"),
    "sign_out": _("Signing out closes cleanly"),
    "make_friends": _("Make them friends"),
    "both_rosters": _("Each is on the other's roster"),
    "receiver_leaves": _("The receiver signs out"),
    "send_to_offline": _("Send a text with ext to somebody who is away"),
    "sender_leaves": _("The sender signs out"),
    "receives_once": _("The receiver connects and has it exactly once"),
    "same_content": _("Sender, text and ext are the same"),
    "queue_empty": _("The offline queue is empty"),
    "sender_returns": _("The sender connects again"),
    "reply_to_offline": _("Reply to somebody who is away"),
    "create_group": _("Create the group"),
    "three_connect": _("Three clients connect"),
    "in_joined_list": _("The group is in the member's list"),
    "platform_sends": _("The platform sends by REST"),
    "platform_sends_again": _("The platform sends again"),
    "members_receive": _("Owner and member receive it as a group message"),
    "stranger_gets_nothing": _("Who is no member receives nothing"),
    "create_room": _("Create the chatroom with an admin"),
    "two_join": _("Owner and admin join"),
    "roles": _("The roles are as set"),
    "both_receive": _("Both receive it as a chatroom message"),
    "not_joined_gets_nothing": _("Who has not joined receives nothing"),
    "second_leaves": _("The admin leaves"),
    "first_receives": _("The owner receives it"),
    "second_gets_nothing": _("Who has left receives nothing"),
}
