/**
 * A live client of imadmin's native wire, for browsers and Node 20 or newer. No dependencies.
 *
 *     import { ImClient } from "http://HOST:8000/static/sdk/imadmin.js";
 *     const im = new ImClient({ url: "ws://HOST:8000/ws/native/", appkey: "demo#app", user: "demo1", token });
 *     im.on("message", ({ message }) => console.log(message.from, message.body));
 *     await im.connect();
 *     await im.sendText({ type: "user", id: "demo2" }, "hello");
 *
 * It reconnects by itself; what was sent and not answered is sent again with its own id, which the
 * server stores once; what came meanwhile is read and handed over once, in each conversation's order.
 *
 * @module imadmin
 */

/** @typedef {{type: "user" | "group" | "chatroom" | "personal", id: string}} Conversation */
/** @typedef {{[key: string]: any}} Json */
/** @typedef {{id: string, conversation: Conversation, from: string, to: Conversation, body: Json, ext?: Json, time: number, client_id?: string, recalled?: boolean}} Message */
/** @typedef {Message & {client_id: string}} Sent the message as the server stored it */
/** @typedef {{ext?: Json, id?: string, onlineOnly?: boolean}} SendOptions */
/** @typedef {new (url: string) => WebSocket} SocketClass */
/**
 * @typedef {object} Options
 * @property {string} url `ws://HOST/ws/native/`
 * @property {string} appkey `org#app`
 * @property {string} [user] with `password`, or to name the owner of the token
 * @property {string} [password]
 * @property {string} [token]
 * @property {() => string | Promise<string>} [getToken] asked at every log-in, instead of `token`
 * @property {string} [device] made by the server when not given; keep it to come back as the same device
 * @property {Json} [client] `{type, sdk, version}` as the console shows it
 * @property {number} [sendTimeout] ms after which a send that was not answered is given up; 20 000
 * @property {boolean} [acknowledge] tell the server what this device has; true
 * @property {ImClient} [after] an ended client: if it was the same user's, its device, failed sends and what was handed over go on here
 * @property {SocketClass} [WebSocket] where there is no global one: in Node below 22 that of the package `ws`
 * @property {(url: string, options: any) => Promise<any>} [fetch] likewise, for `rest`
 */

/** Close codes after which coming back would not help. */
const FINAL = new Set([4401, 4403, 4409, 4410, 4411]);
const ANSWER_MS = 20_000;
const ACK_MS = 200;
const STEPS_S = [1, 2, 4, 8, 15];

/** A refusal of the server, or of the client: `timeout`, `closed`, `lost`, `no_socket`, `no_token`. `code` is stable. */
export class ImError extends Error {
  /** @param {string} code @param {string} [message] */
  constructor(code, message) {
    super(message || code);
    this.name = "ImError";
    this.code = code;
  }
}

/**
 * Whether id `a` is after `b`: decimal numbers beyond 2^53.
 * @param {string} a @param {string} b
 */
export const isAfter = (a, b) => (a.length === b.length ? a > b : a.length > b.length);

/** @param {Conversation} of */
export const keyOf = (of) => `${of.type}:${of.id}`;

/** Who hears what. */
export class Emitter {
  constructor() {
    /** @type {Map<string, Set<(event: any) => void>>} */
    this._listeners = new Map();
  }

  /**
   * @param {string} name @param {(event: any) => void} listener
   * @returns {() => void} ends it
   */
  on(name, listener) {
    const all = this._listeners.get(name) || new Set();
    this._listeners.set(name, all.add(listener));
    return () => void all.delete(listener);
  }

  /** @param {string} name @param {any} event */
  _emit(name, event) {
    for (const listener of [...(this._listeners.get(name) || [])]) {
      try {
        listener(event);
      } catch (error) {
        // A broken listener must not cost the others their event.
        setTimeout(() => { throw error; });
      }
    }
  }
}

