// A general XMPP client (stanza.js): logs in, tells its roster, sends one message, prints the first
// that comes.
//
//   node generic.cjs <node_modules> <ws url> <jid> <password> <to jid> <body>
const path = require("path");
const [modules, url, jid, password, to, body] = process.argv.slice(2);
const { createClient } = require(path.join(modules, "stanza"));
const say = (line) => process.stdout.write(JSON.stringify(line) + "\n");

const client = createClient({
  jid,
  password,
  resource: "generic",
  transports: { websocket: url, bosh: false },
});
client.on("auth:failed", () => say({ ev: "refused" }));
client.on("session:started", async () => {
  const { items } = await client.getRoster();
  say({ ev: "roster", names: items.map((item) => item.jid) });
  client.sendPresence();
  client.sendMessage({ to, type: "chat", body });
});
client.on("chat", ({ from, body: text }) => {
  say({ ev: "chat", from, text });
  client.disconnect();
});
client.on("disconnected", () => process.exit());
client.connect();
