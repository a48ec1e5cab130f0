"""Twenty more of everything in the reference's world, for lists that must not cost more then."""

from accounts.models import ImUser
from chat.models import GroupReceipt, Reaction, ReactionHolder
from tests.rest.living import World

MORE = 20
NEW = [f"more{number:02d}" for number in range(MORE)]


def grow(world: World) -> None:
    """Every list of the reference gets twenty more rows."""
    say, names = world.say, world.names
    say("POST /users", [{"username": name, "password": "1"} for name in NEW])
    text = {"type": "txt", "body": {"msg": "hi"}}
    for name in NEW:
        say(f"POST /users/demo1/contacts/users/{name}")
        say("POST /messages/users", {**text, "from": name, "to": ["demo1"]})
        say("POST /messages/users", {**text, "from": name, "to": ["demo2"]})
        say("POST /mutes", {"username": name, "chat": 60})
        say("POST /chatrooms/super_admin", {"superadmin": name})
        say(f"PUT /users/demo1/notification/user/{name}", {"type": "NONE"})
        device = {"device_token": name, "notifier_name": "fcm", "device_id": name}
        say("PUT /users/demo1/push/binding", device)
    say("POST /users/demo1/blocks/users", {"usernames": NEW})
    say("POST /users/demo1/presence/3600", {"usernames": NEW})
    for number in range(MORE):
        group = {"groupname": f"g{number}", "public": True, "owner": "demo1"}
        say("POST /chatgroups", {**group, "members": ["demo2"]})
        say("POST /chatrooms", {"name": f"r{number}", "description": "", "owner": "demo1"})
    for at in (f"/chatgroups/{names['group']}", f"/chatrooms/{names['room']}"):
        _fill(world, at)
    _react(world)
    _open_threads(world)


def _fill(world: World, at: str) -> None:
    """Members, of whom some are admins, allowed, muted, and others who are blocked."""
    say = world.say
    blocked = [f"bad{number:02d}" for number in range(MORE)]
    if "chatgroups" in at:
        say("POST /users", [{"username": name, "password": "1"} for name in blocked])
    say(f"POST {at}/users", {"usernames": [*NEW, *blocked]})
    say(f"POST {at}/blocks/users", {"usernames": blocked})
    say(f"POST {at}/white/users", {"usernames": NEW})
    say(f"POST {at}/mute", {"usernames": NEW, "mute_duration": 60_000})
    for name in NEW:
        say(f"POST {at}/admin", {"newadmin": name})
        world.upload(f"{at}/share_files", f"{name}.txt", b"x")
        if "chatgroups" in at:
            path = at.replace("/chatgroups", "/metadata/chatgroup")
            say(f"PUT {path}/user/{name}", {"metaData": {"title": name}})
    if "chatrooms" in at:
        path = at.replace("/chatrooms", "/metadata/chatroom")
        say(f"PUT {path}/user/demo1", {"metaData": dict.fromkeys(NEW[:10], "1")})


def _react(world: World) -> None:
    """Reactions and receipts of twenty users, as their actions leave them."""
    message, app_id = int(world.names["message"]), world.app.id
    ids = dict(ImUser.objects.filter(app_id=app_id).values_list("username", "id"))
    for name in NEW[:15]:
        made = Reaction.objects.create(app_id=app_id, entry_id=message, reaction=name)
        ReactionHolder.objects.create(reaction=made, user_id=ids["demo2"])
    ok = Reaction.objects.get(app_id=app_id, entry_id=message, reaction="ok")
    for name in NEW:
        ReactionHolder.objects.create(reaction=ok, user_id=ids[name])
        GroupReceipt.objects.create(user_id=ids[name], entry_id=int(world.names["group_message"]))


def _open_threads(world: World) -> None:
    """Threads of demo3's, and members of the thread that there was."""
    say, group, text = world.say, world.names["group"], {"type": "txt", "body": {"msg": "hi"}}
    for number in range(MORE):
        sent = say("POST /messages/chatgroups", {**text, "from": "demo1", "to": [group]})
        made = {"group_id": group, "name": f"t{number}", "msg_id": sent["data"][group]}
        say("POST /thread", {**made, "owner": "demo3"})
    say(f"POST /thread/{world.names['thread']}/users", {"usernames": NEW[:10]})