/**
 * Tells events of the wire: `message`, `receipt`, `recalled`, `edited`, `reaction`, `pin`, `thread`, `roster`,
 * `group`, `room`, `own` (another device of the user changed something), `presence`, `typing`, `kicked`, `closing`;
 * and of its own: `connecting` {socket} (not open yet; at each try), `open` (logged in, all that was missed has been
 * handed over), `close` {code, reason, final}, `ack` {id, time, client_id} and `sent` {message} for an own message
 * that is stored, `heartbeat`.
 */
export class ImClient extends Emitter {
  /** @param {Options} options */
  constructor(options) {
    super();
    const { after, ...own } = options;
    /** @type {Options} */
    this.options = own;
    /** @type {string} */
    this.device = options.device || "";
    this.user = options.user || "";
    /** "closed", "connecting" or "open" */
    this.state = "closed";
    /** @type {Map<string, {op: string, done: (data: any) => void, fail: (error: ImError) => void, timer: any}>} */
    this._asked = new Map();
    /** What was sent and is not stored yet, in order. @type {Map<string, any>} */
    this._pending = new Map();
    const isNext = after && after.user === this.user;
    if (isNext) this.device = this.device || after.device;
    /** Sends that were given up; `resend` tries one again. @type {Map<string, any>} */
    this._failed = isNext ? after._failed : new Map();
    /** The last id of each conversation that the application was given. @type {Map<string, string>} */
    this._last = isNext ? after._last : new Map();
    /** @type {Map<string, {conversation: Conversation, up_to: string}>} */
    this._toAck = new Map();
    /** Pushed while what came before is still being read. @type {Json[] | null} */
    this._held = null;
    this._refs = 0;
    this._tries = 0;
    this._retryMs = 0;
    /** @type {WebSocket | null} */
    this._socket = null;
    /** @type {any} */ this._beat = 0;
    /** @type {any} */ this._again = 0;
    /** @type {any} */ this._acking = 0;
    this._wanted = false;
  }

  // The connection

  /**
   * Log in, and stay so until close(). Resolves at the first log-in; rejects when it is refused for good
   * or close() came first.
   * @returns {Promise<Json>} the answer to the log-in
   */
  connect() {
    if (this._wanted) return Promise.reject(new ImError("already_connected"));
    this._wanted = true;
    return new Promise((resolve, reject) => {
      this._first = { resolve, reject };
      this._open();
    });
  }

  /** End for good; sends that were not answered are rejected with `closed`. */
  close() {
    this._wanted = false;
    clearTimeout(this._again);
    this._flushAcks();
    const socket = this._socket;
    if (socket) socket.close(1000);
    this._lost(socket, 1000, "closed by the application");
  }

  async _open() {
    this.state = "connecting";
    const { url, getToken, WebSocket: Given } = this.options;
    let token = this.options.token || "";
    try {
      if (getToken) token = await getToken();
    } catch (error) {
      this._lost(null, 1006, `no token: ${error}`);
      return;
    }
    if (!this._wanted) return;
    /** @type {WebSocket} */
    let socket;
    try {
      socket = this._socket = new (Given || globalThis.WebSocket)(url);
    } catch (error) {
      this._wanted = false; // no WebSocket, or no address: it would be so again
      this._refusal = new ImError("no_socket", String(error));
      this._lost(null, 1006, "no socket");
      return;
    }
    this._emit("connecting", { socket });
    socket.onopen = () => this._logIn(socket, token);
    socket.onmessage = (event) => {
      if (socket === this._socket) this._read(JSON.parse(String(event.data)));
    };
    socket.onclose = (event) => this._lost(socket, event.code, event.reason);
    socket.onerror = () => {}; // a close always follows
  }

