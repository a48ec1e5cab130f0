"""The server API as data: every row of rest.md section 2, in its order.

Columns: id, method(s), path below /{org}/{app} (or from the root), tokens, priority. What a row
says beyond that (a body, a query, a list of names in one segment) is in the row's section.
"""

from dataclasses import dataclass

_TABLE = """
T1  POST       /token                                    none          A
T2  POST       /token                                    none          A
T3  POST       /token                                    app           A
T4  POST       /token                                    none          C
T5  GET        {root}/easemob/server.json                none          B
T6  POST       {root}/management/token                   none          C
T7  GET        /sdk/users/{u}/token/expires              user          B
U1  POST       /users                                    none,app      A
U2  POST       /users                                    app           A
U3  GET        /users/{u}                                app,user      A
U4  GET        /users                                    app           A
U5  DELETE     /users/{u}                                app           A
U6  DELETE     /users                                    app           B
U7  PUT        /users/{u}/password                       app           A
U8  PUT        /users/{u}                                app,user      A
U9  POST       /users/{u}/deactivate                     app           A
U10 POST       /users/{u}/activate                       app           A
U11 GET        /users/{u}/disconnect                     app           A
U12 DELETE,GET /users/{u}/disconnect/{resource}          app           B
U13 GET        /users/{u}/status                         app           A
U14 POST       /users/batch/status                       app           A
U15 GET        /users/{u}/resources                      app,user      B
U16 GET        /users/{u}/offline_msg_count              app           A
U17 GET        /users/{u}/offline_msg_status/{msg_id}    app           B
U18 POST       /mutes                                    app           B
U19 GET        /mutes/{u}                                app           B
U20 GET        /mutes                                    app           B
C1  POST       /users/{o}/contacts/users/{f}             app           A
C2  DELETE     /users/{o}/contacts/users/{f}             app,user      A
C3  GET        /users/{o}/contacts/users                 app,user      A
C4  GET        /user/{u}/contacts                        app,user      B
C5  PUT        /user/{o}/contacts/users/{f}              app,user      B
C6  POST       /users/{u}/contacts/import                app           C
C7  GET        /users/{o}/blocks/users                   app,user      A
C8  POST       /users/{o}/blocks/users                   app,user      A
C9  DELETE     /users/{o}/blocks/users/{b}               app,user      A
P1  PUT        /metadata/user/{u}                        app,user      A
P2  GET        /metadata/user/{u}                        app,user      A
P3  POST       /metadata/user/get                        app,user      A
P4  DELETE     /metadata/user/{u}                        app,user      B
P5  GET        /metadata/user/capacity                   app           B
R1  POST       /users/{u}/presence/{resource}/{status}   app,user      B
R2  POST       /users/{u}/presence/{expiry}              app,user      B
R3  POST       /users/{u}/presence                       app,user      B
R4  DELETE     /users/{u}/presence                       app,user      B
R5  GET        /users/{u}/presence/sublist               app,user      B
R6  GET        /presence/online/{id}/type/{t}            app           C
M1  POST       /messages/users                           app           A
M2  POST       /messages/chatgroups                      app           A
M3  POST       /messages/chatrooms                       app           A
M4  POST       /messages                                 app           A
M5  POST       /messages/chatgroups/users                app           B
M6  POST       /messages/chatrooms/users                 app           B
M7  POST       /messages/chatrooms/broadcast             app           B
M8  POST       /messages/msg_recall                      app           A
M9  POST       /messages/recall                          app           B
M10 PUT        /messages/rewrite/{msg_id}                app           B
M11 POST       /messages/users/import                    app           B
M12 POST       /messages/chatgroups/import               app           B
M13 GET        /chatmessages/{time}                      app           B
M14 GET        /chatmessages                             app           C
M15 DELETE     /users/{u}/user_channel                   app,user      B
M16 GET        /users/{u}/user_channels                  app,user      B
M17 DELETE     /rest/message/roaming/chat/user/{u}       app,user      B
M18 DELETE     /rest/message/roaming/group/user/{u}      app,user      B
M19 DELETE     /rest/message/roaming/chat/user/{u}/time  app,user      B
M20 DELETE     /rest/message/roaming/group/user/{u}/time app,user      B
M21 POST       /rest/message/roaming/user/{u}/delete/all app,user      B
M22 GET        /chatgroups/{g}/acks/{msg_id}             app,user      B
M23 POST       /users/{u}/messageroaming                 user          A
F1  POST       /chatfiles                                app,user      A
F2  GET        /chatfiles/{uuid}                         none,app,user A
F3  GET        /chatfiles/{uuid}                         none,app,user A
G1  POST       /chatgroups                               app,user      A
G2  PUT        /chatgroups/{g}                           app,user      A
G3  PUT        /chatgroups/{g}                           app,user      A
G4  GET        /chatgroups/{g}                           app,user      A
G5  GET        /chatgroups                               app           A
G6  DELETE     /chatgroups/{g}                           app,user      A
G7  GET        /users/{u}/joined_chatgroups              app,user      A
G8  GET        /chatgroups/user/{u}                      app,user      B
G9  GET        /chatgroups/{g}/user/{u}/is_joined        app,user      B
G10 POST       /chatgroups/{g}/disable                   app           B
G11 POST       /chatgroups/{g}/enable                    app           B
G12 GET        /chatgroups/{g}/users                     app,user      A
G13 POST       /chatgroups/{g}/users/{u}                 app,user      A
G14 POST       /chatgroups/{g}/users                     app           A
G15 DELETE     /chatgroups/{g}/users/{u}                 app,user      A
G16 DELETE     /chatgroups/{g}/users/{u}                 app,user      A
G17 GET        /chatgroups/{g}/admin                     app,user      A
G18 POST       /chatgroups/{g}/admin                     app,user      A
G19 DELETE     /chatgroups/{g}/admin/{u}                 app,user      A
G20 GET        /chatgroups/{g}/blocks/users              app,user      A
G21 POST       /chatgroups/{g}/blocks/users/{u}          app,user      A
G22 POST       /chatgroups/{g}/blocks/users              app,user      B
G23 DELETE     /chatgroups/{g}/blocks/users/{u}          app,user      A
G24 GET        /chatgroups/{g}/white/users               app,user      B
G25 POST       /chatgroups/{g}/white/users/{u}           app,user      B
G26 POST       /chatgroups/{g}/white/users               app,user      B
G27 DELETE     /chatgroups/{g}/white/users/{u}           app,user      B
G28 GET        /chatgroups/{g}/mute                      app,user      A
G29 POST       /chatgroups/{g}/mute                      app,user      A
G30 DELETE     /chatgroups/{g}/mute/{u}                  app,user      A
G31 POST       /chatgroups/{g}/ban                       app,user      A
G32 DELETE     /chatgroups/{g}/ban                       app,user      A
G33 GET        /chatgroups/{g}/announcement              app,user      A
G34 POST       /chatgroups/{g}/announcement              app,user      A
G35 GET        /chatgroups/{g}/share_files               app,user      B
G36 POST       /chatgroups/{g}/share_files               app,user      B
G37 GET        /chatgroups/{g}/share_files/{file}        app,user      B
G38 DELETE     /chatgroups/{g}/share_files/{file}        app,user      B
G39 PUT        /metadata/chatgroup/{g}/user/{u}          app,user      B
G40 GET        /metadata/chatgroup/{g}/user/{u}          app,user      B
G41 POST       /metadata/chatgroup/{g}/get               app,user      B
G42 PUT        /metadata/chatgroup/{g}/users/batch       app           C
H1  POST       /chatrooms                                app,user      A
H2  PUT        /chatrooms/{r}                            app,user      A
H3  PUT        /chatrooms/{r}                            app,user      B
H4  GET        /chatrooms/{r}                            app,user      A
H5  GET        /chatrooms                                app,user      A
H6  DELETE     /chatrooms/{r}                            app,user      A
H7  GET        /users/{u}/joined_chatrooms               app,user      A
H8  GET        /chatrooms/{r}/users                      app,user      A
H9  POST       /chatrooms/{r}/users/{u}                  app,user      A
H10 POST       /chatrooms/{r}/users                      app           A
H11 DELETE     /chatrooms/{r}/users/{u}                  app,user      A
H12 GET        /chatrooms/{r}/admin                      app,user      A
H13 POST       /chatrooms/{r}/admin                      app,user      A
H14 DELETE     /chatrooms/{r}/admin/{u}                  app,user      A
H15 POST       /chatrooms/super_admin                    app           A
H16 GET        /chatrooms/super_admin                    app           A
H17 DELETE     /chatrooms/super_admin/{u}                app           A
H18 GET        /chatrooms/{r}/blocks/users               app,user      B
H19 POST       /chatrooms/{r}/blocks/users/{u}           app,user      B
H20 POST       /chatrooms/{r}/blocks/users               app,user      B
H21 DELETE     /chatrooms/{r}/blocks/users/{u}           app,user      B
H22 GET        /chatrooms/{r}/white/users                app,user      B
H23 POST       /chatrooms/{r}/white/users/{u}            app,user      B
H24 POST       /chatrooms/{r}/white/users                app,user      B
H25 DELETE     /chatrooms/{r}/white/users/{u}            app,user      B
H26 GET        /chatrooms/{r}/mute                       app,user      B
H27 POST       /chatrooms/{r}/mute                       app,user      B
H28 DELETE     /chatrooms/{r}/mute/{u}                   app,user      B
H29 POST       /chatrooms/{r}/ban                        app,user      B
H30 DELETE     /chatrooms/{r}/ban                        app,user      B
H31 GET        /chatrooms/{r}/announcement               app,user      B
H32 POST       /chatrooms/{r}/announcement               app,user      B
H33 PUT        /metadata/chatroom/{r}/user/{u}           app,user      B
H34 POST       /metadata/chatroom/{r}                    app,user      B
H35 DELETE     /metadata/chatroom/{r}/user/{u}           app,user      B
H36 PUT        /metadata/chatroom/{r}/user/{u}/forced    app,user      B
H37 DELETE     /metadata/chatroom/{r}/user/{u}/forced    app,user      B
D1  GET        /thread                                   app           C
D2  GET        /threads/user/{u}                         app,user      C
D3  GET        /threads/chatgroups/{g}/user/{u}          app,user      C
D4  POST       /thread                                   app,user      B
D5  PUT        /thread/{t}                               app,user      B
D6  DELETE     /thread/{t}                               app,user      B
D7  GET        /thread/{t}/users                         app,user      B
D8  POST       /thread/{t}/users                         app           C
D9  DELETE     /thread/{t}/users                         app           C
X1  POST       /reaction/user/{u}                        app,user      B
X2  GET        /reaction/user/{u}                        app,user      B
X3  DELETE     /reaction/user/{u}                        app,user      B
X4  GET        /reaction/user/{u}/detail                 app,user      B
N1  PUT        /users/{u}/push/binding                   app,user      C
N2  GET        /users/{u}/push/binding                   app           C
N3  PUT        /push/nickname                            app           C
N4  PUT        /users/{u}/notification/{type}/{key}      app,user      B
N5  GET        /users/{u}/notification/{type}/{key}      app,user      B
N6  PUT        /users/{u}/notification/language          app,user      C
N7  GET        /users/{u}/notification/language          app,user      C
N8  POST       /notification/template                    app           C
N9  GET        /notification/template/{name}             app           C
N10 PUT        /notification/template/{name}             app           C
N11 DELETE     /notification/template/{name}             app           C
N12 PUT,GET    /users/{u}/notification/template          app,user      C
K1  OUT        -                                         md5           B
K2  OUT        -                                         md5           B
K3  GET        /callbacks/storage/info                   app           C
K4  POST       /callbacks/storage/retry                  app           C
K5  POST       /moderation/record/message/export         app           C
K6  GET        /moderation/export/files                  app           C
K7  GET        /moderationfiles/{uuid}                   app           C
"""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row. `tokens` holds none, app and user; `methods` is empty for what we send out."""

    id: str
    methods: tuple[str, ...]
    path: str
    tokens: frozenset[str]
    priority: str

    def url(self, org: str = "demo", app: str = "app", **names: str) -> str:
        """The address with its placeholders filled: `names`, else a name like the placeholder."""
        path = self.path
        while "{" in path:
            name = path[path.index("{") + 1 : path.index("}")]
            path = path.replace("{" + name + "}", names.get(name, SAMPLES.get(name, name)))
        return path.removeprefix("root:") if path.startswith("root:") else f"/{org}/{app}{path}"


# What stands in a placeholder when only the route matters.
SAMPLES = {"g": "123456789012345", "r": "123456789012346", "t": "123456789012347"}


def _parse(line: str) -> Endpoint:
    ident, methods, path, tokens, priority = line.split()
    sent = () if methods == "OUT" else tuple(methods.split(","))
    return Endpoint(
        ident, sent, path.replace("{root}", "root:"), frozenset(tokens.split(",")), priority
    )


ENDPOINTS = tuple(_parse(line) for line in _TABLE.strip().splitlines())
BY_ID = {endpoint.id: endpoint for endpoint in ENDPOINTS}
