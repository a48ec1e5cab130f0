// Runs unmodified builds of easemob-websdk or agora-chat in Node, as browsers or mini-programs do, and
// does what it is told, one JSON object a line.
//
//   node driver.js <the sdk: a package or file> <folder of node_modules with ws, xhr2> [page]
//
// It prints the port where it listens. Each connection to it is a browser of its own: the SDK's file is
// run anew for it, with its own storage and sockets; it ends with the connection. The process ends
// with its standard input. With a page, a file of JavaScript that imports the SDK, it runs that instead.
//
// in:  {"id": 1, "make": {...options}}
//      {"id": 2, "call": "open", "args": [{...}]}
//      {"id": 3, "send": {"type": "txt", ...}}         (a message by the SDK's own maker)
//      ... "send": {"type": "img", "file": {"path", "name", "type"}}  (the SDK uploads the file first)
//      {"id": 5, "cut": true}                          (the socket dies under the SDK)
//      {"id": 6, "upload": {"url", "path"}}            (a mini-program's host uploads a file)
// out: {"id": 1, "ok": ...} | {"id": 1, "error": ...} | {"event": "onX", "data": ...}
"use strict";
const fs = require("fs");
const net = require("net");
const path = require("path");
const readline = require("readline");
const vm = require("vm");
const { AsyncLocalStorage } = require("async_hooks");
const { createRequire } = require("module");
const [sdk, toolsDir, page] = process.argv.slice(2);
const tool = (name) => require(path.join(toolsDir, name));
const isMini = sdk.includes("miniProgram");

// Whose code runs: some SDK takes its WebSocket from the global object, not from `window`.
const running = new AsyncLocalStorage();
class TrackedSocket extends tool("ws") {
  constructor(...args) {
    super(...args);
    const { sockets } = running.getStore();
    sockets.add(this);
    this.addEventListener("close", () => sockets.delete(this));
  }
}

// What a browser has and Node lacks. Nothing of the SDK is changed.
const define = (name, value) =>
  Object.defineProperty(globalThis, name, { value, writable: true, configurable: true });