  /** @param {WebSocket} socket @param {string} token */
  async _logIn(socket, token) {
    const { appkey, password, client = { type: "web", sdk: "imadmin.js" } } = this.options;
    /** @type {Json} */
    const fields = { appkey, client };
    if (token) fields.token = token;
    else Object.assign(fields, { user: this.user, password });
    if (this.device) fields.device = this.device;
    this._held = [];
    let answer;
    try {
      answer = await this._write(socket, "login", fields);
    } catch (error) {
      this._refusal = error;
      return; // the server closes with the reason's code
    }
    this.device = answer.device;
    this.user = answer.user;
    this.state = "open";
    this._tries = this._retryMs = 0;
    clearInterval(this._beat);
    this._beat = setInterval(() => this._ping(socket), answer.heartbeat_s * 1000);
    for (const one of this._pending.values()) this._deliver(one);
    try {
      await this._catchUp();
    } catch {
      if (socket === this._socket) socket.close(4000, "what was missed could not be read");
      return; // the next log-in reads it
    }
    if (this._first) this._first.resolve(answer);
    this._first = undefined;
    this._emit("open", answer);
  }

  async _catchUp() {
    let after, more = true;
    while (more) {
      const page = await this.sync(after ? { after, limit: 200 } : { limit: 200 });
      page.events.forEach((/** @type {Json} */ event) => this._hand(event));
      ({ next: after, more } = page);
    }
    const held = this._held || [];
    this._held = null;
    held.forEach((event) => this._hand(event));
  }

  /** @param {WebSocket} socket */
  async _ping(socket) {
    try {
      const { server_time } = await this._write(socket, "ping", {});
      this._emit("heartbeat", { server_time });
    } catch {
      if (socket === this._socket) {
        socket.close(4000, "no answer");
        this._lost(socket, 1006, "no answer to a heartbeat"); // a dead line does not answer a close
      }
    }
  }

  /** @param {WebSocket | null} socket @param {number} code @param {string} reason */
  _lost(socket, code, reason) {
    if (socket !== this._socket) return;
    this._socket = null;
    clearInterval(this._beat);
    clearTimeout(this._acking);
    this._acking = 0;
    this._toAck.clear(); // the next log-in brings it again, and it is acknowledged then
    const was = this.state;
    const final = !this._wanted || FINAL.has(code);
    this.state = final ? "closed" : "connecting";
    const error = new ImError("lost", `the connection ended with ${code}`);
    for (const [ref, one] of [...this._asked]) {
      this._asked.delete(ref);
      clearTimeout(one.timer);
      one.fail(error);
    }
    if (final) {
      this._wanted = false;
      const ended = this._refusal || new ImError("closed", reason || `closed with ${code}`);
      for (const one of [...this._pending.values()]) this._giveUp(one, new ImError("closed"));
      if (this._first) this._first.reject(ended);
      this._first = undefined;
    }
    this._refusal = undefined;
    if (was !== "closed") this._emit("close", { code, reason, final });
    if (!final && this._wanted) {
      const step = STEPS_S[Math.min(this._tries++, STEPS_S.length - 1)] * 1000;
      const wait = Math.max(step * (0.5 + Math.random() / 2), this._retryMs);
      this._again = setTimeout(() => this._open(), wait);
    }
  }

  // Frames

  /** @param {WebSocket} socket @param {string} op @param {Json} fields @returns {Promise<any>} */
  _write(socket, op, fields) {
    const ref = String(++this._refs);
    return new Promise((done, fail) => {
      const timer = setTimeout(() => {
        this._asked.delete(ref);
        fail(new ImError("timeout", `${op} was not answered`));
      }, ANSWER_MS);
      this._asked.set(ref, { op, done, fail, timer });
      socket.send(JSON.stringify({ ...fields, op, ref }));
    });
  }

  /** @param {Json} frame */
  _read(frame) {
    if (frame.ev) {
      // A chatroom's or a typing event without an id belongs to no log: it is not repeated.
      if (this._held && frame.id) this._held.push(frame);
      else this._hand(frame);
      return;
    }
    const asked = this._asked.get(frame.re);
    if (!asked) return;
    this._asked.delete(frame.re);
    clearTimeout(asked.timer);
    if (frame.ok) asked.done(frame);
    else asked.fail(new ImError(frame.error.code, frame.error.message));
  }

