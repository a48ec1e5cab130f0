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
export function webStorage(area?: Storage): Store;
/**
 * `peer+self`, and `group+id+self` (`chatroom+id+self`): names hold no plus sign, so no two meet.
 * @param {Conversation} conversation @param {string} self
 */
export function keyFor({ type, id }: Conversation, self: string): string;
/** Tells `changed` {conversation, messages, readUpTo}: messages oldest first. */
export class ConversationCache extends Emitter {
    /**
     * @param {ImClient} im made with `user`, or nothing can be shown before the log-in
     * @param {Store} store
     * @param {{keep?: number, key?: (conversation: Conversation, self: string) => string}} [options]
     *   `keep` messages a conversation, at most 100; 50. `key` instead of `keyFor`
     */
    constructor(im: ImClient, store: Store, { keep, key }?: {
        keep?: number;
        key?: (conversation: Conversation, self: string) => string;
    });
    im: import("./imadmin.js").ImClient;
    store: Store;
    keep: number;
    key: (conversation: Conversation, self: string) => string;
    /** @type {Map<string, Conversation>} */
    _opened: Map<string, Conversation>;
    /** One change after the other: a store may take its time. @type {Promise<any>} */
    _turn: Promise<any>;
    /**
     * What was kept; and from now on the conversation is read anew at each log-in.
     * @param {Conversation} conversation @returns {Promise<Message[]>} oldest first
     */
    open(conversation: Conversation): Promise<Message[]>;
    /** @param {Conversation} conversation */
    close(conversation: Conversation): void;
    /** What is kept of a conversation now. @param {Conversation} conversation @returns {Promise<Kept>} */
    read(conversation: Conversation): Promise<Kept>;
    /** Ask the server for the newest, and keep just that. @param {Conversation} conversation @returns {Promise<Message[]>} */
    refresh(conversation: Conversation): Promise<Message[]>;
    /** Forget all of this user's conversations: at log-out, on a machine that others use. */
    clear(): Promise<any>;
    /** @param {Message} message */
    _add(message: Message): Promise<Kept>;
    /** @param {Conversation} conversation @param {string} id @param {(message: Message) => Message} how */
    _alter(conversation: Conversation, id: string, how: (message: Message) => Message): Promise<Kept>;
    /** @param {Conversation} conversation @param {(now: Kept) => Kept} how @returns {Promise<Kept>} */
    _change(conversation: Conversation, how: (now: Kept) => Kept): Promise<Kept>;
    /** @param {() => any} work @returns {Promise<any>} */
    _after(work: () => any): Promise<any>;
    /** @param {Conversation} conversation */
    _keyOf(conversation: Conversation): string;
    _prefix(): string;
    _listKey(): string;
    /** The keys of this user, the longest unused first. @returns {Promise<string[]>} */
    _list(): Promise<string[]>;
    /** @param {string} key @returns {Promise<Kept>} */
    _load(key: string): Promise<Kept>;
    /** @param {string} key */
    _get(key: string): Promise<any>;
    /** Where the place is full, the conversations longest unused go. @param {string} key @param {Kept} kept */
    _save(key: string, kept: Kept): Promise<void>;
}
export type ImClient = import("./imadmin.js").ImClient;
export type Conversation = import("./imadmin.js").Conversation;
export type Message = import("./imadmin.js").Message;
/**
 * `readUpTo`: what the peer has read of ours
 */
export type Kept = {
    messages: Message[];
    readUpTo: string;
};
/**
 * texts by key; each call may answer a promise
 */
export type Store = {
    /**
     * the text; null or empty when there is none
     */
    get: (key: string) => any;
    /**
     * may throw when the place is full
     */
    set: (key: string, text: string) => any;
    remove: (key: string) => any;
};
import { Emitter } from "./imadmin.js";
