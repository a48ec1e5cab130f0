"""A user's personal block list (rest.md 3.3.7)."""

from django.http import HttpResponse
from rest_framework.request import Request

from accounts.domain.errors import IllegalArgument
from accounts.queries.im_users import get_user
from accounts.rest.base import AppView
from accounts.rest.user_entities import user_entity
from chat.actions.blocks import block_users, unblock_user
from chat.domain.commands import BlockUsers, UnblockUser
from chat.queries.roster import list_blocks, page_blocks
from chat.rest.fields import Fields
from chat.rest.paging import cursor_of, page_size

MAX_PAGE = 50


class BlockListView(AppView):
    """GET, POST /{org}/{app}/users/{username}/blocks/users"""

    rate = "blocks"
    own_user = "username"

    def get(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        query = request.query_params
        size = query.get("pageSize")
        if size is None:
            names = list_blocks(self.app, username)
            return self.envelope(data=names, count=len(names))
        limit = page_size(size, MAX_PAGE, MAX_PAGE)
        names, cursor = page_blocks(self.app, username, after=cursor_of(query), limit=limit)
        return self.envelope(data=names, count=len(names), cursor=cursor)

    def post(self, request: Request, org: str, app: str, username: str) -> HttpResponse:
        get_user(self.app, username)
        names = Fields(self.json_object(), IllegalArgument).names("usernames")
        if not names:
            raise IllegalArgument(detail="usernames must be provided")
        blocked = block_users(self.actor, BlockUsers(names, owner=username.lower()))
        return self.envelope(data=blocked)


class BlockView(AppView):
    """DELETE /{org}/{app}/users/{username}/blocks/users/{blocked}"""

    rate = "blocks"
    own_user = "username"

    def delete(
        self, request: Request, org: str, app: str, username: str, blocked: str
    ) -> HttpResponse:
        unblock_user(self.actor, UnblockUser(blocked.lower(), owner=username.lower()))
        owner, other = get_user(self.app, username), get_user(self.app, blocked)
        path = f"/users/{owner.uuid}/blocks"
        return self.envelope(entities=[user_entity(other)], path=path)
