/**
 * Conversations kept on the device, so that a reload shows them at once; the server's history is the truth.
 *
 *     const kept = new ConversationCache(im, webStorage());
 *     kept.on("changed", ({ conversation, messages }) => show(conversation, messages));
 *     show(peer, await kept.open(peer)); // from the last visit, before im.connect() has done anything
 *
 * What is sent, received, edited and recalled goes into the cache as it happens. At each log-in the
 * conversations that are open are read anew, and what the server no longer has is gone here, too.
 *
 * @module storage
 */
import { Emitter, ImError, isAfter, keyOf } from "./imadmin.js";

/** @typedef {import("./imadmin.js").ImClient} ImClient */
/** @typedef {import("./imadmin.js").Conversation} Conversation */
/** @typedef {import("./imadmin.js").Message} Message */
/** @typedef {{messages: Message[], readUpTo: string}} Kept `readUpTo`: what the peer has read of ours */
/**
 * @typedef {object} Store texts by key; each call may answer a promise
 * @property {(key: string) => any} get the text; null or empty when there is none
 * @property {(key: string, text: string) => any} set may throw when the place is full
 * @property {(key: string) => any} remove
 */

/** A browser's storage. @param {Storage} [area] localStorage when not given @returns {Store} */
export function webStorage(area = globalThis.localStorage) {
  return {
    get: (key) => area.getItem(key),
    set: (key, text) => area.setItem(key, text),
    remove: (key) => area.removeItem(key),
  };
}

/**
 * `peer+self`, and `group+id+self` (`chatroom+id+self`): names hold no plus sign, so no two meet.
 * @param {Conversation} conversation @param {string} self
 */
export function keyFor({ type, id }, self) {
  return type === "user" ? `${id}+${self}` : `${type}+${id}+${self}`;
}

/** Tells `changed` {conversation, messages, readUpTo}: messages oldest first. */
export class ConversationCache extends Emitter {
  /**
   * @param {ImClient} im made with `user`, or nothing can be shown before the log-in
   * @param {Store} store
   * @param {{keep?: number, key?: (conversation: Conversation, self: string) => string}} [options]
   *   `keep` messages a conversation, at most 100; 50. `key` instead of `keyFor`
   */
  constructor(im, store, { keep = 50, key = keyFor } = {}) {
    super();
    this.im = im;
    this.store = store;
    this.keep = Math.min(keep, 100);
    this.key = key;
    /** @type {Map<string, Conversation>} */
    this._opened = new Map();
    /** One change after the other: a store may take its time. @type {Promise<any>} */
    this._turn = Promise.resolve();
    im.on("open", () => this._opened.forEach((one) => this.refresh(one).catch(() => {})));
    im.on("message", ({ message }) => this._add(message));
    im.on("sent", ({ message }) => this._add(message));
    im.on("recalled", ({ conversation, message_id }) => this._alter(conversation, message_id, withoutBody));
    im.on("edited", ({ conversation, message_id, body, ext }) =>
      this._alter(conversation, message_id, (one) => ({ ...one, body, ext })));
    im.on("receipt", ({ kind, by, conversation, up_to }) => {
      if (kind !== "read" || by === im.user) return;
      this._change(conversation, (now) => (isAfter(up_to, now.readUpTo) ? { ...now, readUpTo: up_to } : now));
    });
  }

  /**
   * What was kept; and from now on the conversation is read anew at each log-in.
   * @param {Conversation} conversation @returns {Promise<Message[]>} oldest first
   */
  async open(conversation) {
    this._opened.set(keyOf(conversation), conversation);
    const { messages } = await this.read(conversation);
    if (this.im.state === "open") this.refresh(conversation).catch(() => {});
    return messages;
  }

  /** @param {Conversation} conversation */
  close(conversation) {
    this._opened.delete(keyOf(conversation));
  }

  /** What is kept of a conversation now. @param {Conversation} conversation @returns {Promise<Kept>} */
  read(conversation) {
    return this._after(() => this._load(this._keyOf(conversation)));
  }

  /** Ask the server for the newest, and keep just that. @param {Conversation} conversation @returns {Promise<Message[]>} */
  async refresh(conversation) {
    const had = new Set((await this.read(conversation)).messages.map(({ id }) => id));
    const { messages } = await this.im.history(conversation, "-1", this.keep);
    const page = messages.reverse();
    const known = new Set(page.map(({ id }) => id));
    const kept = await this._change(conversation, (now) => {
      const meanwhile = now.messages.filter(({ id }) => !had.has(id) && !known.has(id));
      return { ...now, messages: [...page, ...meanwhile] };
    });
    return kept.messages;
  }

  /** Forget all of this user's conversations: at log-out, on a machine that others use. */
  clear() {
    this._opened.clear();
    return this._after(async () => {
      for (const key of [...(await this._list()), this._listKey()]) await this.store.remove(key);
    });
  }

  /** @param {Message} message */
  _add(message) {
    return this._change(message.conversation, (now) => {
      const others = now.messages.filter(({ id }) => id !== message.id);
      return { ...now, messages: [...others, message].sort((a, b) => (isAfter(a.id, b.id) ? 1 : -1)) };
    });
  }

  /** @param {Conversation} conversation @param {string} id @param {(message: Message) => Message} how */
  _alter(conversation, id, how) {
    return this._change(conversation, (now) => ({
      ...now,
      messages: now.messages.map((one) => (one.id === id ? how(one) : one)),
    }));
  }

  /** @param {Conversation} conversation @param {(now: Kept) => Kept} how @returns {Promise<Kept>} */
  _change(conversation, how) {
    const key = this._keyOf(conversation);
    return this._after(async () => {
      const kept = how(await this._load(key));
      kept.messages = kept.messages.slice(-this.keep);
      await this._save(key, kept);
      this._emit("changed", { conversation, ...kept });
      return kept;
    });
  }

  /** @param {() => any} work @returns {Promise<any>} */
  _after(work) {
    const done = this._turn.then(work);
    this._turn = done.catch(() => {});
    return done;
  }

  /** @param {Conversation} conversation */
  _keyOf(conversation) {
    if (!this.im.user) throw new ImError("no_user", "make the client with `user`");
    return this._prefix() + this.key(conversation, this.im.user);
  }

  _prefix() {
    return `im+${this.im.options.appkey}+`;
  }

  _listKey() {
    return `${this._prefix()}+${this.im.user}`;
  }

  /** The keys of this user, the longest unused first. @returns {Promise<string[]>} */
  async _list() {
    return (await this._get(this._listKey())) || [];
  }

  /** @param {string} key @returns {Promise<Kept>} */
  async _load(key) {
    return (await this._get(key)) || { messages: [], readUpTo: "" };
  }

  /** @param {string} key */
  async _get(key) {
    try {
      return JSON.parse((await this.store.get(key)) || "null");
    } catch {
      return null; // somebody else's, or cut off
    }
  }

  /** Where the place is full, the conversations longest unused go. @param {string} key @param {Kept} kept */
  async _save(key, kept) {
    const list = (await this._list()).filter((one) => one !== key);
    for (;;) {
      try {
        await this.store.set(this._listKey(), JSON.stringify([...list, key]));
        await this.store.set(key, JSON.stringify(kept));
        return;
      } catch {
        const oldest = list.shift();
        await this.store.remove(oldest || key);
        if (!oldest) return; // a cache that cannot keep is no reason to stop the chat
      }
    }
  }
}

/** A message that was taken back is not readable on the device either. @param {Message} message @returns {Message} */
function withoutBody({ body, ext, ...rest }) {
  return { ...rest, body: { type: body.type }, recalled: true };
}
