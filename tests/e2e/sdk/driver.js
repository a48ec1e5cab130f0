// Runs an unmodified easemob-websdk or agora-chat in Node, as in a browser or a mini-program, and
// does what it is told, one JSON object a line.
//
//   node driver.js <the sdk: a package or file> <folder of node_modules with ws, xhr2> [page]
//
// With a page, a file of JavaScript that imports the SDK, it runs that instead of orders.
//
// in:  {"id": 1, "conn": "a", "make": {...options}}
//      {"id": 2, "conn": "a", "call": "open", "args": [{...}]}
//      {"id": 3, "conn": "a", "send": {"type": "txt", ...}}         (a message by the SDK's own maker)
//      ... "send": {"type": "img", "file": {"path", "name", "type"}}  (the SDK uploads the file first)
//      {"id": 5, "conn": "a", "cut": true}                          (the socket dies under the SDK)
// out: {"id": 1, "ok": ...} | {"id": 1, "error": ...} | {"conn": "a", "event": "onX", "data": ...}
"use strict";
const path = require("path");
const readline = require("readline");
const [sdk, toolsDir, page] = process.argv.slice(2);
const tool = (name) => require(path.join(toolsDir, name));

// What a browser has and Node lacks. Nothing of the SDK is changed.
const store = new Map();
const storage = {
  getItem: (key) => (store.has(key) ? store.get(key) : null),
  setItem: (key, value) => void store.set(key, String(value)),
  removeItem: (key) => void store.delete(key),
  clear: () => store.clear(),
};
const sockets = new Set();
const WS = tool("ws");
class TrackedSocket extends WS {
  constructor(...args) {
    super(...args);
    sockets.add(this);
    this.addEventListener("close", () => sockets.delete(this));
  }
}
const define = (name, value) =>
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
function asInBrowser() {
  define("window", globalThis);
  define("self", globalThis);
  define("WebSocket", TrackedSocket);
  // A browser's XMLHttpRequest writes a form as multipart; xhr2 knows bytes only.
  class FormRequest extends tool("xhr2") {
    send(data) {
      if (!(data instanceof FormData)) return super.send(data);
      const written = new Response(data);
      return void written.arrayBuffer().then((bytes) => {
        this.setRequestHeader("Content-Type", written.headers.get("content-type"));
        super.send(Buffer.from(bytes));
      });
    }
  }
  define("XMLHttpRequest", FormRequest);
  define("localStorage", storage);
  define("sessionStorage", storage);
  const location = { protocol: "http:", host: "localhost", hostname: "localhost", href: "http://localhost/", search: "", port: "" };
  location.origin = "http://localhost";
  location.toString = () => location.href;
  define("location", location);
  define("navigator", { userAgent: "Mozilla/5.0 (Node) AppleWebKit/537.36 Chrome/120.0 Safari/537.36", onLine: true, language: "en" });
  const node = () => ({ style: {}, appendChild() {}, setAttribute() {}, removeChild() {}, addEventListener() {} });
  define("document", {
    ...node(), createElement: node, body: node(), documentElement: node(), head: node(), cookie: "",
    getElementById: () => null, getElementsByTagName: () => [node()], visibilityState: "visible", hidden: false,
    removeEventListener() {}, location, domain: "localhost", readyState: "complete",
  });
  if (!globalThis.addEventListener) { define("addEventListener", () => {}); define("removeEventListener", () => {}); }
}

if (sdk.includes("miniProgram")) define("wx", require("./wx.js")(TrackedSocket));
else asInBrowser();

const out = (value) => process.stdout.write(JSON.stringify(value, plain()) + "\n");
function plain() {
  const seen = new WeakSet();
  return (_key, value) => {
    if (typeof value === "bigint") return value.toString();
    if (typeof value === "function") return undefined;
    if (typeof value === "object" && value !== null) {
      if (seen.has(value)) return undefined;
      seen.add(value);
      if (value instanceof Error) return { name: value.name, message: value.message, stack: value.stack };
    }
    return value;
  };
}
for (const name of ["log", "info", "warn", "error", "debug"]) console[name] = (...a) => process.env.SDK_LOG && process.stderr.write(a.map(String).join(" ") + "\n");
process.on("unhandledRejection", (why) => out({ event: "unhandledRejection", data: why }));
process.on("uncaughtException", (why) => out({ event: "uncaughtException", data: why }));

