/**
 * The calls of JD's 咚咚 browser SDK on imadmin.js.
 *
 *     const sdk = createDongdong({ appkey: "demo#app", token });
 *     sdk.on("message", (message) => console.log(message.from.pin, message.content));
 *     sdk.connect({ pin: "demo1", clientType: "m", url: "ws://HOST:8000/ws/native/" }, (socket) => {}, gid);
 *
 * Callbacks get a result with `code: 0`, or `{code, msg}` with the refusal. Ids are strings.
 *
 * @module dongdong
 */
import { Emitter, ImClient, ImError, isAfter, keyOf } from "./imadmin.js";

/** @typedef {import("./imadmin.js").Json} Json */
/** @typedef {import("./imadmin.js").Conversation} Conversation */
/** @typedef {(result: any) => void} Callback */

const TYPES = /** @type {Json} */ ({ txt: "text", img: "image" });
const nothing = () => {};

/** Other characters than `[a-z0-9_.-]`, and an underscore that would read so, become `_hex_`. @param {string} pin */
export function usernameOf(pin) {
  const escaped = (/** @type {string} */ char) => `_${(char.codePointAt(0) || 0).toString(16)}_`;
  return pin.toLowerCase().replace(/_(?=[0-9a-f]+_)|[^a-z0-9_.-]/gu, escaped);
}

/** @param {string} username */
export function pinOf(username) {
  return username.replace(/_([0-9a-f]+)_/g, (_, hex) => String.fromCodePoint(parseInt(hex, 16)));
}

/**
 * Tells `open`, `message`, `chat_message_ack` {mid, localId, time}, `heartbeat`, `close`, `error` {code, msg},
 * `read` {mid, by}, `recall` {mid}.
 */
class Dongdong extends Emitter {
  /** @param {{appkey: string, token?: string, getToken?: () => string | Promise<string>, uploadUrl?: string, WebSocket?: any}} options */
  constructor(options) {
    super();
    this.options = options;
    /** What each side has read, by conversation. */
    this._mine = new Map();
    this._theirs = new Map();
    /** Where a message was. */
    this._places = new Map();
    /** @type {Conversation | null} */
    this.current = null;
    /** @type {Json} */
    this.me = {};
  }

  /**
   * @param {{pin: string, appId?: string, toChat?: string, toAppId?: string, clientType?: string, url: string, nickName?: string, device?: string}} config
   * @param {(socket: WebSocket) => void} [cb] before it is open
   * @param {string} [groupId] to talk in, instead of to `toChat`
   */
  connect({ pin, appId = "", toChat, clientType = "m", url, nickName = "", device }, cb = nothing, groupId) {
    const user = usernameOf(pin);
    this.me = { pin, app: appId, clientType, nickName };
    if (groupId) this.current = { type: "group", id: groupId };
    else if (toChat) this.current = { type: "user", id: usernameOf(toChat) };
    this.close();
    if (this.im?.user !== user) [this._mine, this._theirs].forEach((one) => one.clear());
    const client = { type: clientType.toLowerCase(), sdk: "dongdong.js" };
    const im = (this.im = new ImClient({ ...this.options, url, user, device, client, after: this.im }));
    im.on("connecting", ({ socket }) => cb(socket));
    im.on("message", ({ message }) => this._emit("message", this._seen(message)));
    im.on("ack", ({ id, client_id, time }) => this._emit("chat_message_ack", { mid: id, localId: client_id, time }));
    im.on("receipt", (event) => this._receipt(event));
    im.on("recalled", ({ message_id }) => this._emit("recall", { mid: message_id }));
    for (const name of ["heartbeat", "close"]) im.on(name, (event) => this._emit(name, event));
    im.on("open", (answer) => {
      if (answer.user === user) return this._emit("open", answer);
      im.close();
      return this._emit("error", { code: "wrong_user", msg: `the token is not of ${pin}` });
    });
    im.connect().catch((error) => this._emit("error", { code: error.code, msg: error.message }));
    return this;
  }

  close() {
    this.im?.close();
  }

  // Messages

  /** @param {string} text @param {Callback} [cb] gets the message @param {string} [groupId] */
  sendTextMsg(text, cb, groupId) {
    this._send({ type: "txt", msg: text }, {}, cb, groupId);
  }

