"""A refusal as a sentence in the operator's language, and as a form error."""

from collections.abc import Mapping

from django import forms
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.domain.errors import ImError

# code → sentence, filled from the refusal's params. What is missing here is shown in the
# refusal's own English; a test names the codes that the console can meet.
SENTENCES: dict[str, Promise] = {
    # accounts
    "not_found": gettext_lazy("Not found."),
    "app_not_found": gettext_lazy("There is no such app."),
    "reserved_org": gettext_lazy("The organisation name %(org)s is reserved."),
    "app_exists": gettext_lazy("The app %(appkey)s exists already."),
    "illegal_username": gettext_lazy(
        "%(username)s is no username: use letters, digits and _ . - only."
    ),
    "username_too_long": gettext_lazy("A username has at most 64 characters."),
    "nickname_too_long": gettext_lazy("A nickname has at most 100 characters."),
    "password_too_long": gettext_lazy("The password is too long."),
    "password_missing": gettext_lazy("A password is needed."),
    "user_exists": gettext_lazy("The user %(username)s exists already."),
    "user_not_found": gettext_lazy("There is no such user."),
    "profile_too_large": gettext_lazy("The attributes of one user have at most %(limit)s bytes."),
    "unauthenticated": gettext_lazy("The token is not valid here."),
    "token_expired": gettext_lazy("The token has expired."),
    "registration_closed": gettext_lazy("Open registration is off in this app."),
    "wrong_password": gettext_lazy("The password is wrong."),
    "unknown_login": gettext_lazy("There is no such user."),
    "user_disabled": gettext_lazy("The user is banned."),
    "wrong_client_id": gettext_lazy("The client id does not match."),
    "wrong_client_secret": gettext_lazy("The client secret does not match."),
    "concurrent_change": gettext_lazy("Somebody else changed this meanwhile. Try again."),
    "secret_unreadable": gettext_lazy(
        "The client secret cannot be read with this IM_SECRETS_KEY: rotate it."
    ),
    "wrong_setup_code": gettext_lazy("The set-up code is wrong. Tries left: %(tries_left)s"),
    "setup_code_void": gettext_lazy(
        "The set-up code is void or has expired. Make a new one: manage.py setup_code"
    ),
    "operator_exists": gettext_lazy("There is an operator named %(name)s already."),
    "setup_closed": gettext_lazy("This instance is set up already."),
    "wrong_login": gettext_lazy("The name or the password is wrong."),
    "last_admin": gettext_lazy("The instance keeps at least one active admin."),
    "link_void": gettext_lazy("This link has been used or has expired."),
    "operator_not_found": gettext_lazy("There is no operator named %(name)s."),
    "last_owner": gettext_lazy("An app keeps at least one owner."),
    # chat
    "message_too_large": gettext_lazy("The message is too large."),
    "too_many_requests": gettext_lazy("Too many requests at once. Try again."),
    "store_unavailable": gettext_lazy("The message could not be stored. Try again."),
    "peer_not_found": gettext_lazy("There is no user %(username)s."),
    "group_not_found": gettext_lazy("There is no group %(room_id)s."),
    "chatroom_not_found": gettext_lazy("There is no chatroom %(room_id)s."),
    "group_disabled": gettext_lazy("The group is disabled."),
    "blocked": gettext_lazy("The recipient has blocked the sender."),
    "friends_only": gettext_lazy("This app lets only friends write to each other."),
    "not_member": gettext_lazy("Not a member: %(names)s"),
    "sender_not_member": gettext_lazy("The sender is not a member."),
    "already_member": gettext_lazy("%(username)s is a member already."),
    "muted": gettext_lazy("The sender is muted."),
    "muted_all": gettext_lazy("Everybody is muted, and the sender is not on the allow list."),
    "blocked_from_room": gettext_lazy("%(username)s is on the block list."),
    "approval_needed": gettext_lazy("This group is joined by invitation or approval."),
    "owner_protected": gettext_lazy("This cannot be done to the owner."),
    "not_admin": gettext_lazy("%(username)s is not an admin."),
    "admin_not_member": gettext_lazy("%(username)s is not a member."),
    "new_owner_not_member": gettext_lazy("%(username)s is not a member."),
    "same_owner": gettext_lazy("The new owner is the present one."),
    "not_blocked": gettext_lazy("Not on the block list: %(names)s"),
    "room_full": gettext_lazy("The room is full."),
    "too_many_joined": gettext_lazy("%(username)s has joined too many already."),
    "room_id_taken": gettext_lazy("The id %(room_id)s is taken."),
    "not_super_admin": gettext_lazy("Only a super admin may create chatrooms."),
    "contact_limit": gettext_lazy("The friend limit is reached."),
    "block_limit": gettext_lazy("The block list is full."),
    "oneself_refused": gettext_lazy("This cannot be done to oneself."),
    "no_such_request": gettext_lazy("There is no open request of %(username)s."),
    "message_not_found": gettext_lazy("There is no such message."),
    "recall_too_late": gettext_lazy("The time for recalling this message is over."),
    "recall_disabled": gettext_lazy("Recalling is off in this app."),
    "not_recallable": gettext_lazy("This message cannot be recalled."),
    "gateway_not_reached": gettext_lazy("The gateway of this server could not be reached."),
    "no_answer": gettext_lazy(
        "The gateway did not answer in time: nobody knows whether the message is stored."
    ),
    "no_outcome": gettext_lazy("The send was interrupted: nobody knows how it went."),
    "session_not_found": gettext_lazy("There is no such connection: it has ended."),
    "webhook_not_found": gettext_lazy("There is no such webhook."),
    "webhook_delivery_not_found": gettext_lazy("There is no such delivery."),
    "webhook_name_taken": gettext_lazy("There is a rule named %(name)s already."),
    "file_missing": gettext_lazy("A file is needed."),
    "file_too_large": gettext_lazy("The file is too large."),
    "file_not_found": gettext_lazy("There is no such file."),
    "file_expired": gettext_lazy("The file has expired."),
}

