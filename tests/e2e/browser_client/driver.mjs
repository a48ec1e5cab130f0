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
  "group", "room", "presence", "typing", "kicked", "closing"];

const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`);
const { tokens, ...plain } = JSON.parse(options);
const im = new ImClient({ ...plain, WebSocket, ...(tokens && { getToken: () => tokens.shift() || "none" }) });
for (const name of NAMES) im.on(name, (data) => say({ event: name, data }));

for await (const line of createInterface({ input: process.stdin })) {
  const { id, call, args } = JSON.parse(line);
  Promise.resolve(im[call](...args)).then(
    (ok) => say({ id, ok: ok ?? null }),
    (error) => say({ id, error: { code: error.code, message: error.message } }),
  );
}
process.exit(0);
