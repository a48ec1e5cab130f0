"""Forms about friends and personal block lists."""

from django import forms
from django.utils.translation import gettext_lazy

from imadmin.console.forms.fields import AppForm, NamesField, UserField


class AddFriendsForm(AppForm):
    friends = NamesField(label=gettext_lazy("Friends"), limits=("max_contacts",))
    mode = forms.ChoiceField(
        label=gettext_lazy("How"),
        choices=[
            ("direct", gettext_lazy("Become friends at once, as the REST call does")),
            ("request", gettext_lazy("Send a request as this user; the other must accept")),
        ],
        initial="direct",
        widget=forms.RadioSelect,
    )

    force = forms.BooleanField(
        label=gettext_lazy("Also where one has blocked the other"),
        required=False,
        help_text=gettext_lazy("They become friends, and the block stays."),
    )

    def clean_friends(self) -> tuple[str, ...]:
        return self.known_users("friends")


class FriendForm(AppForm):
    friend = UserField(label=gettext_lazy("Friend"))


class AnswerForm(FriendForm):
    accept = forms.BooleanField(label=gettext_lazy("Accept"), required=False)


class BlockForm(AppForm):
    users = NamesField(label=gettext_lazy("Users"), limits=("max_blocks",))

    def clean_users(self) -> tuple[str, ...]:
        return self.known_users("users")


class UnblockForm(AppForm):
    user = UserField()
