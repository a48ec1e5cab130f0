/** A refusal of the server, or of the client: `timeout`, `closed`, `lost`, `no_socket`, `no_token`. `code` is stable. */
export class ImError extends Error {
    /** @param {string} code @param {string} [message] */
    constructor(code: string, message?: string);
    code: string;
}
export function isAfter(a: string, b: string): boolean;
export function keyOf(of: Conversation): string;
/** Who hears what. */
export class Emitter {
    /** @type {Map<string, Set<(event: any) => void>>} */
    _listeners: Map<string, Set<(event: any) => void>>;
    /**
     * @param {string} name @param {(event: any) => void} listener
     * @returns {() => void} ends it
     */
    on(name: string, listener: (event: any) => void): () => void;
    /** @param {string} name @param {any} event */
    _emit(name: string, event: any): void;
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
    constructor(options: Options);
    /** @type {Options} */
    options: Options;
    /** @type {string} */
    device: string;
    user: string;
    /** "closed", "connecting" or "open" */
    state: string;
    /** @type {Map<string, {op: string, done: (data: any) => void, fail: (error: ImError) => void, timer: any}>} */
    _asked: Map<string, {
        op: string;
        done: (data: any) => void;
        fail: (error: ImError) => void;
        timer: any;
    }>;
    /** What was sent and is not stored yet, in order. @type {Map<string, any>} */
    _pending: Map<string, any>;
    /** Sends that were given up; `resend` tries one again. @type {Map<string, any>} */
    _failed: Map<string, any>;
    /** The last id of each conversation that the application was given. @type {Map<string, string>} */
    _last: Map<string, string>;
    /** @type {Map<string, {conversation: Conversation, up_to: string}>} */
    _toAck: Map<string, {
        conversation: Conversation;
        up_to: string;
    }>;
    /** Pushed while what came before is still being read. @type {Json[] | null} */
    _held: Json[] | null;
    _refs: number;
    _tries: number;
    _retryMs: number;
    /** @type {WebSocket | null} */
    _socket: WebSocket | null;
    /** @type {any} */ _beat: any;
    /** @type {any} */ _again: any;
    /** @type {any} */ _acking: any;
    _wanted: boolean;
    /**
     * Log in, and stay so until close(). Resolves at the first log-in; rejects when it is refused for good
     * or close() came first.
     * @returns {Promise<Json>} the answer to the log-in
     */
    connect(): Promise<Json>;
    _first: {
        resolve: (value: Json | PromiseLike<Json>) => void;
        reject: (reason?: any) => void;
    } | undefined;
    /** End for good; sends that were not answered are rejected with `closed`. */
    close(): void;
    _open(): Promise<void>;
    _refusal: unknown;
    /** @param {WebSocket} socket @param {string} token */
    _logIn(socket: WebSocket, token: string): Promise<void>;
    _catchUp(): Promise<void>;
    /** @param {WebSocket} socket */
    _ping(socket: WebSocket): Promise<void>;
    /** @param {WebSocket | null} socket @param {number} code @param {string} reason */
    _lost(socket: WebSocket | null, code: number, reason: string): void;
    /** @param {WebSocket} socket @param {string} op @param {Json} fields @returns {Promise<any>} */
    _write(socket: WebSocket, op: string, fields: Json): Promise<any>;
    /** @param {Json} frame */
    _read(frame: Json): void;
    /** Give an event to the application, unless it has had it. @param {Json} event */
    _hand(event: Json): void;
    _flushAcks(): void;
    /**
     * Any operation of the wire. Rejects with ImError; `lost` when the connection ended first.
     * @param {string} op @param {Json} [fields] @returns {Promise<any>} the answer
     */
    ask(op: string, fields?: Json): Promise<any>;
    /**
     * Send a message. While the connection is down it waits, and goes out after the next log-in.
     * @param {Conversation} to @param {Json} body `{type: "txt", msg: "…"}` and the other types of the REST API
     * @param {SendOptions} [options] `id` is the application's own, at most 64 characters, unique per device
     * @returns {Promise<Sent>} once it is stored; rejects with `timeout`, `closed` or the server's code
     */
    send(to: Conversation, body: Json, { ext, id, onlineOnly }?: SendOptions): Promise<Sent>;
    /** @param {Conversation} to @param {string} msg @param {SendOptions} [options] */
    sendText(to: Conversation, msg: string, options?: SendOptions): Promise<Sent>;
    /** Try a send again that was rejected; the server stores it once. @param {string} id @returns {Promise<Sent>} */
    resend(id: string): Promise<Sent>;
    /** @param {any} one @returns {Promise<Sent>} */
    _queue(one: any): Promise<Sent>;
    /** @param {any} one */
    _deliver(one: any): void;
    /** @param {any} one @param {ImError} error */
    _giveUp(one: any, error: ImError): void;
    /** @param {{conversation?: Conversation, after?: string, limit?: number}} [of] */
    sync(of?: {
        conversation?: Conversation;
        after?: string;
        limit?: number;
    }): Promise<any>;
    /**
     * Newest first; `end` is true on the last page.
     * @param {Conversation} conversation @param {string} [before] a message id, or "-1" for the newest
     * @param {number} [limit] at most 100 @returns {Promise<{messages: Message[], end: boolean, total: number}>}
     */
    history(conversation: Conversation, before?: string, limit?: number): Promise<{
        messages: Message[];
        end: boolean;
        total: number;
    }>;
    /** @param {Conversation} conversation @param {string} up_to */
    delivered(conversation: Conversation, up_to: string): Promise<any>;
    /** @param {Conversation} conversation @param {string} up_to @returns {Promise<{unread: number}>} */
    read(conversation: Conversation, up_to: string): Promise<{
        unread: number;
    }>;
    /** @param {string} id a message id */
    recall(id: string): Promise<any>;
    /** @param {{after?: string, limit?: number}} [page] */
    conversations(page?: {
        after?: string;
        limit?: number;
    }): Promise<any>;
    /** @param {Conversation} to */
    typing(to: Conversation): Promise<any>;
    roster(): Promise<any>;
    /** @param {string} user @param {string} [message] */
    rosterAdd(user: string, message?: string): Promise<any>;
    /** @param {string} user */
    rosterAccept(user: string): Promise<any>;
    /** @param {string} user */
    rosterDecline(user: string): Promise<any>;
    /** @param {string} user */
    rosterRemove(user: string): Promise<any>;
    /** @param {string} user */
    block(user: string): Promise<any>;
    /** @param {string} user */
    unblock(user: string): Promise<any>;
    /** @param {Json} fields as the REST call's body @returns {Promise<any>} */
    groupCreate(fields: Json): Promise<any>;
    /** @param {string} id @param {Json} fields */
    groupUpdate(id: string, fields: Json): Promise<any>;
    /** @param {string} id */
    groupGet(id: string): Promise<any>;
    /** @param {{scope?: "joined" | "public", cursor?: string, limit?: number}} [page] */
    groupList(page?: {
        scope?: "joined" | "public";
        cursor?: string;
        limit?: number;
    }): Promise<any>;
    /** @param {string} id @param {string} [message] */
    groupJoin(id: string, message?: string): Promise<any>;
    /** @param {string} id */
    groupLeave(id: string): Promise<any>;
    /** @param {string} id @param {string[]} usernames @param {string} [message] */
    groupInvite(id: string, usernames: string[], message?: string): Promise<any>;
    /** One's own invitation, or with `user` that user's application. @param {string} id @param {string} [user] */
    groupAccept(id: string, user?: string): Promise<any>;
    /** @param {string} id @param {string} [user] */
    groupDecline(id: string, user?: string): Promise<any>;
    /** @param {string} id @param {string[]} usernames */
    groupRemove(id: string, usernames: string[]): Promise<any>;
    /** @param {string} id @param {string} user @param {"admin" | "member"} role */
    groupRole(id: string, user: string, role: "admin" | "member"): Promise<any>;
    /** @param {string} id @param {{all?: boolean, usernames?: string[], mute_duration?: number}} whom duration in ms */
    groupMute(id: string, whom: {
        all?: boolean;
        usernames?: string[];
        mute_duration?: number;
    }): Promise<any>;
    /** @param {string} id @param {string} newowner */
    groupTransfer(id: string, newowner: string): Promise<any>;
    /** @param {string} id */
    groupDestroy(id: string): Promise<any>;
    /** @param {string} id @param {{cursor?: string, limit?: number}} [page] */
    groupMembers(id: string, page?: {
        cursor?: string;
        limit?: number;
    }): Promise<any>;
    /** @param {{scope?: "joined" | "public", cursor?: string, limit?: number}} [page] */
    roomList(page?: {
        scope?: "joined" | "public";
        cursor?: string;
        limit?: number;
    }): Promise<any>;
    /** @param {string} id */
    roomJoin(id: string): Promise<any>;
    /** @param {string} id */
    roomLeave(id: string): Promise<any>;
    /** @param {string} id */
    roomGet(id: string): Promise<any>;
    /** @param {string} id @param {{cursor?: string, limit?: number}} [page] */
    roomMembers(id: string, page?: {
        cursor?: string;
        limit?: number;
    }): Promise<any>;
    /** Below a message of a group. @param {{group_id: string, msg_id: string, name: string}} fields @returns {Promise<any>} */
    threadCreate(fields: {
        group_id: string;
        msg_id: string;
        name: string;
    }): Promise<any>;
    /** @param {string} id @param {string} name */
    threadUpdate(id: string, name: string): Promise<any>;
    /** @param {string} id */
    threadJoin(id: string): Promise<any>;
    /** @param {string} id */
    threadLeave(id: string): Promise<any>;
    /** @param {string} id @param {string[]} usernames */
    threadRemove(id: string, usernames: string[]): Promise<any>;
    /** @param {string} id */
    threadDestroy(id: string): Promise<any>;
    /**
     * A call of the REST API with the user's token, for what the wire lacks: `chatfiles`, member attributes.
     * @param {string} method @param {string} path after `/org/app/`, or a whole address
     * @param {Json | FormData} [body] @returns {Promise<any>}
     */
    rest(method: string, path: string, body?: Json | FormData): Promise<any>;
    /**
     * Where a call of the REST API goes, and who asks: for uploads that are not made by fetch.
     * @param {string} path @returns {Promise<{url: string, headers: Json}>}
     */
    restCall(path: string): Promise<{
        url: string;
        headers: Json;
    }>;
    /** @param {string} status @param {string} [ext] */
    presenceSet(status: string, ext?: string): Promise<any>;
    /** @param {string[]} users @param {number} [ttl_s] */
    presenceSubscribe(users: string[], ttl_s?: number): Promise<any>;
    /** @param {string[]} users */
    presenceUnsubscribe(users: string[]): Promise<any>;
}
export type Conversation = {
    type: "user" | "group" | "chatroom" | "personal";
    id: string;
};
export type Json = {
    [key: string]: any;
};
export type Message = {
    id: string;
    conversation: Conversation;
    from: string;
    to: Conversation;
    body: Json;
    ext?: Json;
    time: number;
    client_id?: string;
    recalled?: boolean;
};
/**
 * the message as the server stored it
 */