  /** Give an event to the application, unless it has had it. @param {Json} event */
  _hand(event) {
    if (event.ev === "closing") this._retryMs = (event.retry_after_s || 0) * 1000;
    const { id, conversation } = event;
    if (id && conversation) {
      const key = keyOf(conversation);
      const last = this._last.get(key);
      const isNew = !last || isAfter(id, last);
      const up_to = isNew ? id : last;
      this._last.set(key, up_to);
      if (this.options.acknowledge !== false) {
        this._toAck.set(key, { conversation, up_to }); // a repeat was not acknowledged yet
        this._acking = this._acking || setTimeout(() => this._flushAcks(), ACK_MS);
      }
      if (!isNew) return;
    }
    this._emit(event.ev, event);
  }

  _flushAcks() {
    clearTimeout(this._acking);
    this._acking = 0;
    const all = [...this._toAck.values()];
    this._toAck.clear();
    if (this.state === "open") all.forEach((one) => this.ask("delivered", one).catch(() => {}));
  }

  // Requests

  /**
   * Any operation of the wire. Rejects with ImError; `lost` when the connection ended first.
   * @param {string} op @param {Json} [fields] @returns {Promise<any>} the answer
   */
  ask(op, fields = {}) {
    if (this.state !== "open" || !this._socket) return Promise.reject(new ImError("not_connected"));
    return this._write(this._socket, op, fields);
  }

  /**
   * Send a message. While the connection is down it waits, and goes out after the next log-in.
   * @param {Conversation} to @param {Json} body `{type: "txt", msg: "…"}` and the other types of the REST API
   * @param {SendOptions} [options] `id` is the application's own, at most 64 characters, unique per device
   * @returns {Promise<Sent>} once it is stored; rejects with `timeout`, `closed` or the server's code
   */
  send(to, body, { ext, id, onlineOnly } = {}) {
    const client_id = id || newId();
    if (this._pending.has(client_id)) return Promise.reject(new ImError("duplicate_id"));
    /** @type {Json} */
    const fields = { to, body, id: client_id };
    if (ext) fields.ext = ext;
    if (onlineOnly) fields.online_only = true;
    return this._queue({ client_id, fields });
  }

  /** @param {Conversation} to @param {string} msg @param {SendOptions} [options] */
  sendText(to, msg, options) {
    return this.send(to, { type: "txt", msg }, options);
  }

  /** Try a send again that was rejected; the server stores it once. @param {string} id @returns {Promise<Sent>} */
  resend(id) {
    const one = this._failed.get(id);
    if (!one) return Promise.reject(new ImError("unknown_id", `nothing failed with the id ${id}`));
    this._failed.delete(id);
    return this._queue(one);
  }

  /** @param {any} one @returns {Promise<Sent>} */
  _queue(one) {
    return new Promise((done, fail) => {
      const wait = this.options.sendTimeout || 20_000;
      Object.assign(one, { done, fail, timer: setTimeout(() => this._giveUp(one, new ImError("timeout")), wait) });
      this._pending.set(one.client_id, one);
      if (this.state === "open") this._deliver(one);
    });
  }

  /** @param {any} one */
  _deliver(one) {
    this.ask("send", one.fields).then(
      ({ id, time }) => {
        const sent = { id, time, client_id: one.client_id };
        clearTimeout(one.timer);
        this._pending.delete(one.client_id);
        this._failed.delete(one.client_id); // an answer after its time-out counts
        const message = { ...one.fields, ...sent, conversation: one.fields.to, from: this.user };
        this._emit("ack", sent);
        this._emit("sent", { message });
        one.done(message);
      },
      (error) => {
        // What the connection's end cut off stays pending: the next log-in sends it again.
        if (!["lost", "not_connected", "timeout"].includes(error.code)) this._giveUp(one, error);
      },
    );
  }

