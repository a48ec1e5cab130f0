"""What the Connect page prints for unmodified client SDKs."""

from accounts.domain.ids import Appkey


def web_4(base: str, sockets: str, appkey: Appkey) -> str:
    """easemob-websdk 4.x and agora-chat. Source: specs/msync.md 2.1."""
    url = f'"{sockets}/websocket", // web builds 4.0 to 4.8: "{base}/ws"'
    return f"""\
// npm install easemob-websdk@4.21.1
import WebIM from "easemob-websdk";

{_hello_4(base, url, appkey)}"""


def mini_program(base: str, sockets: str, appkey: Appkey) -> str:
    """The builds of easemob-websdk 4.x for WeChat and for uni-app. Source: specs/msync.md 2.1."""
    url = f'"{sockets}/websocket",'
    return f"""\
// npm install easemob-websdk@4.21.1 and, in WeChat's developer tools, Tools > Build npm
// uni-app: import WebIM from "easemob-websdk/uniApp/Easemob-chat";
// Without a domain with TLS: Details > Local Settings > do not verify valid domain names
import WebIM from "easemob-websdk/miniProgram/Easemob-chat";

{_hello_4(base, url, appkey)}"""


def _hello_4(base: str, url: str, appkey: Appkey) -> str:
    return f"""\
const conn = new WebIM.connection({{
  appKey: "{appkey}",
  isHttpDNS: false,
  url: {url}
  apiUrl: "{base}",
  delivery: true,
}});
conn.addEventHandler("demo", {{
  onConnected: () => {{
    const text = {{type: "txt", chatType: "singleChat", to: "demo2", msg: "hello"}};
    conn.send(WebIM.message.create(text)).then(console.log, console.error);
  }},
  onTextMessage: (message) => console.log(message.from, message.msg),
  onDeliveredMessage: (receipt) => console.log("delivered", receipt.mid),
  onError: console.error,
}});
conn.open({{user: "demo1", pwd: "123456"}}).catch(console.error); // or accessToken, without pwd
"""


def web_3(base: str, appkey: Appkey) -> str:
    """easemob-websdk 3.x."""
    return f"""\
// npm install easemob-websdk@3.6.3
import WebIM from "easemob-websdk";

const conn = new WebIM.connection({{
  appKey: "{appkey}",
  isHttpDNS: false,
  url: "{base}/ws",
  apiUrl: "{base}",
  isMultiLoginSessions: true,
  autoReconnectNumMax: 5,
  delivery: true,
}});
conn.listen({{
  onOpened: () => {{
    const message = new WebIM.message("txt", conn.getUniqueId());
    message.set({{
      msg: "hello", to: "demo2", chatType: "singleChat",
      success: (id, serverId) => console.log("sent", serverId), fail: console.error,
    }});
    conn.send(message.body);
  }},
  onTextMessage: (message) => console.log(message.from, message.data),
  onError: console.error,
}});
conn.open({{user: "demo1", pwd: "123456", appKey: "{appkey}"}});
"""


def mini_demo_config(base: str, sockets: str, appkey: Appkey) -> str:
    """What the vendor's WeChat demo of 2017 to 2019 has to be told. Source: webim1-xmpp.md §1."""
    return f"""\
// utils/WebIMConfig.js of the vendor's WeChat demo, 2017 to 2019; all else stays as it is.
// It uploads pictures without a token: switch that on in this app's settings.
export default {{
  xmppURL: "{sockets}/ws/",
  apiURL: "{base}",
  appkey: "{appkey}",
  https: false,
  isMultiLoginSessions: false,
  isDebug: false,
  autoReconnectNumMax: 2,
  autoReconnectInterval: 2,
}};
"""


def web_1(base: str, sockets: str, appkey: Appkey) -> str:
    """easemob-websdk 1.x. Source: specs/webim1-xmpp.md §1."""
    return f"""\
<!-- npm pack easemob-websdk@1.4.15: both files are in its folder dist -->
<script>window.WebIM = {{config: {{isDebug: false}}}};</script>
<script src="strophe-1.2.8.js"></script>
<script src="websdk-1.4.15.js"></script>
<script>
const conn = new WebIM.connection({{
  url: "{sockets}/ws/",
  apiUrl: "{base}",
  https: {"true" if base.startswith("https") else "false"},
  isHttpDNS: false,
  isAutoLogin: true,
  autoReconnectNumMax: 5,
  delivery: true,
}});
conn.listen({{
  onOpened: () => {{
    const message = new WebIM.message("txt", conn.getUniqueId());
    message.set({{
      msg: "hello", to: "demo2",
      success: (id, serverId) => console.log("sent", serverId),
    }});
    conn.send(message.body);
  }},
  onTextMessage: (message) => console.log(message.from, message.data),
  onError: (error) => console.error(error.type, error.msg), // 8: logged in elsewhere, 16: closed
}});
conn.open({{apiUrl: "{base}", user: "demo1", pwd: "123456", appKey: "{appkey}"}});
</script>
"""