export type Sent = Message & {
    client_id: string;
};
export type SendOptions = {
    ext?: Json;
    id?: string;
    onlineOnly?: boolean;
};
export type SocketClass = new (url: string) => WebSocket;
export type Options = {
    /**
     * `ws://HOST/ws/native/`
     */
    url: string;
    /**
     * `org#app`
     */
    appkey: string;
    /**
     * with `password`, or to name the owner of the token
     */
    user?: string | undefined;
    password?: string | undefined;
    token?: string | undefined;
    /**
     * asked at every log-in, instead of `token`
     */
    getToken?: (() => string | Promise<string>) | undefined;
    /**
     * made by the server when not given; keep it to come back as the same device
     */
    device?: string | undefined;
    /**
     * `{type, sdk, version}` as the console shows it
     */
    client?: Json | undefined;
    /**
     * ms after which a send that was not answered is given up; 20 000
     */
    sendTimeout?: number | undefined;
    /**
     * tell the server what this device has; true
     */
    acknowledge?: boolean | undefined;
    /**
     * an ended client: if it was the same user's, its device, failed sends and what was handed over go on here
     */
    after?: ImClient | undefined;
    /**
     * where there is no global one: in Node below 22 that of the package `ws`
     */
    WebSocket?: SocketClass | undefined;
    /**
     * likewise, for `rest`
     */
    fetch?: ((url: string, options: any) => Promise<any>) | undefined;
};
