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
export function wxStorage(wx) {
  return {
    get: (key) => wx.getStorageSync(key),
    set: (key, text) => wx.setStorageSync(key, text),
    remove: (key) => wx.removeStorageSync(key),
  };
}

/** A WebSocket class on `wx.connectSocket`, as far as imadmin.js uses one. @param {any} wx @returns {any} */
export function wxSocket(wx) {
  return class {
    /** @param {string} url */
    constructor(url) {
      this.onopen = this.onmessage = this.onclose = this.onerror = (/** @type {any} */ _event) => {};
      this._ended = false;
      const task = (this._task = wx.connectSocket({
        url,
        fail: ({ errMsg = "" } = {}) => this._end(1006, errMsg),
      }));
      task.onOpen(() => this.onopen({}));
      task.onMessage((/** @type {any} */ { data }) => this.onmessage({ data }));
      task.onClose(({ code = 1005, reason = "" } = {}) => this._end(code, reason));
      task.onError(({ errMsg = "" } = {}) => this._end(1006, errMsg)); // no close need follow
    }

    /** @param {string} data */
    send(data) {
      this._task.send({ data, fail: ({ errMsg = "" } = {}) => this._end(1006, errMsg) });
    }

    /** @param {number} [code] @param {string} [reason] */
    close(code = 1000, reason = "") {
      this._task.close({ code, reason, fail: () => this._end(1006, reason) });
    }

    /** Told once, however often the task says so. @param {number} code @param {string} reason */
    _end(code, reason) {
      if (this._ended) return;
      this._ended = true;
      // Not from within the constructor: nobody listens yet.
      setTimeout(() => this.onclose({ code, reason }));
    }
  };
}

/** What `ImClient.rest` needs of fetch, on `wx.request`. @param {any} wx @returns {any} */
export function wxFetch(wx) {
  return (/** @type {string} */ url, /** @type {any} */ { method, headers, body }) =>
    new Promise((done, fail) =>
      wx.request({
        url,
        method,
        header: headers,
        data: body,
        success: (/** @type {any} */ { statusCode, data }) =>
          done({ ok: statusCode < 300, status: statusCode, json: async () => data }),
        fail: (/** @type {any} */ { errMsg }) => fail(new Error(errMsg)),
      }));
}

/**
 * Send a file of the mini-program (from `wx.chooseMedia`) to the file API.
 * @param {any} wx @param {import("./imadmin.js").ImClient} im @param {string} filePath
 * @returns {Promise<{url: string, secret: string}>} for the body of an image, voice, video or file message
 */
export async function wxUpload(wx, im, filePath) {
  const { url, headers: header } = await im.restCall("chatfiles");
  const answer = await new Promise((success, fail) => wx.uploadFile({ url, filePath, name: "file", header, success, fail }));
  const { uri, entities, error, error_description } = JSON.parse(answer.data);
  if (answer.statusCode >= 300) throw new Error(error_description || error);
  return { url: `${uri}/${entities[0].uuid}`, secret: entities[0]["share-secret"] };
}