  /** @param {any} one @param {ImError} error */
  _giveUp(one, error) {
    clearTimeout(one.timer);
    if (!this._pending.delete(one.client_id)) return;
    this._failed.set(one.client_id, one);
    one.fail(Object.assign(error, { client_id: one.client_id }));
  }

  /** @param {{conversation?: Conversation, after?: string, limit?: number}} [of] */
  sync(of = {}) { return this.ask("sync", of); }
  /**
   * Newest first; `end` is true on the last page.
   * @param {Conversation} conversation @param {string} [before] a message id, or "-1" for the newest
   * @param {number} [limit] at most 100 @returns {Promise<{messages: Message[], end: boolean, total: number}>}
   */
  history(conversation, before = "-1", limit = 10) {
    return this.ask("history", { conversation, before, limit });
  }
  /** @param {Conversation} conversation @param {string} up_to */
  delivered(conversation, up_to) { return this.ask("delivered", { conversation, up_to }); }
  /** @param {Conversation} conversation @param {string} up_to @returns {Promise<{unread: number}>} */
  read(conversation, up_to) { return this.ask("read", { conversation, up_to }); }
  /** @param {string} id a message id */
  recall(id) { return this.ask("recall", { id }); }
  /** @param {{after?: string, limit?: number}} [page] */
  conversations(page = {}) { return this.ask("conversations", page); }
  /** @param {Conversation} to */
  typing(to) { return this.ask("typing", { to }); }

  roster() { return this.ask("roster"); }
  /** @param {string} user @param {string} [message] */
  rosterAdd(user, message = "") { return this.ask("roster.add", { user, message }); }
  /** @param {string} user */
  rosterAccept(user) { return this.ask("roster.accept", { user }); }
  /** @param {string} user */
  rosterDecline(user) { return this.ask("roster.decline", { user }); }
  /** @param {string} user */
  rosterRemove(user) { return this.ask("roster.remove", { user }); }
  /** @param {string} user */
  block(user) { return this.ask("block", { user }); }
  /** @param {string} user */
  unblock(user) { return this.ask("unblock", { user }); }

  /** @param {Json} fields as the REST call's body @returns {Promise<any>} */
  groupCreate(fields) { return this.ask("group.create", fields); }
  /** @param {string} id @param {Json} fields */
  groupUpdate(id, fields) { return this.ask("group.update", { ...fields, id }); }
  /** @param {string} id */
  groupGet(id) { return this.ask("group.get", { id }); }
  /** @param {{scope?: "joined" | "public", cursor?: string, limit?: number}} [page] */
  groupList(page = {}) { return this.ask("group.list", page); }
  /** @param {string} id @param {string} [message] */
  groupJoin(id, message = "") { return this.ask("group.join", { id, message }); }
  /** @param {string} id */
  groupLeave(id) { return this.ask("group.leave", { id }); }
  /** @param {string} id @param {string[]} usernames @param {string} [message] */
  groupInvite(id, usernames, message = "") { return this.ask("group.invite", { id, usernames, message }); }
  /** One's own invitation, or with `user` that user's application. @param {string} id @param {string} [user] */
  groupAccept(id, user) { return this.ask("group.accept", { id, user }); }
  /** @param {string} id @param {string} [user] */
  groupDecline(id, user) { return this.ask("group.decline", { id, user }); }
  /** @param {string} id @param {string[]} usernames */
  groupRemove(id, usernames) { return this.ask("group.remove", { id, usernames }); }
  /** @param {string} id @param {string} user @param {"admin" | "member"} role */
  groupRole(id, user, role) { return this.ask("group.role", { id, user, role }); }
  /** @param {string} id @param {{all?: boolean, usernames?: string[], mute_duration?: number}} whom duration in ms */
  groupMute(id, whom) { return this.ask("group.mute", { ...whom, id }); }
  /** @param {string} id @param {string} newowner */
  groupTransfer(id, newowner) { return this.ask("group.transfer", { id, newowner }); }
  /** @param {string} id */
  groupDestroy(id) { return this.ask("group.destroy", { id }); }
  /** @param {string} id @param {{cursor?: string, limit?: number}} [page] */
  groupMembers(id, page = {}) { return this.ask("group.members", { ...page, id }); }