function asInBrowser() {
  // A browser's XMLHttpRequest writes a form as multipart; xhr2 knows bytes only.
  class FormRequest extends tool("xhr2") {
    withCredentials = false; // without it SockJS asks nobody, and waits 2 s for the answer

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
  define("WebSocket", TrackedSocket);
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

if (!isMini) asInBrowser();

const storage = () => {
  const kept = new Map();
  return {
    getItem: (key) => (kept.has(key) ? kept.get(key) : null),
    setItem: (key, value) => void kept.set(key, String(value)),
    removeItem: (key) => void kept.delete(key),
    clear: () => kept.clear(),
  };
};

// The SDK's file, compiled once and run for each browser.
const file = require.resolve(sdk);
// WeChat wraps a module so that it finds nothing under a browser's names.
const HIDDEN = isMini ? ["navigator", "document", "location", "frames"] : [];
const NAMES = ["module", "exports", "require", "window", "self", "localStorage", "sessionStorage", "wx", ...HIDDEN];
const load = vm.compileFunction(fs.readFileSync(file, "utf8"), NAMES, { filename: file });

function browser() {
  const own = { localStorage: storage(), sessionStorage: storage() };
  const made = isMini ? undefined : Object.assign(Object.create(globalThis), own);
  if (made) made.window = made.self = made;
  const module = { exports: {} };
  const wx = isMini ? require("./wx.js")(TrackedSocket) : undefined;
  load.call(made, module, module.exports, createRequire(file), made, made, own.localStorage, own.sessionStorage, wx);
  const WebIM = module.exports.default || module.exports;
  if (WebIM.logger && WebIM.logger.disableAll) WebIM.logger.disableAll();
  return { WebIM, wx, window: made };
}

const sayEverywhere = new Set();
const say = (value, write) => write(JSON.stringify(value, plain()) + "\n");
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
for (const event of ["unhandledRejection", "uncaughtException"]) {
  process.on(event, (why) => sayEverywhere.forEach((write) => say({ event, data: why }, write)));
}

const HANDLERS = [
  "onOpened", "onClosed", "onOnline", "onOffline", "onError", "onTextMessage", "onEmojiMessage", "onPictureMessage",
  "onImageMessage", "onAudioMessage", "onVideoMessage", "onFileMessage", "onLocationMessage", "onCmdMessage",
  "onCustomMessage", "onCombineMessage", "onRecallMessage", "onReceivedMessage", "onDeliveredMessage", "onReadMessage",
  "onChannelMessage", "onMutedMessage", "onModifiedMessage", "onPresence", "onContactInvited", "onContactAgreed",
  "onContactAdded", "onContactRefuse", "onContactDeleted", "onBlacklistUpdate", "onRoster", "onReactionChange",
  "onPresenceStatusChange", "onMultiDeviceEvent", "onMessagePinEvent", "onGroupEvent", "onChatroomEvent",
  "onGroupChange", "onChatroomChange", "onConnected", "onDisconnected", "onReconnecting", "onTokenWillExpire",
  "onTokenExpired", "onOfflineMessageSyncStart", "onOfflineMessageSyncFinish", "onUpdateMyRoster",
  "onChatThreadChange",
];

// What one browser does: an order in, its outcome and events out.
class Client {
  constructor(write) {
    this.write = write;
    this.sockets = new Set();
    Object.assign(this, running.run(this, browser));
    this.isOld = !this.WebIM.message.create;
    this.tell({ event: "ready", data: { old: this.isOld, version: String(this.WebIM.version || "") } });
  }

  tell(value) {
    say(value, this.write);
  }

  make(options) {
    const handlers = {};
    for (const event of HANDLERS) handlers[event] = (data) => this.tell({ event, data: data === undefined ? null : data });
    this.conn = new this.WebIM.connection(options);
    if (this.isOld) this.conn.listen(handlers);
    else this.conn.addEventHandler("test", handlers);
    return true;
  }

  // 3.x: a message is an object with `set`; what happened comes by callbacks.
  sendOld(what) {
    return new Promise((resolve, reject) => {
      const message = new this.WebIM.message(what.type, this.conn.getUniqueId());
      message.set({ ...what, success: (id, serverMsgId) => resolve({ localMsgId: id, serverMsgId }), fail: reject, onFileUploadError: reject });
      if (what.chatType) message.setChatType && message.setChatType(what.chatType);
      this.conn.send(message.body);
      if (["read", "delivery", "channel"].includes(what.type)) resolve({});
    });
  }

  send(what) {
    const whole = withFile(what);
    return this.isOld ? this.sendOld(whole) : this.conn.send(this.WebIM.message.create(whole));
  }

  cut() {
    for (const socket of this.sockets) socket.terminate();
    return true;
  }

  // What an application of a mini-program does, whose SDK uploads no files: by its host.
  upload({ url, path: filePath, token }) {
    return new Promise((success, fail) => {
      this.wx.uploadFile({ url, filePath, name: "file", header: { Authorization: `Bearer ${token}` }, success, fail });
    });
  }

  async call(order) {
    const args = order.args || [];
    const first = args[0];
    if (this.isOld && first && typeof first === "object" && !Array.isArray(first) && order.call !== "open") {
      // Some calls of 3.x call back without looking whether they were given something to call.
      for (const name of ["success", "error"]) if (!first[name]) first[name] = () => {};
    }
    if (order.callbacks) {
      return await new Promise((resolve, reject) => {
        this.conn[order.call]({ ...args[0], success: resolve, error: reject, fail: reject });
      });
    }
    const got = this.conn[order.call](...args);
    return got && typeof got.then === "function" ? await got : null;
  }

  async run(order) {
    if (order.make) return this.make(order.make);
    if (order.send) return this.send(order.send);
    if (order.edit) return this.conn.modifyMessage({ messageId: order.messageId, modifiedMessage: this.WebIM.message.create(order.edit) });
    if (order.cut) return this.cut();
    if (order.upload) return this.upload({ ...order.upload, token: this.conn.context.accessToken });
    if (order.call) return this.call(order);
    throw new Error("no such order");
  }

  heard(line) {
    const order = JSON.parse(line);
    running.run(this, () => Promise.resolve().then(() => this.run(order))).then(
      (ok) => this.tell({ id: order.id, ok: ok === undefined ? null : ok }),
      (error) => this.tell({ id: order.id, error: error === undefined ? null : error }),
    );
  }

  // The browser is closed: what the SDK would do next, it does not.
  end() {
    this.write = () => {};
    if (this.conn) {
      this.conn.autoReconnectNumMax = 0;
      running.run(this, () => Promise.resolve().then(() => this.conn.close())).catch(() => {});
    }
    this.cut();
  }
}

function withFile(what) {
  if (!what.file) return what;
  const { path: from, name, type } = what.file;
  const data = new (require("buffer").File)([fs.readFileSync(from)], name, { type });
  return { ...what, file: { data, filename: name, filetype: name.split(".").pop(), url: "" } };
}

function serve(socket) {
  const write = (text) => void socket.write(text);
  sayEverywhere.add(write);
  const client = new Client(write);
  socket.on("error", () => {});
  socket.on("close", () => { sayEverywhere.delete(write); client.end(); });
  readline.createInterface({ input: socket }).on("line", (line) => client.heard(line));
}

if (page) {
  // What a bundler does with the page's import.
  const text = fs.readFileSync(page, "utf8").replace(/^import WebIM from "easemob-websdk[^"]*";$/m, "");
  running.run({ sockets: new Set() }, () => {
    const { WebIM, window } = browser();
    define("window", window);
    new Function("WebIM", text)(WebIM);
  });
} else {
  const server = net.createServer({ noDelay: true }, serve);
  server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
}
process.stdin.resume().on("close", () => process.exit(0));
