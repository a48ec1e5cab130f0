"""Calls about groups and chatrooms."""

from collections.abc import Iterator

from chat.rest.reference.call import Call, call

_MUTE = {"usernames": ["demo2"], "mute_duration": 86_400_000}


def _of_both(word: str, rooms: str, room: str, shared: str) -> Iterator[Call]:
    """What groups and chatrooms share. `word` is what one is called."""
    at = f"/{rooms}/{{{room}}}"
    yield from (
        call(f"Read a {word}", f"GET {at}"),
        call(f"Delete a {word}", f"DELETE {at}"),
        call(f"Hand a {word} over", f"PUT {at}", {"newowner": "demo2"}),
        call(f"List a {word}'s members", f"GET {at}/users?pagenum=1&pagesize=10"),
        call(f"List the names of a {word}'s members",
             f"GET {at}/users?version=v3&limit=10&cursor="),
        call(f"Add a member to a {word}", f"POST {at}/users/stranger"),
        call(f"Add members to a {word}", f"POST {at}/users", {"usernames": ["stranger"]}),
        call(f"Remove a member of a {word}", f"DELETE {at}/users/demo3"),
        call(f"Remove members of a {word}", f"DELETE {at}/users/demo3,demo2"),
        call(f"List a {word}'s admins", f"GET {at}/admin"),
        call(f"Make a member an admin of a {word}", f"POST {at}/admin", {"newadmin": "demo3"}),
        call(f"Take the admin's role in a {word} away", f"DELETE {at}/admin/demo2"),
        call(f"List whom a {word} blocks", f"GET {at}/blocks/users"),
        call(f"Block a member of a {word}", f"POST {at}/blocks/users/demo3"),
        call(f"Block members of a {word}", f"POST {at}/blocks/users", {"usernames": ["demo3"]}),
        call(f"Unblock a user in a {word}", f"DELETE {at}/blocks/users/demo5"),
        call(f"List who may speak while a {word} is silent", f"GET {at}/white/users"),
        call(f"Let a member speak while a {word} is silent", f"POST {at}/white/users/demo2"),
        call(f"Let members speak while a {word} is silent", f"POST {at}/white/users",
             {"usernames": ["demo2"]}),
        call(f"No longer let a member speak while a {word} is silent",
             f"DELETE {at}/white/users/demo3"),
        call(f"Whether a member may speak while a {word} is silent",
             f"GET {at}/white/users/demo3"),
        call(f"List who is muted in a {word}", f"GET {at}/mute"),
        call(f"Mute members of a {word}", f"POST {at}/mute", _MUTE),
        call(f"Lift a mute in a {word}", f"DELETE {at}/mute/demo3"),
        call(f"Silence a {word}", f"POST {at}/ban"),
        call(f"Let a {word} speak again", f"DELETE {at}/ban"),
        call(f"Read a {word}'s announcement", f"GET {at}/announcement"),
        call(f"Change a {word}'s announcement", f"POST {at}/announcement",
             {"announcement": "Meeting at 5"}),
        call(f"List a {word}'s shared files", f"GET {at}/share_files?pagenum=1&pagesize=10"),
        call(f"Share a file in a {word}", f"POST {at}/share_files", form="note.txt"),
        call(f"Read a shared file of a {word}", f"GET {at}/share_files/{{{shared}}}"),
        call(f"Delete a shared file of a {word}", f"DELETE {at}/share_files/{{{shared}}}"),
        call(f"Leave a {word}", f"DELETE {at}/quit", by="demo3"),
        call(f"Whether a user is muted in a {word}", f"GET /sdk{at}/mute/demo3", by="demo3"),
    )  # fmt: skip