  /** @param {{scope?: "joined" | "public", cursor?: string, limit?: number}} [page] */
  roomList(page = {}) { return this.ask("room.list", page); }
  /** @param {string} id */
  roomJoin(id) { return this.ask("room.join", { id }); }
  /** @param {string} id */
  roomLeave(id) { return this.ask("room.leave", { id }); }
  /** @param {string} id */
  roomGet(id) { return this.ask("room.get", { id }); }
  /** @param {string} id @param {{cursor?: string, limit?: number}} [page] */
  roomMembers(id, page = {}) { return this.ask("room.members", { ...page, id }); }

  /** Below a message of a group. @param {{group_id: string, msg_id: string, name: string}} fields @returns {Promise<any>} */
  threadCreate(fields) { return this.ask("thread.create", fields); }
  /** @param {string} id @param {string} name */
  threadUpdate(id, name) { return this.ask("thread.update", { id, name }); }
  /** @param {string} id */
  threadJoin(id) { return this.ask("thread.join", { id }); }
  /** @param {string} id */
  threadLeave(id) { return this.ask("thread.leave", { id }); }
  /** @param {string} id @param {string[]} usernames */
  threadRemove(id, usernames) { return this.ask("thread.remove", { id, usernames }); }
  /** @param {string} id */
  threadDestroy(id) { return this.ask("thread.destroy", { id }); }

  /**
   * A call of the REST API with the user's token, for what the wire lacks: `chatfiles`, member attributes.
   * @param {string} method @param {string} path after `/org/app/`, or a whole address
   * @param {Json | FormData} [body] @returns {Promise<any>}
   */
  async rest(method, path, body) {
    const { url, headers } = await this.restCall(path);
    const isForm = typeof FormData !== "undefined" && body instanceof FormData;
    if (body && !isForm) headers["Content-Type"] = "application/json";
    const ask = this.options.fetch || fetch;
    const answer = await ask(url, { method, headers, body: isForm ? body : JSON.stringify(body) });
    const data = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new ImError(data.error || `http_${answer.status}`, data.error_description);
    return data;
  }

  /**
   * Where a call of the REST API goes, and who asks: for uploads that are not made by fetch.
   * @param {string} path @returns {Promise<{url: string, headers: Json}>}
   */
  async restCall(path) {
    const { url, appkey, token, getToken } = this.options;
    const bearer = getToken ? await getToken() : token;
    if (!bearer) throw new ImError("no_token", "the REST API takes no password: give `token` or `getToken`");
    const origin = url.replace(/^ws(s?:\/\/[^/]+).*/, "http$1");
    const base = path[0] === "/" ? origin : `${origin}/${appkey.replace("#", "/")}/`;
    return { url: /^https?:/.test(path) ? path : base + path, headers: { Authorization: `Bearer ${bearer}` } };
  }

  /** @param {string} status @param {string} [ext] */
  presenceSet(status, ext = "") { return this.ask("presence.set", { status, ext }); }
  /** @param {string[]} users @param {number} [ttl_s] */
  presenceSubscribe(users, ttl_s = 86_400) { return this.ask("presence.subscribe", { users, ttl_s }); }
  /** @param {string[]} users */
  presenceUnsubscribe(users) { return this.ask("presence.unsubscribe", { users }); }
}

/** An id of an own message: the clock and enough chance. */
function newId() {
  const chance = () => Math.random().toString(36).slice(2, 9); // mini-programs have no `crypto`
  return `${Date.now()}-${chance()}${chance()}`;
}
