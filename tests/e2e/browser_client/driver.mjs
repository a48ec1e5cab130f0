// One ImClient, driven over standard input: {"id": 1, "call": "sendText", "args": […]} → {"id": 1, "ok": …}.
// Events are printed as {"event": name, "data": …}. With `phone`, a file, it runs as in a mini-program
// whose storage is that file, and has a cache: "cache.open", "upload".
//
//   node driver.mjs <imadmin.js> <node_modules with ws> <options as JSON>
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { pathToFileURL } from "node:url";

const [file, modules, options] = process.argv.slice(2);
const { ImClient } = await import(pathToFileURL(file).href);
const { WebSocket } = createRequire(import.meta.url)(`${modules}/ws`);
const NAMES = ["open", "close", "ack", "heartbeat", "message", "receipt", "recalled", "edited", "roster",
  "group", "room", "presence", "typing", "kicked", "closing", "error", "read", "recall", "chat_message_ack"];

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const { tokens, facade, phone, ...plain } = JSON.parse(options);
const given = { ...plain, WebSocket, ...(tokens && { getToken: () => tokens.shift() || "none" }) };
const im = facade ? await shop(facade) : phone ? await miniProgram(phone) : new ImClient(given);
for (const name of NAMES) im.on(name, (data) => say({ event: name, data }));

async function miniProgram(phone) {
  for (const name of ["WebSocket", "crypto"]) delete globalThis[name]; // it has none
  const beside = (name) => import(pathToFileURL(file.replace("imadmin.js", name)).href);
  const { wxSocket, wxStorage, wxFetch, wxUpload } = await beside("wx.js");
  const { ConversationCache } = await beside("storage.js");
  const wx = (await import("./wx.mjs")).makeWx(phone, WebSocket);
  const client = new ImClient({ ...plain, WebSocket: wxSocket(wx), fetch: wxFetch(wx) });
  client.cache = new ConversationCache(client, wxStorage(wx), { keep: 20 });
  client.cache.on("changed", (data) => say({ event: "changed", data }));
  client.upload = (path) => wxUpload(wx, client, path);
  return client;
}

// The facade: `callback` calls a method whose callback comes before the group, or last.
async function shop(facade) {
  const sdk = (await import(pathToFileURL(facade).href)).createDongdong(given);
  const withGroup = { sendTextMsg: 1, sendImageMsg: 1, sendCustomMsg: 2, pullHistoryMsg: 2 };
  return {
    on: (name, listener) => sdk.on(name, listener),
    connect: (config) => void sdk.connect({ ...config, url: plain.url }),
    callback: (name, ...args) => new Promise((done) => {
      const before = withGroup[name] ?? args.length;
      sdk[name](...args.slice(0, before), done, ...args.slice(before));
    }),
    upload: (bytes) => sdk.uploadImage(new Blob([new Uint8Array(bytes)], { type: "image/png" })),
  };
}

for await (const line of createInterface({ input: process.stdin })) {
  const { id, call, args } = JSON.parse(line);
  const [of, name] = call.startsWith("cache.") ? [im.cache, call.slice(6)] : [im, call];
  new Promise((done) => done(of[name](...args))).then(
    (ok) => say({ id, ok: ok ?? null }),
    (error) => say({ id, error: { code: error.code, message: error.message } }),
  );
}
process.exit(0);