CALLS = (
    call("Create a group", "POST /chatgroups",
         {"groupname": "qa", "desc": "testers", "public": True, "owner": "demo1",
          "members": ["demo2"], "maxusers": 300, "membersonly": False, "allowinvites": False,
          "invite_need_confirm": True, "custom": "", "avatar": ""}),
    call("Change a group", "PUT /chatgroups/{group}",
         {"groupname": "qa 2", "description": "x", "maxusers": 400, "membersonly": True,
          "allowinvites": True}),
    call("List groups, newest first", "GET /chatgroups?limit=2&cursor="),
    call("List a user's groups", "GET /users/demo1/joined_chatgroups?pagenum=1&pagesize=10"),
    call("List a user's groups with details", "GET /chatgroups/user/demo1?pagenum=0&pagesize=5"),
    call("How many groups a user is in", "GET /chatgroups/user/demo1/joined_count", by="demo1"),
    call("Whether a user is in a group", "GET /chatgroups/{group}/user/demo2/is_joined"),
    call("Disable a group", "POST /chatgroups/{group}/disable"),
    call("Enable a group", "POST /chatgroups/{group}/enable"),
    *_of_both("group", "chatgroups", "group", "shared"),
    *(
        one
        for at in ("/metadata/chatgroup/{group}", "/sdk/metadata/chatgroup/{group}")
        for one in (
            call("Set a member's attributes", f"PUT {at}/user/demo2",
                 {"metaData": {"title": "lead"}}),
            call("Read a member's attributes", f"GET {at}/user/demo2"),
            call("Read members' attributes", f"POST {at}/get",
                 {"targets": ["demo2", "demo3"], "properties": ["title"]}),
            call("Set members' attributes", f"PUT {at}/users/batch",
                 [{"username": "demo2", "metadata": {"title": "lead"}}]),
        )
    ),
    call("Find public groups", "GET /publicchatgroups?limit=2&cursor=", by="demo1"),
    call("Ask to join a group", "POST /chatgroups/{closed}/apply", {"message": "me"},
         by="stranger"),
    call("Answer who asks to join a group", "POST /chatgroups/{closed}/apply_verify",
         {"applicant": "demo5", "verifyResult": True, "reason": ""}, by="demo1"),
    call("Invite users to a group", "POST /chatgroups/{closed}/invite",
         {"usernames": ["stranger"], "message": "come"}, by="demo1"),
    call("Answer an invitation to a group", "POST /chatgroups/{closed}/invite_verify",
         {"invitee": "demo4", "verifyResult": True, "reason": ""}, by="demo4"),
    # Chatrooms
    call("Create a chatroom", "POST /chatrooms",
         {"name": "lobby", "description": "d", "owner": "demo1", "maxusers": 300,
          "members": ["demo2"], "custom": ""}),
    call("Change a chatroom", "PUT /chatrooms/{room}",
         {"name": "lobby 2", "description": "x", "maxusers": 500}),
    call("List chatrooms, newest first", "GET /chatrooms?limit=2&cursor="),
    call("List a user's chatrooms", "GET /users/demo1/joined_chatrooms?pagenum=1&pagesize=10"),
    *_of_both("chatroom", "chatrooms", "room", "room_shared"),
    call("Join a chatroom", "POST /chatrooms/{room}/apply", {"message": ""}, by="stranger"),
    call("List super admins", "GET /chatrooms/super_admin?pagenum=1&pagesize=10"),
    call("Make a user super admin", "POST /chatrooms/super_admin", {"superadmin": "demo1"}),
    call("Take the super admin's role away", "DELETE /chatrooms/super_admin/demo2"),
    call("Read a chatroom's attributes", "POST /metadata/chatroom/{room}", {"keys": ["score"]}),
    call("Set a chatroom's attributes", "PUT /metadata/chatroom/{room}/user/demo1",
         {"metaData": {"turn": "3"}, "autoDelete": "DELETE"}),
    call("Remove a chatroom's attributes", "DELETE /metadata/chatroom/{room}/user/demo1",
         {"keys": ["score"]}),
    call("Set a chatroom's attributes, whoever has them",
         "PUT /metadata/chatroom/{room}/user/demo2/forced",
         {"metaData": {"score": "10"}, "autoDelete": "NO_DELETE"}),
    call("Remove a chatroom's attributes, whoever has them",
         "DELETE /metadata/chatroom/{room}/user/demo2/forced", {"keys": ["score"]}),
)  # fmt: skip
