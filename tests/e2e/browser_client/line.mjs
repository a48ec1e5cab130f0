// The library on a line of ours: every frame it writes is printed, every event is pushed to it.
//
//   node line.mjs <imadmin.js> <{"calls": [[method, args]], "events": [frame]} as JSON>
import { pathToFileURL } from "node:url";

const [file, given] = process.argv.slice(2);
const { ImClient } = await import(pathToFileURL(file).href);
const { calls, events } = JSON.parse(given);
const written = [], heard = [];
let line;

class Line {
  constructor() {
    line = this;
    queueMicrotask(() => this.onopen());
  }
  send(text) {
    const frame = JSON.parse(text);
    written.push(frame);
    this.push({ re: frame.ref, ok: true, heartbeat_s: 0.005, user: "demo2", device: "d1", events: [], id: "1", time: 1 });
  }
  push(frame) {
    queueMicrotask(() => this.onmessage({ data: JSON.stringify(frame) }));
  }
  close() {}
}

const client = { type: "web", sdk: "imadmin.js", version: "1" };
const options = { url: "ws://x/ws/native/", appkey: "demo#app", token: "YWMtx", device: "d1", client };
const im = new ImClient({ ...options, WebSocket: Line });
for (const name of new Set(events.map(({ ev }) => ev))) im.on(name, (event) => heard.push(event));
await im.connect();
for (const [method, args] of calls) await im[method](...args);
let beats = 0;
await new Promise((done) => im.on("heartbeat", () => ++beats === 2 && done()));
for (const event of [...events, ...events]) line.push(event); // each comes twice
await im.ask("ping");
console.log(JSON.stringify({ written, heard }));
process.exit(0);