  /** `uploadImage` gives one. @param {{url: string, size?: number, width?: number, height?: number}} image @param {Callback} [cb] @param {string} [groupId] */
  sendImageMsg({ url, size = 0, width = 0, height = 0 }, cb, groupId) {
    const filename = url.split("/").pop() || "image";
    this._send({ type: "img", url, filename, file_length: size, size: { width, height } }, {}, cb, groupId);
  }

  /** @param {string} type @param {any} data @param {Callback} [cb] @param {string} [groupId] */
  sendCustomMsg(type, data, cb, groupId) {
    this._send({ type: "txt", msg: "" }, { type, data }, cb, groupId);
  }

  /** @param {Json} body @param {Json} special @param {Callback} [cb] @param {string} [groupId] */
  _send(body, special, cb = nothing, groupId) {
    this._do(cb, async (im) => {
      const to = this._place(groupId);
      const { app, clientType, nickName } = this.me;
      const ext = { dd: { app, clientType, nickName, ...special } };
      return this._sent(await im.send(to, body, { ext }));
    });
  }

  /** @param {string} localId @param {Callback} [cb] gets the message */
  resend(localId, cb = nothing) {
    this._do(cb, async (im) => this._sent(await im.resend(localId)));
  }

  /** @param {Json} message */
  _sent(message) {
    return { code: 0, localId: message.client_id, ...this._seen(message) };
  }

  /** Newest first, from -1; the last one's `mid` is the next `startMid`. @param {string | number} startMid @param {number} count @param {Callback} cb {msgs, end, total} @param {string} [groupId] */
  pullHistoryMsg(startMid, count, cb, groupId) {
    this._do(cb, async (im) => {
      const { messages, end, total } = await im.history(this._place(groupId), String(startMid), count);
      return { code: 0, msgs: messages.map((one) => this._seen(one)), end, total };
    });
  }

  /** @param {string} mid @param {Callback} [cb] */
  recallMsg(mid, cb = nothing) {
    this._do(cb, async (im) => {
      await im.recall(mid);
      return { code: 0, mid };
    });
  }

  /** Everything up to it. @param {string} mid @param {Callback} [cb] */
  readMsg(mid, cb = nothing) {
    this._do(cb, async (im) => {
      const place = this._places.get(mid) || this._place();
      const { unread } = await im.read(place, mid);
      this._mine.set(keyOf(place), mid);
      return { code: 0, unread };
    });
  }

  /** @param {Callback} cb {total, conversations} */
  getUnread(cb) {
    this.getConversations(cb);
  }

  /** @param {Callback} cb {total, conversations: [{gid | pin, unread, pinned, last}]} */
  getConversations(cb) {
    this._do(cb, async (im) => {
      /** @type {Json[]} */
      const conversations = [];
      let total = 0, after = "";
      do {
        const { items, next } = await im.conversations({ after });
        for (const { conversation, unread, pinned, last_message, read_up_to, peer_read_up_to } of items) {
          if (read_up_to) this._mine.set(keyOf(conversation), read_up_to);
          if (peer_read_up_to) this._theirs.set(keyOf(conversation), peer_read_up_to);
          const { type, id } = conversation;
          const place = type === "user" ? { pin: pinOf(id) } : { gid: id };
          conversations.push({ ...place, unread, pinned, last: last_message && this._seen(last_message) });
          total += unread;
        }
        after = next;
      } while (after);
      return { code: 0, total, conversations };
    });
  }

  // Groups and files

