// The live channel: one WebSocket a tab (imadmin/console/live.py).
//
// A module of ours imports `follow` from here:
//   const stop = follow("messages", "acme#demo", "", () => …);   // something changed
//
// Or without script of one's own: <div id="x" data-live="messages" data-live-app="acme#demo"
// data-live-arg=""> is fetched again from the page's address (the htmx partial) when its feed
// changes. A bar with data-live-bar="x" may hold a switch (data-live-switch) and the state
// (data-live-state), and say since when the part is out of date (data-live-stale). Nothing is replaced while the pointer or the focus is inside.

const gettext = window.gettext ?? ((text) => text);
const PING_MS = 25_000;
const HIDDEN_MS = 5_000; // a hidden tab fetches at most this often
const BUSY_MS = 250; // and one in front this often
const MAX_WAIT_S = 15;
const LATE_MS = 120_000; // what is older says so
const LOOK_MS = 5_000;
const followed = new Map(); // "channel app arg" → { frame, calls }
let socket = null;
let tries = 0;
let pinger = 0;

function say(frame) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
}

function tellState(state) {
  document.dispatchEvent(new CustomEvent("live:state", { detail: state }));
}

function open() {
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/ws/console/`);
  socket.addEventListener("open", () => {
    tries = 0;
    for (const { frame } of followed.values()) say(frame);
    pinger = setInterval(() => say({ op: "ping" }), PING_MS);
    tellState("live");
  });
  socket.addEventListener("message", (event) => hear(JSON.parse(event.data)));
  socket.addEventListener("close", (event) => {
    clearInterval(pinger);
    socket = null;
    if (event.code === 4401 || !followed.size) {
      tellState("off"); // signed out: the next click leads to the sign-in page
      return;
    }
    tellState("reconnecting");
    const wait = Math.min(MAX_WAIT_S, 2 ** tries++) * (0.75 + Math.random() / 2);
    setTimeout(() => { if (!socket && followed.size) open(); }, wait * 1000);
  });
}

function hear(frame) {
  if (frame.op === "err") tellState("off");
  // An answer to `sub` counts as a hint: what changed since the page was made is fetched.
  const isHint = frame.seq !== undefined || (frame.op === "ok" && frame.of === "sub");
  if (!isHint) return;
  for (const { frame: wanted, calls } of followed.values()) {
    if (wanted.ch === frame.ch && wanted.arg === frame.arg) calls.forEach((call) => call());
  }
}

export function follow(channel, app, arg, onChange) {
  const key = `${channel} ${app} ${arg}`;
  let one = followed.get(key);
  if (!one) {
    one = { frame: { op: "sub", ch: channel, app, arg }, calls: new Set() };
    followed.set(key, one);
    if (socket) say(one.frame);
    else open();
  }
  one.calls.add(onChange);
  return () => {
    one.calls.delete(onChange);
    if (one.calls.size) return;
    followed.delete(key);
    say({ ...one.frame, op: "unsub" });
  };
}

// --- Parts that fetch themselves ---------------------------------------------

class Part {
  constructor(element) {
    this.id = element.id;
    this.bar = document.querySelector(`[data-live-bar="${element.id}"]`);
    this.stop = null;
    this.isDue = this.isBusy = false;
    this.timer = 0;
    this.freshAt = Date.now();
    if (this.bar?.querySelector("[data-live-stale]")) setInterval(() => this.age(), LOOK_MS);
    document.addEventListener("live:state", (event) => this.show(event.detail));
    for (const kind of ["pointerout", "focusout"]) {
      document.addEventListener(kind, () => { if (this.isDue) this.later(); });
    }
    document.addEventListener("visibilitychange", () => {
      clearTimeout(this.timer); // it may be the long wait of a hidden tab
      this.timer = 0;
      if (this.isDue) this.later();
    });
    const box = this.bar?.querySelector("[data-live-switch]");
    if (this.bar) this.bar.hidden = false;
    if (!box) this.start(element);
    else {
      box.checked = sessionStorage.getItem(`live-${this.id}`) === "on";
      box.addEventListener("change", () => this.turn(box.checked));
      if (box.checked) this.start(element);
    }
  }

  get element() { return document.getElementById(this.id); }

  turn(isOn) {
    sessionStorage.setItem(`live-${this.id}`, isOn ? "on" : "off");
    if (isOn) this.start(this.element);
    else {
      this.stop?.();
      this.stop = null;
      this.isDue = false;
      this.show("off");
    }
  }

  start(element) {
    const { live, liveApp, liveArg } = element.dataset;
    this.show("reconnecting");
    this.stop = follow(live, liveApp, liveArg ?? "", () => { this.isDue = true; this.later(); });
    if (socket?.readyState === WebSocket.OPEN) this.show("live");
  }

  show(state) {
    const place = this.bar?.querySelector("[data-live-state]");
    if (!place) return;
    const shown = this.stop || state !== "live" ? state : "off";
    const [word, colour] = {
      live: [gettext("live"), "ok"],
      reconnecting: [gettext("reconnecting"), "warn"],
      paused: [gettext("paused while you read"), "info"],
      off: [gettext("off"), "mute"],
    }[shown];
    if (place.dataset.liveState === shown) return;
    place.dataset.liveState = shown;
    place.className = `chip chip-${colour}`;
    place.textContent = word;
  }

  age() {
    const place = this.bar.querySelector("[data-live-stale]");
    place.hidden = Date.now() - this.freshAt <= LATE_MS;
    if (place.hidden) return;
    const time = new Date(this.freshAt).toLocaleTimeString("en-GB");
    place.textContent = interpolate(gettext("stale since %s"), [time]);
  }

  later() {
    if (this.timer) return;
    this.timer = setTimeout(() => { this.timer = 0; this.refresh(); },
      document.hidden ? HIDDEN_MS : BUSY_MS);
  }

  get isBeingRead() {
    const element = this.element;
    return Boolean(element?.querySelector("table:hover, form:hover")
      || (element?.contains(document.activeElement)));
  }

  async refresh() {
    if (!this.isDue || this.isBusy || !this.stop) return;
    if (this.isBeingRead) { this.show("paused"); return; }
    this.isDue = false;
    this.isBusy = true;
    try {
      const answer = await fetch(location.href, { headers: { "HX-Request": "true" } });
      if (!answer.ok) { this.show("off"); return; }
      const box = document.createElement("template");
      box.innerHTML = await answer.text();
      if (this.isBeingRead) { this.isDue = true; this.show("paused"); return; }
      this.swap(box.content.getElementById(this.id));
      this.freshAt = Date.now();
      this.show("live");
    } catch {
      this.show("reconnecting");
    } finally {
      this.isBusy = false;
      if (this.isDue && !this.isBeingRead) this.later();
    }
  }

  swap(fresh) {
    const old = this.element;
    if (!fresh || !old) return;
    const known = new Set([...old.querySelectorAll("[data-id]")].map((row) => row.dataset.id));
    for (const row of fresh.querySelectorAll("[data-id]")) {
      if (!known.has(row.dataset.id)) row.classList.add("is-new");
    }
    old.replaceWith(fresh);
    window.htmx?.process(fresh);
    document.dispatchEvent(new CustomEvent("htmx:load", { detail: { elt: fresh } }));
  }
}

for (const element of document.querySelectorAll("[data-live][id]")) new Part(element);
