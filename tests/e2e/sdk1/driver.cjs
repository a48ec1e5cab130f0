// Runs pages with an unmodified easemob-websdk 1.x client in Node, each in a window of jsdom's.
//
//   node driver.cjs <node_modules> <version> <page url>
//
// It prints the port where it listens. Each connection to it is a page of its own, which ends with the
// connection, without a word to the server. Lines of JSON on it are requests {id, do, …}, the lines
// back are answers {re, ok|error} and events {ev, data}: what the SDK told the application's
// listeners. The process ends with its standard input.
const fs = require("fs");
const net = require("net");
const path = require("path");
const readline = require("readline");
const vm = require("vm");
const { AsyncLocalStorage } = require("async_hooks");
const { createRequire } = require("module");

const [modules, version, address] = process.argv.slice(2);
const folder = path.join(modules, `easemob-websdk-${version.replaceAll(".", "-")}`, "dist");

// jsdom's sockets, known to the page that opened them: they sleep and die with it.
const running = new AsyncLocalStorage();
const ofJsdom = createRequire(path.join(modules, "jsdom", "package.json"));
class PageSocket extends ofJsdom("ws") {
  constructor(...args) {
    super(...args);
    const { sockets } = running.getStore();
    sockets.add(this);
    this.on("close", () => sockets.delete(this));
  }
}
require.cache[ofJsdom.resolve("ws")].exports = PageSocket;
const { JSDOM, VirtualConsole } = ofJsdom(path.join(modules, "jsdom"));

const silent = new VirtualConsole();
silent.on("jsdomError", (error) => process.stderr.write(`${error.stack || error}\n`));
// The SDK's files, compiled once and run for each page.
const sdk = ["strophe-1.2.8.js", `websdk-${version}.js`].map(
  (file) => new vm.Script(fs.readFileSync(path.join(folder, file), "utf8"), { filename: file })
);

function open() {
  const dom = new JSDOM("<!DOCTYPE html><body></body>", {
    url: address,
    runScripts: "outside-only",
    pretendToBeVisual: true,
    virtualConsole: silent,
  });
  const { window } = dom;
  window.WebIM = { config: { isDebug: false, isSandBox: false } };
  window.console.log = window.console.warn = window.console.info = () => {};
  window.console.error = (...said) => process.stderr.write(`${said.join(" ")}\n`);
  for (const script of sdk) script.runInContext(dom.getInternalVMContext());
  // Applications bring their pictures; two of the vendor's demo.
  window.WebIM.Emoji = window.eval("({ path: 'faces/', map: { '[):]': 'ee_1.png', '[:D]': 'ee_2.png' } })");
  return window;
}

const LISTENERS = [
  "onOpened", "onClosed", "onError", "onTextMessage", "onEmojiMessage", "onPictureMessage",
  "onAudioMessage", "onVideoMessage", "onFileMessage", "onLocationMessage", "onCmdMessage",
  "onPresence", "onRoster", "onInviteMessage", "onReceivedMessage", "onDeliveredMessage",
  "onReadMessage", "onMutedMessage", "onBlacklistUpdate", "onCreateGroup",
];

// What can be written as JSON of a value that may hold nodes, functions and circles.
function plain(value) {
  const seen = new Set();
  return JSON.parse(
    JSON.stringify(value === undefined ? null : value, (_key, item) => {
      if (typeof item === "function" || (item && item.nodeType)) return undefined;
      if (item && typeof item === "object") {
        if (seen.has(item)) return undefined;
        seen.add(item);
      }
      return item;
    }) || "null"
  );
}

// 1.4.15 gives the block list as an array with names for keys, which JSON would lose.
const told = (data) =>
  plain(Array.isArray(data) && Object.keys(data).some(isNaN) ? { ...data } : data);

class Page {
  constructor(say) {
    this.say = say;
    this.sockets = new Set();
    this.window = running.run(this, open);
    this.WebIM = this.window.WebIM;
    this.conn = null;
    // The SDK asks `instanceof Function`, so its callbacks must be functions of the page.
    this.of = this.window.eval("(inner) => function (...said) { return inner(...said); }");
    this.say({ ev: "ready", data: Object.keys(this.WebIM) });
  }

  // `dns` takes the place of the vendor's hosts, which are asked first with isHttpDNS.
  connect({ options, dns }) {
    this.conn = new this.WebIM.connection(options);
    if (dns) Object.assign(this.conn, { dnsArr: [dns], dnsTotal: 1 });
    const telling = (name) => [name, this.of((data) => this.say({ ev: name, data: told(data) }))];
    this.conn.listen(Object.fromEntries(LISTENERS.map(telling)));
  }

  open({ options }) {
    this.conn.open(options);
  }

  close() {
    this.conn.close();
  }

  // A message of any kind; the SDK's own success callback is told as the event "sent".
  send({ kind, options, group }) {
    const made = new this.WebIM.message(kind, this.conn.getUniqueId());
    const success = this.of((id, mid) => this.say({ ev: "sent", data: { id, mid } }));
    const named = { ...options, success };
    if (kind === "file" || kind === "img" || kind === "audio") {
      const { filename, filetype, text } = options.upload;
      const data = new this.window.File([text], filename, { type: filetype });
      named.file = { data, filename, filetype, url: "" };
      named.onFileUploadError = this.of((error) => this.say({ ev: "uploadError", data: plain(error) }));
      named.onFileUploadComplete = this.of((done) => this.say({ ev: "uploaded", data: plain(done) }));
      delete named.upload;
    }
    made.set(named);
    if (group) made.setGroup("groupchat");
    this.conn.send(made.body);
    return { id: made.id };
  }

  receipt({ kind, mid, to }) {
    const made = new this.WebIM.message(kind, this.conn.getUniqueId());
    made.set({ id: mid, to });
    this.conn.send(made.body);
  }

  // Any method of the connection. With `answers` its success and error callbacks are awaited.
  call({ name, options, answers, positional }) {
    if (!answers) return plain(this.conn[name](...(positional || [options])));
    return new Promise((resolve, reject) => {
      this.conn[name]({
        ...options,
        success: this.of((got) => resolve(plain(got))),
        error: this.of((got) => reject(got)),
      });
    });
  }

  roster() {
    return new Promise((resolve, reject) =>
      this.conn.getRoster({ success: this.of((got) => resolve(plain(got))), error: this.of(reject) })
    );
  }

  // The page sleeps: what comes stays in its socket.
  freeze() {
    for (const socket of this.sockets) socket.pause();
  }

  async heard(line) {
    const { id, do: name, ...rest } = JSON.parse(line);
    try {
      this.say({ re: id, ok: (await this[name](rest)) ?? null });
    } catch (error) {
      this.say({ re: id, error: error instanceof Error ? { message: error.stack } : plain(error) });
    }
  }

  end() {
    this.say = () => {};
    for (const socket of this.sockets) socket.terminate();
    this.window.close();
  }
}

const pages = new Set();
function serve(socket) {
  const page = new Page((line) => void socket.write(JSON.stringify(line) + "\n"));
  pages.add(page);
  socket.on("error", () => {});
  socket.on("close", () => (pages.delete(page), page.end()));
  const lines = readline.createInterface({ input: socket });
  lines.on("line", (line) => running.run(page, () => page.heard(line)));
}

process.on("uncaughtException", (error) => {
  for (const page of pages) page.say({ ev: "uncaught", data: error.stack });
});
const server = net.createServer({ noDelay: true }, serve);
server.listen(0, "127.0.0.1", () => process.stdout.write(`${server.address().port}\n`));
process.stdin.resume().on("close", () => process.exit(0));
