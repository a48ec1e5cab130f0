/** Other characters than `[a-z0-9_.-]`, and an underscore that would read so, become `_hex_`. @param {string} pin */
export function usernameOf(pin: string): string;
/** @param {string} username */
export function pinOf(username: string): string;
export function createDongdong(options: ConstructorParameters<typeof Dongdong>[0]): Dongdong;
export type Json = import("./imadmin.js").Json;
export type Conversation = import("./imadmin.js").Conversation;
export type Callback = (result: any) => void;
/**
 * Tells `open`, `message`, `chat_message_ack` {mid, localId, time}, `heartbeat`, `close`, `error` {code, msg},
 * `read` {mid, by}, `recall` {mid}.
 */
declare class Dongdong extends Emitter {
    /** @param {{appkey: string, token?: string, getToken?: () => string | Promise<string>, uploadUrl?: string, WebSocket?: any}} options */
    constructor(options: {
        appkey: string;
        token?: string;
        getToken?: () => string | Promise<string>;
        uploadUrl?: string;
        WebSocket?: any;
    });
    options: {
        appkey: string;
        token?: string;
        getToken?: () => string | Promise<string>;
        uploadUrl?: string;
        WebSocket?: any;
    };
    /** What each side has read, by conversation. */
    _mine: Map<any, any>;
    _theirs: Map<any, any>;
    /** Where a message was. */
    _places: Map<any, any>;
    /** @type {Conversation | null} */
    current: Conversation | null;
    /** @type {Json} */
    me: Json;
    /**
     * @param {{pin: string, appId?: string, toChat?: string, toAppId?: string, clientType?: string, url: string, nickName?: string, device?: string}} config
     * @param {(socket: WebSocket) => void} [cb] before it is open
     * @param {string} [groupId] to talk in, instead of to `toChat`
     */
    connect({ pin, appId, toChat, clientType, url, nickName, device }: {
        pin: string;
        appId?: string;
        toChat?: string;
        toAppId?: string;
        clientType?: string;
        url: string;
        nickName?: string;
        device?: string;
    }, cb?: (socket: WebSocket) => void, groupId?: string): this;
    im: any;
    close(): void;
    /** @param {string} text @param {Callback} [cb] gets the message @param {string} [groupId] */
    sendTextMsg(text: string, cb?: Callback, groupId?: string): void;
    /** `uploadImage` gives one. @param {{url: string, size?: number, width?: number, height?: number}} image @param {Callback} [cb] @param {string} [groupId] */
    sendImageMsg({ url, size, width, height }: {
        url: string;
        size?: number;
        width?: number;
        height?: number;
    }, cb?: Callback, groupId?: string): void;
    /** @param {string} type @param {any} data @param {Callback} [cb] @param {string} [groupId] */
    sendCustomMsg(type: string, data: any, cb?: Callback, groupId?: string): void;
    /** @param {Json} body @param {Json} special @param {Callback} [cb] @param {string} [groupId] */
    _send(body: Json, special: Json, cb?: Callback, groupId?: string): void;
    /** @param {string} localId @param {Callback} [cb] gets the message */
    resend(localId: string, cb?: Callback): void;
    /** @param {Json} message */
    _sent(message: Json): {
        code: number;
        localId: any;
    };
    /** Newest first, from -1; the last one's `mid` is the next `startMid`. @param {string | number} startMid @param {number} count @param {Callback} cb {msgs, end, total} @param {string} [groupId] */
    pullHistoryMsg(startMid: string | number, count: number, cb: Callback, groupId?: string): void;
    /** @param {string} mid @param {Callback} [cb] */
    recallMsg(mid: string, cb?: Callback): void;
    /** Everything up to it. @param {string} mid @param {Callback} [cb] */
    readMsg(mid: string, cb?: Callback): void;
    /** @param {Callback} cb {total, conversations} */
    getUnread(cb: Callback): void;
    /** @param {Callback} cb {total, conversations: [{gid | pin, unread, pinned, last}]} */
    getConversations(cb: Callback): void;
    /**
     * Make a group, or change the one whose `gid` exists. What has no place of its own is kept and comes back.
     * @param {Json} params @param {Callback} [cb] {gid, group}
     */
    createGroup(params: Json, cb?: Callback): void;
    /** @param {string} gid @param {Json} one */
    _describe(gid: string, { pin, app, nickName }: Json): Promise<void>;
    /** @param {Blob & {name?: string}} file @returns {Promise<{url: string, size: number, width: number, height: number}>} */
    uploadImage(file: Blob & {
        name?: string;
    }): Promise<{
        url: string;
        size: number;
        width: number;
        height: number;
    }>;
    _im(): any;
    /** @param {Callback} cb @param {(im: ImClient) => Promise<any>} work */
    _do(cb: Callback, work: (im: ImClient) => Promise<any>): void;
    /** @param {string} [groupId] @returns {Conversation} */
    _place(groupId?: string): Conversation;
    /** @param {Json} message @returns {Json} in the article's shape */
    _seen({ id: mid, conversation, from, to, body, time: timestamp, recalled, ext: given }: Json): Json;
    /** @param {Json} event */
    _receipt({ kind, by, conversation, up_to }: Json): void;
}
import { Emitter } from "./imadmin.js";
import { ImClient } from "./imadmin.js";
export {};