# What to do about a message that was refused.
HINTS: dict[str, Promise] = {
    "group_not_found": gettext_lazy("Copy the id from the list of groups: the name is none."),
    "chatroom_not_found": gettext_lazy(
        "Copy the id from the list of chatrooms. REST itself answers 200 here, with the id of a"
        " message that nobody gets."
    ),
    "group_disabled": gettext_lazy("Enable the group on its page."),
    "blocked": gettext_lazy("Take the sender off the recipient's block list, or send by REST."),
    "friends_only": gettext_lazy("Make them friends, or switch this off in the settings."),
    "sender_not_member": gettext_lazy("Add the sender to the members, or send by REST."),
    "muted": gettext_lazy("Lift the mute, or send by REST."),
    "muted_all": gettext_lazy("Put the sender on the allow list, or send by REST."),
    "user_muted_in_app": gettext_lazy("Lift the mute on the user's page, or send by REST."),
    "user_disabled": gettext_lazy("Lift the ban on the user's page."),
    "gateway_not_reached": gettext_lazy("See IM_SELF_WS_URL in the README."),
    "store_unavailable": gettext_lazy("See the health list in the instance settings."),
}


def hint_of(code: str) -> str:
    """What to do about a refusal; empty when its sentence says it all."""
    return str(HINTS.get(code, ""))


class Lenient(dict[str, object]):
    def __missing__(self, key: str) -> str:
        return "?"


def explain(refusal: ImError) -> str:
    """One sentence for a person. The nearest base with a sentence answers, else the English."""
    for cls in type(refusal).__mro__:
        sentence = SENTENCES.get(cls.__dict__.get("code", ""))
        if sentence is not None:
            return str(sentence) % Lenient(refusal.params)
    detail = str(refusal)
    return _(detail) if detail else _("The request was refused.")


def add_refusal(
    form: forms.Form, refusal: ImError, fields: Mapping[str, str] | None = None
) -> None:
    """Put the refusal beside the field it is about.

    `fields` maps codes to field names; `*` is for all others. Without a match it concerns the
    form as a whole.
    """
    fields = fields or {}
    codes = [cls.__dict__.get("code", "") for cls in type(refusal).__mro__]
    field = next((fields[code] for code in codes if code in fields), fields.get("*"))
    form.add_error(field if field in form.fields else None, explain(refusal))


def sentence_of(code: str, english: str, **params: object) -> str:
    """The sentence of a refusal that was stored with its code and English text; empty for none."""
    sentence = SENTENCES.get(code)
    if sentence is None:
        return english
    named = Lenient({"room_id": params.get("target", "?"), "username": params.get("target", "?")})
    return str(sentence) % named
