// One ImClient, driven over standard input: {"id": 1, "call": "sendText", "args": […]} → {"id": 1, "ok": …}.
// Events are printed as {"event": name, "data": …}.
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
const { tokens, facade, ...plain } = JSON.parse(options);
const given = { ...plain, WebSocket, ...(tokens && { getToken: () => tokens.shift() || "none" }) };
const im = facade ? await shop(facade) : new ImClient(given);
for (const name of NAMES) im.on(name, (data) => say({ event: name, data }));

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
  Promise.resolve(im[call](...args)).then(
    (ok) => say({ id, ok: ok ?? null }),
    (error) => say({ id, error: { code: error.code, message: error.message } }),
  );
}
process.exit(0);
