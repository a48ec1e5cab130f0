// Runs one unmodified easemob-websdk 1.x client in Node, inside jsdom's window.
//
// Lines of JSON on stdin are requests {id, do, …}, lines on stdout are answers {re, ok|error} and
// events {ev, data}: what the SDK told the application's listeners.
//
//   node driver.cjs <node_modules> <version> <page url>
const fs = require("fs");
const path = require("path");
const readline = require("readline");

const [modules, version, page] = process.argv.slice(2);
const { JSDOM, VirtualConsole } = require(path.join(modules, "jsdom"));
const folder = path.join(modules, `easemob-websdk-${version.replaceAll(".", "-")}`, "dist");
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const silent = new VirtualConsole();
silent.on("jsdomError", (error) => process.stderr.write(`${error.stack || error}\n`));
const { window } = new JSDOM("<!DOCTYPE html><body></body>", {
  url: page,
  runScripts: "outside-only",
  pretendToBeVisual: true,
  virtualConsole: silent,
});
window.WebIM = { config: { isDebug: false, isSandBox: false } };
window.console.log = window.console.warn = window.console.info = () => {};
window.console.error = (...said) => process.stderr.write(`${said.join(" ")}\n`);
for (const file of ["strophe-1.2.8.js", `websdk-${version}.js`]) {
  window.eval(fs.readFileSync(path.join(folder, file), "utf8"));
}
const WebIM = window.WebIM;
// Applications bring their pictures; two of the vendor's demo.
WebIM.Emoji = window.eval("({ path: 'faces/', map: { '[):]': 'ee_1.png', '[:D]': 'ee_2.png' } })");
// The SDK asks `instanceof Function`, so its callbacks must be functions of the page.
const of = window.eval("(inner) => function (...said) { return inner(...said); }");

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

let conn = null;
const calls = {
  // `dns` takes the place of the vendor's hosts, which are asked first with isHttpDNS.
  connect({ options, dns }) {
    conn = new WebIM.connection(options);
    if (dns) Object.assign(conn, { dnsArr: [dns], dnsTotal: 1 });
    conn.listen(
      Object.fromEntries(LISTENERS.map((name) => [name, of((data) => say({ ev: name, data: told(data) }))]))
    );
  },
  open({ options }) {
    conn.open(options);
  },
  close() {
    conn.close();
  },
  // A message of any kind; the SDK's own success callback is told as the event "sent".
  send({ kind, options, group }) {
    const made = new WebIM.message(kind, conn.getUniqueId());
    const named = { ...options, success: of((id, mid) => say({ ev: "sent", data: { id, mid } })) };
    if (kind === "file" || kind === "img" || kind === "audio") {
      const { filename, filetype, text } = options.upload;
      const data = new window.File([text], filename, { type: filetype });
      named.file = { data, filename, filetype, url: "" };
      named.onFileUploadError = of((error) => say({ ev: "uploadError", data: plain(error) }));
      named.onFileUploadComplete = of((done) => say({ ev: "uploaded", data: plain(done) }));
      delete named.upload;
    }
    made.set(named);
    if (group) made.setGroup("groupchat");
    conn.send(made.body);
    return { id: made.id };
  },
  receipt({ kind, mid, to }) {
    const made = new WebIM.message(kind, conn.getUniqueId());
    made.set({ id: mid, to });
    conn.send(made.body);
  },
  // Any method of the connection. With `answers` its success and error callbacks are awaited.
  call({ name, options, answers, positional }) {
    if (!answers) return plain(conn[name](...(positional || [options])));
    return new Promise((resolve, reject) => {
      conn[name]({
        ...options,
        success: of((got) => resolve(plain(got))),
        error: of((got) => reject(got)),
      });
    });
  },
  roster() {
    return new Promise((resolve, reject) =>
      conn.getRoster({ success: of((got) => resolve(plain(got))), error: of(reject) })
    );
  },
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const { id, do: name, ...rest } = JSON.parse(line);
  try {
    say({ re: id, ok: (await calls[name](rest)) ?? null });
  } catch (error) {
    say({ re: id, error: error instanceof Error ? { message: error.stack } : plain(error) });
  }
});
process.on("uncaughtException", (error) => say({ ev: "uncaught", data: error.stack }));
say({ ev: "ready", data: Object.keys(WebIM) });
