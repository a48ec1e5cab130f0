"""Calls about messages, conversations, history, files, reactions and webhooks."""

from chat.rest.reference.call import call

_TEXT = {"from": "demo1", "type": "txt", "body": {"msg": "hello"}}
_ROAMING = "/message/roaming"
_CHAT = {"to": "demo1", "type": "chat"}
_PIN = {**_CHAT, "pin_msg_id": "{message}"}
_SEEN_BY = "/chatgroups/{group}/acks/{group_message}"

CALLS = (
    call("Send to users", "POST /messages/users",
         {**_TEXT, "to": ["demo2"], "ext": {"k": 1}, "sync_device": True}),
    call("Send to groups", "POST /messages/chatgroups",
         {**_TEXT, "to": ["{group}"], "need_group_ack": True}),
    call("Send to chatrooms", "POST /messages/chatrooms",
         {**_TEXT, "to": ["{room}"], "chatroom_msg_level": "low"}),
    call("Send, as older clients do", "POST /messages?useMsgId=true",
         {"target_type": "users", "target": ["demo2"], "from": "demo1", "ext": {},
          "msg": {"type": "cmd", "action": "refresh"}}),
    call("Send to some members of a group", "POST /messages/chatgroups/users",
         {**_TEXT, "to": ["{group}"], "users": ["demo2"]}),
    call("Send to some members of a chatroom", "POST /messages/chatrooms/users",
         {**_TEXT, "to": ["{room}"], "users": ["demo2"]}),
    call("Send to every chatroom", "POST /messages/chatrooms/broadcast",
         {"from": "demo1", "msg": {"type": "txt", "msg": "maintenance at 5"}}),
    call("Recall a message", "POST /messages/msg_recall",
         {"msg_id": "{message}", "to": "demo2", "chat_type": "chat", "from": "demo1",
          "force": True}),
    call("Recall several messages", "POST /messages/recall",
         {"msgs": [{"msg_id": "{message}", "to": "demo2", "chat_type": "chat",
                    "from": "demo1", "force": True}]}),
    call("Edit a message", "PUT /messages/rewrite/{message}",
         {"user": "demo1", "new_msg": {"type": "txt", "msg": "new"}, "new_ext": {"k": 2},
          "is_combine_ext": True}),
    call("Import a message between users", "POST /messages/users/import",
         {"from": "demo1", "target": "demo2", "type": "txt", "body": {"msg": "old"},
          "is_ack_read": True, "msg_timestamp": 1735689600123}),
    call("Import a message of a group", "POST /messages/chatgroups/import",
         {"from": "demo1", "target": "{group}", "type": "txt", "body": {"msg": "old"}}),
    call("Where an hour's history file is", "GET /chatmessages/{hour}"),
    call("An hour's history file", "GET /chatmessages/{hour}/file?{signed}", by=""),
    call("Read history, as older clients do",
         "GET /chatmessages?ql=select%20*%20where%20from%3D%27demo1%27&limit=2&cursor="),
    call("Remove a conversation from a user's list", "DELETE /users/demo2/user_channel",
         {"channel": "demo1", "type": "chat", "delete_roam": True}),
    call("Remove a conversation from a user's list", "DELETE /user/demo2/user_channel",
         {"channel": "demo1", "type": "chat", "delete_roam": True}),
    call("List a user's conversations", "GET /users/demo2/user_channels"),
    call("List a user's conversations page by page",
         "GET /users/demo2/user_channels/page?pageNum=1&pageSize=10"),
    call("List a user's conversations", "GET /sdk/user/demo2/user_channels/list?limit=10&cursor=",
         by="demo2"),
    call("Pin a conversation", "POST /sdk/user/demo2/user_channel/top",
         {"type": "chat", "to": "demo1"}, by="demo2"),
    call("Unpin a conversation", "DELETE /sdk/user/demo2/user_channel/top?type=chat&to=demo1",
         by="demo2"),
    call("Mark conversations", "POST /sdk/user/demo2/user_channels/mark",
         {"mark": "mark_2", "targets": [_CHAT]}, by="demo2"),
    call("Take a mark off conversations", "DELETE /sdk/user/demo2/user_channels/mark",
         {"mark": "mark_1", "targets": [_CHAT]}, by="demo2"),
    call("Conversations with a mark",
         "GET /sdk/user/demo2/user_channels/mark/search?mark=mark_1&limit=10&cursor=",
         by="demo2"),
    call("Pin a message", "POST /sdk/user/demo2/user_channel/pin", _PIN, by="demo2"),
    call("Unpin a message", "DELETE /sdk/user/demo2/user_channel/pin", _PIN, by="demo2"),
    call("Pinned messages of a conversation",
         "GET /sdk/user/demo2/user_channel/pin?to=demo1&type=chat&limit=10&cursor=", by="demo2"),
    *(
        one
        for base in ("/rest", "/sdk")
        for one in (
            call("Hide messages of a chat from a user",
                 f"DELETE {base}{_ROAMING}/chat/user/demo2?userId=demo1&msgIdList={{message}}"),
            call("Hide messages of a group from a user",
                 f"DELETE {base}{_ROAMING}/group/user/demo2"
                 "?groupId={group}&msgIdList={group_message}"),
            *(call("Hide a chat's messages up to a time from a user",
                   f"{method} {base}{_ROAMING}/chat/user/demo2/time"
                   "?userId=demo1&delTime={now_ms}")
              for method in ("DELETE", "POST")),
            *(call("Hide a group's messages up to a time from a user",
                   f"{method} {base}{_ROAMING}/group/user/demo2/time"
                   "?groupId={group}&delTime={now_ms}")
              for method in ("DELETE", "POST")),
            call("Hide all history from a user",
                 f"POST {base}{_ROAMING}/user/demo2/delete/all"),
        )
    ),
    call("Who has read a group message", f"GET {_SEEN_BY}?limit=10&key="),
    call("Read a conversation's history", "POST /users/demo2/messageroaming",
         {"queue": "demo1@easemob.com", "start": "-1", "end": "-1", "pull_number": 2},
         by="demo2"),
    # Files
    call("Upload a file", "POST /chatfiles", form="picture.png"),
    call("Download a file", "GET /chatfiles/{file}", by=""),
    call("Download a picture's thumbnail", "GET /chatfiles/{file}?thumbnail=true", by=""),
    # Reactions
    call("React to a message", "POST /reaction/user/demo1",
         {"msgId": "{message}", "message": "grin"}),
    call("Reactions to messages", "GET /reaction/user/demo2?msgIdList={message}&msgType=chat"),
    call("Take a reaction back", "DELETE /reaction/user/demo2?msgId={message}&message=ok"),
    call("Who reacted so", "GET /reaction/user/demo2/detail?msgId={message}&message=ok&limit=10"),
    # Webhooks
    call("Failed calls of webhooks", "GET /callbacks/storage/info"),
    call("Try failed calls again", "POST /callbacks/storage/retry",
         {"date": "{date}", "retry": 1, "targetUrl": ""}),
    # What there is not
    call("Export moderated messages", "POST /moderation/record/message/export", {}, status=403),
    call("List exports of moderated messages", "GET /moderation/export/files", status=403),
    call("Download an export of moderated messages", "GET /moderationfiles/{file}", status=403),
)  # fmt: skip
