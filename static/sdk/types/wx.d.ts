/**
 * imadmin.js in WeChat mini-programs: `wx` in place of what browsers have.
 *
 *     const im = new ImClient({ url, appkey, user, token, WebSocket: wxSocket(wx), fetch: wxFetch(wx) });
 *     const kept = new ConversationCache(im, wxStorage(wx));
 *
 * Copy imadmin.js, storage.js and this file into the mini-program, and list the server under its
 * socket, request and uploadFile domains.
 *
 * @module wx
 */
/** @typedef {import("./storage.js").Store} Store */
/** For `ConversationCache`. @param {any} wx @returns {Store} */
export function wxStorage(wx: any): Store;
/** A WebSocket class on `wx.connectSocket`, as far as imadmin.js uses one. @param {any} wx @returns {any} */
export function wxSocket(wx: any): any;
/** What `ImClient.rest` needs of fetch, on `wx.request`. @param {any} wx @returns {any} */
export function wxFetch(wx: any): any;
/**
 * Send a file of the mini-program (from `wx.chooseMedia`) to the file API.
 * @param {any} wx @param {import("./imadmin.js").ImClient} im @param {string} filePath
 * @returns {Promise<{url: string, secret: string}>} for the body of an image, voice, video or file message
 */
export function wxUpload(wx: any, im: import("./imadmin.js").ImClient, filePath: string): Promise<{
    url: string;
    secret: string;
}>;
export type Store = import("./storage.js").Store;