const WebIM = (() => { const got = require(sdk); return got.default || got; })();
if (WebIM.logger && WebIM.logger.disableAll) WebIM.logger.disableAll();
define("WebIM", WebIM);
const isOld = !WebIM.message.create;
const conns = new Map();

const HANDLERS = [
  "onOpened", "onClosed", "onOnline", "onOffline", "onError", "onTextMessage", "onEmojiMessage", "onPictureMessage",
  "onImageMessage", "onAudioMessage", "onVideoMessage", "onFileMessage", "onLocationMessage", "onCmdMessage",
  "onCustomMessage", "onCombineMessage", "onRecallMessage", "onReceivedMessage", "onDeliveredMessage", "onReadMessage",
  "onChannelMessage", "onMutedMessage", "onModifiedMessage", "onPresence", "onContactInvited", "onContactAgreed",
  "onContactAdded", "onContactRefuse", "onContactDeleted", "onBlacklistUpdate", "onRoster", "onReactionChange",
  "onPresenceStatusChange", "onMultiDeviceEvent", "onMessagePinEvent", "onGroupEvent", "onChatroomEvent",
  "onGroupChange", "onChatroomChange", "onConnected", "onDisconnected", "onReconnecting", "onTokenWillExpire",
  "onTokenExpired", "onOfflineMessageSyncStart", "onOfflineMessageSyncFinish", "onUpdateMyRoster",
];

function listeners(conn) {
  const made = {};
  for (const event of HANDLERS) made[event] = (data) => out({ conn, event, data: data === undefined ? null : data });
  return made;
}

function make(name, options) {
  const made = new WebIM.connection(options);
  if (isOld) made.listen(listeners(name));
  else made.addEventHandler("test", listeners(name));
  conns.set(name, made);
  return true;
}

// 3.x: a message is an object with `set`; what happened comes by callbacks.
function sendOld(conn, what) {
  return new Promise((resolve, reject) => {
    const message = new WebIM.message(what.type, conn.getUniqueId());
    message.set({ ...what, success: (id, serverMsgId) => resolve({ localMsgId: id, serverMsgId }), fail: reject, onFileUploadError: reject });
    if (what.chatType) message.setChatType && message.setChatType(what.chatType);
    conn.send(message.body);
    if (["read", "delivery", "channel"].includes(what.type)) resolve({});
  });
}

async function sendNew(conn, what) {
  return await conn.send(WebIM.message.create(what));
}

function withFile(what) {
  if (!what.file) return what;
  const { path: from, name, type } = what.file;
  const data = new (require("buffer").File)([require("fs").readFileSync(from)], name, { type });
  return { ...what, file: { data, filename: name, filetype: name.split(".").pop(), url: "" } };
}

async function run(order) {
  const conn = conns.get(order.conn);
  if (order.make) return make(order.conn, order.make);
  if (order.send) return isOld ? sendOld(conn, withFile(order.send)) : sendNew(conn, withFile(order.send));
  if (order.edit) return conn.modifyMessage({ messageId: order.messageId, modifiedMessage: WebIM.message.create(order.edit) });
  if (order.cut) { for (const socket of sockets) socket.terminate(); return true; }
  if (order.call) {
    const args = order.args || [];
    const first = args[0];
    if (isOld && first && typeof first === "object" && !Array.isArray(first) && order.call !== "open") {
      // Some calls of 3.x call back without looking whether they were given something to call.
      for (const name of ["success", "error"]) if (!first[name]) first[name] = () => {};
    }
    if (order.callbacks) {
      return await new Promise((resolve, reject) => {
        conn[order.call]({ ...args[0], success: resolve, error: reject, fail: reject });
      });
    }
    const got = conn[order.call](...args);
    return got && typeof got.then === "function" ? await got : null;
  }
  throw new Error("no such order");
}

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  const order = JSON.parse(line);
  Promise.resolve().then(() => run(order)).then(
    (ok) => out({ id: order.id, ok: ok === undefined ? null : ok }),
    (error) => out({ id: order.id, error: error === undefined ? null : error }),
  );
}).on("close", () => process.exit(0));
if (page) {
  // What a bundler does with the page's import.
  const text = require("fs").readFileSync(page, "utf8").replace(/^import WebIM from "easemob-websdk";$/m, "");
  new Function(text)();
}
out({ event: "ready", data: { old: isOld, version: String(WebIM.version || "") } });
