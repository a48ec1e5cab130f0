"""The routes of accounts below /{org}/{app}/; chat.rest.urls has the others.

Literal segments come before names where they would be read as one (rest.md 3.4.3).
"""

from django.urls import path

from accounts.rest.routes import route
from accounts.rest.views.im_users import (
    DisconnectDeviceView,
    DisconnectView,
    UserPasswordView,
    UsersView,
    UserSwitchView,
    UserView,
)
from accounts.rest.views.org_tokens import OrgTokenView
from accounts.rest.views.profiles import CapacityView, ProfilesView, ProfileView
from accounts.rest.views.push import (
    OwnTemplateView,
    PushBindingView,
    PushLanguageView,
    PushNicknamesView,
    PushTemplatesView,
    PushTemplateView,
    SilentsView,
    SilentTypesView,
    SilentView,
)
from accounts.rest.views.tokens import TokenExpiryView, TokenView
from accounts.rest.views.unknown import UnknownView

urlpatterns = [
    path("management/token", OrgTokenView.as_view()),
    route("token", TokenView),
    route("sdk/users/<str:username>/token/expires", TokenExpiryView),
    route("users", UsersView),
    route("users/<str:username>", UserView),
    route("users/<str:username>/password", UserPasswordView),
    route("users/<str:username>/activate", UserSwitchView, activated=True),
    route("users/<str:username>/deactivate", UserSwitchView, activated=False),
    route("users/<str:username>/disconnect", DisconnectView),
    route("users/<str:username>/disconnect/<str:resource>", DisconnectDeviceView),
    route(
        "metadata/user/get",
        ProfilesView,
    ),
    route("metadata/user/capacity", CapacityView),
    route("metadata/user/<str:username>", ProfileView),
    route("users/<str:username>/notification", SilentsView),
    route("users/<str:username>/notification/mute/type", SilentTypesView),
    route("users/<str:username>/notification/<str:kind>/<str:key>", SilentView),
    route("users/<str:username>/notification/language", PushLanguageView),
    route("users/<str:username>/notification/template", OwnTemplateView),
    route("users/<str:username>/push/binding", PushBindingView),
    route("push/nickname", PushNicknamesView),
    route("notification/template", PushTemplatesView),
    route("notification/template/<str:name>", PushTemplateView),
]

# After every other route of the instance.
unknown = [route("<path:rest>", UnknownView)]