  /**
   * Make a group, or change the one whose `gid` exists. What has no place of its own is kept and comes back.
   * @param {Json} params @param {Callback} [cb] {gid, group}
   */
  createGroup(params, cb = nothing) {
    this._do(cb, async (im) => {
      const { gid, name, nickName, intro, notice, avatar, canSearch, max, invitees = [], ...rest } = params;
      /** @type {Json} */
      const fields = { groupname: name, description: intro, avatar, maxusers: max };
      if (canSearch !== undefined) fields.public = !!canSearch;
      const known = gid && (await im.groupGet(gid).catch(() => null));
      const kept = known ? JSON.parse(known.data[0].custom || "{}") : {};
      fields.custom = JSON.stringify({ ...kept, ...rest });
      const members = invitees.map((/** @type {Json} */ one) => usernameOf(one.pin));
      let id = gid;
      if (known) {
        await im.groupUpdate(id, fields);
        if (members.length) await im.groupInvite(id, members);
      } else {
        const made = await im.groupCreate({ ...fields, groupid: gid, members });
        id = made.data.groupid;
      }
      if (notice !== undefined) await im.groupUpdate(id, { announcement: notice });
      const own = { pin: this.me.pin, app: this.me.app, nickName: nickName || this.me.nickName };
      for (const one of known ? invitees : [own, ...invitees]) await this._describe(id, one);
      return { code: 0, gid: id, group: groupOf((await im.groupGet(id)).data[0]) };
    });
  }

  /** @param {string} gid @param {Json} one */
  async _describe(gid, { pin, app = "", nickName = "" }) {
    const metaData = { pin, app, nickName };
    await this._im().rest("PUT", `metadata/chatgroup/${gid}/user/${usernameOf(pin)}`, { metaData });
  }

  /** @param {Blob & {name?: string}} file @returns {Promise<{url: string, size: number, width: number, height: number}>} */
  async uploadImage(file) {
    const form = new FormData();
    form.append("file", file, file.name || "image.png");
    const { uri, entities } = await this._im().rest("POST", this.options.uploadUrl || "chatfiles", form);
    const { width = 0, height = 0 } = "createImageBitmap" in globalThis ? await createImageBitmap(file) : {};
    return { url: `${uri}/${entities[0].uuid}`, size: file.size, width, height };
  }

  // In between

  _im() {
    if (!this.im) throw new ImError("not_connected");
    return this.im;
  }

  /** @param {Callback} cb @param {(im: ImClient) => Promise<any>} work */
  _do(cb, work) {
    const done = async () => work(this._im());
    done().then(cb, ({ code, message, client_id }) => cb({ code: code || "error", msg: message, localId: client_id }));
  }

  /** @param {string} [groupId] @returns {Conversation} */
  _place(groupId) {
    if (groupId) return { type: "group", id: groupId };
    if (!this.current) throw new ImError("no_conversation", "connect with a groupId or toChat, or name a group");
    return this.current;
  }

  /** @param {Json} message @returns {Json} in the article's shape */
  _seen({ id: mid, conversation, from, to, body, time: timestamp, recalled, ext: given }) {
    const { dd = {}, ...ext } = given || {};
    const { app = "", clientType = "", nickName = "" } = dd;
    this._places.set(mid, conversation);
    const readUpTo = (from === this._im().user ? this._theirs : this._mine).get(keyOf(conversation));
    return {
      mid,
      ...(to.type === "user" ? { to: pinOf(to.id) } : { gid: to.id }),
      from: { pin: pinOf(from), app, nickName, clientType },
      type: dd.type || TYPES[body.type] || body.type,
      content: dd.type ? dd.data : body.msg ?? (recalled || body.url ? "" : body),
      url: body.url,
      size: body.file_length,
      width: body.size?.width,
      height: body.size?.height,
      timestamp,
      read: !!readUpTo && !isAfter(mid, readUpTo),
      recalled: !!recalled,
      ext,
    };
  }

  /** @param {Json} event */
  _receipt({ kind, by, conversation, up_to }) {
    if (kind !== "read") return;
    const mine = by === this._im().user;
    (mine ? this._mine : this._theirs).set(keyOf(conversation), up_to);
    if (!mine) this._emit("read", { mid: up_to, by: pinOf(by) });
  }
}

/** @param {Json} data a group as the wire tells it */
function groupOf(data) {
  const { groupid: gid, name, description: intro, announcement: notice, avatar, maxusers: max, custom } = data;
  return { ...JSON.parse(custom || "{}"), gid, name, intro, notice, avatar, max, canSearch: data.public, owner: pinOf(data.owner) };
}

/** @param {ConstructorParameters<typeof Dongdong>[0]} options `token` of the user that connects */
export const createDongdong = (options) => new Dongdong(options);
