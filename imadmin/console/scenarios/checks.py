"""The scenarios S1 to S4: what each does, and what must be so after every step."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from imadmin.console.scenarios.stage import PASSWORD, Mismatch, Stage
from imadmin.testclient.players import Player
from imadmin.testclient.rest import RestRefused

Json = dict[str, Any]
Scenario = Callable[[Stage], Awaitable[None]]
WRONG = "not-" + PASSWORD


def user(name: str) -> Json:
    return {"type": "user", "id": name}


async def sign_in(stage: Stage) -> None:
    """S1: a user made by the backend can sign in, and nobody without the password can."""
    async with stage.step("create_user"):
        if stage.cast:  # a run with the demo users makes one of its own, too
            [name] = stage.cast[:1]
        else:
            [name] = await stage.people("a")
    async with stage.step("wrong_password_refused", "400 or 401") as step:
        try:
            await stage.rest.user_token(name, WRONG)
        except RestRefused as refused:
            step.expects(True, refused.status in {400, 401})
        else:
            raise Mismatch("400 or 401", "200 and a token")
    async with stage.step("right_password_gives_token", "200 and a token"):
        await stage.rest.user_token(name, PASSWORD)
    async with stage.step("connect"):
        player = await stage.online(name)
    async with stage.step("ready", "online"):
        await stage.until(lambda: stage.status(name), "online")
    async with stage.step("sign_out", "offline"):
        await stage.away(player)


async def one_to_one(stage: Stage) -> None:
    """S2: friends; and a message to somebody away arrives once and unchanged."""
    async with stage.step("create_users"):
        first, second = await stage.people("a", "b")
    async with stage.step("make_friends"):
        await stage.rest.add_friend(first, second)
    async with stage.step("both_rosters", "each lists the other") as step:
        a, b = await stage.online(first), await stage.online(second)
        step.expects([True, True], [second in await a.friends(), first in await b.friends()])
    await _message_while_away(stage, a, b, "hello", "send_to_offline")
    b = stage.players[-1]
    a = await _again(stage, first)
    await _message_while_away(stage, b, a, "reply", "reply_to_offline")


async def _again(stage: Stage, name: str) -> Player:
    async with stage.step("sender_returns", "online"):
        return await stage.online(name)


async def _message_while_away(
    stage: Stage, sender: Player, receiver: Player, text: str, key: str
) -> None:
    """`receiver` goes, `sender` writes and goes, `receiver` returns and has it exactly once."""
    ext = {"scenario": text, "n": 7, "list": [1, "二"]}
    async with stage.step("receiver_leaves", "offline"):
        await stage.away(receiver)
    async with stage.step(key, "an id"):
        message_id = await sender.say(user(receiver.user), f"{text} 你好", ext)
    async with stage.step("sender_leaves", "offline"):
        await stage.away(sender)
    async with stage.step("receives_once", f"1 message with the id {message_id}") as step:
        step.actual = f"no message with the id {message_id}"
        back = await stage.online(receiver.user)
        message = await back.hear({"message.id": message_id})
        again = [one for one in await back.unheard() if one["id"] == message_id]
        step.expects("1 message", f"{1 + len(again)} message{'s' if again else ''}")
    async with stage.step("same_content") as step:
        _expect_content(step.expects, message, sender.user, f"{text} 你好", ext)
    async with stage.step("queue_empty", "0"):
        await stage.until(lambda: stage.queued(receiver.user), 0)


def _expect_content(
    expects: Callable[[object, object], None],
    message: Mapping[str, Any],
    sender: str,
    text: str,
    ext: Json | None = None,
) -> None:
    expects(f"from {sender}", f"from {message['from']}")
    expects(text, message["body"].get("msg"))
    if ext is not None:
        expects(ext, message["ext"])


async def group(stage: Stage) -> None:
    """S3: a group's message reaches its members, and nobody else."""
    async with stage.step("create_users"):
        first, second, third = await stage.people("a", "b", "c")
    async with stage.step("create_group", "an id"):
        group_id = await stage.rest.create_group(first, "Scenario group", [second])
        stage.undo.append(("DELETE", f"/chatgroups/{group_id}"))
    async with stage.step("three_connect"):
        a, b, c = [await stage.online(name) for name in (first, second, third)]
    async with stage.step("in_joined_list", f"a list with {group_id}") as step:
        token = await stage.rest.user_token(second, PASSWORD)
        answer = await stage.rest.call_as(token, "GET", f"/users/{second}/joined_chatgroups")
        joined = [one["groupid"] for one in answer["data"]]
        if group_id not in joined:
            raise Mismatch(step.expected, joined)
    async with stage.step("platform_sends", "an id"):
        body = {"msg": "group test 群组"}
        sent = await stage.rest.send([group_id], body, target_type="chatgroups")
    await _reaches(stage, [a, b], "members_receive", sent[group_id], "group", group_id)
    await _nothing_at(stage, c, "stranger_gets_nothing")


async def chatroom(stage: Stage) -> None:
    """S4: a chatroom's message reaches who is in it, at that moment."""
    async with stage.step("create_users"):
        first, second, third = await stage.people("a", "b", "c")
    async with stage.step("create_room", "an id"):
        room = await stage.rest.create_chatroom(first, "Scenario room", [second])
        stage.undo.append(("DELETE", f"/chatrooms/{room}"))
        await stage.rest.make_room_admin(room, second)
    async with stage.step("three_connect"):
        a, b, c = [await stage.online(name) for name in (first, second, third)]
    async with stage.step("two_join"):
        await a.enter(room)
        await b.enter(room)
    async with stage.step("roles") as step:
        details = (await stage.rest.call("GET", f"/chatrooms/{room}"))["data"][0]
        step.expects(f"owner {first}", f"owner {details['owner']}")
        admins = (await stage.rest.call("GET", f"/chatrooms/{room}/admin"))["data"]
        step.expects(f"admins {[second]}", f"admins {admins}")
    async with stage.step("platform_sends", "an id"):
        sent = await stage.rest.send([room], {"msg": "room test 聊天室"}, target_type="chatrooms")
    await _reaches(stage, [a, b], "both_receive", sent[room], "chatroom", room)
    await _nothing_at(stage, c, "not_joined_gets_nothing")
    async with stage.step("second_leaves"):
        await b.exit(room)
    async with stage.step("platform_sends_again", "an id"):
        sent = await stage.rest.send([room], {"msg": "after"}, target_type="chatrooms")
    await _reaches(stage, [a], "first_receives", sent[room], "chatroom", room)
    await _nothing_at(stage, b, "second_gets_nothing")


async def _reaches(
    stage: Stage, players: list[Player], key: str, message_id: str, kind: str, place: str
) -> None:
    async with stage.step(key, f"the message {message_id}") as step:
        for player in players:
            step.actual = f"{player.user} did not get it"
            message = await player.hear({"message.id": message_id})
            wanted = {"type": kind, "id": place}
            step.expects(wanted, message["to"])


async def _nothing_at(stage: Stage, player: Player, key: str) -> None:
    async with stage.step(key, "no message") as step:
        heard = await player.unheard()
        step.expects([], [one["body"] for one in heard])


SCENARIOS: dict[str, Scenario] = {
    "s1": sign_in,
    "s2": one_to_one,
    "s3": group,
    "s4": chatroom,
}
