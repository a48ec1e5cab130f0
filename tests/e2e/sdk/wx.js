// What a WeChat mini-program has, over what Node has: sockets, requests, files, storage.
"use strict";
const fs = require("fs");
const os = require("os");
const path = require("path");

module.exports = function wx(WebSocket) {
  const store = new Map();
  const system = { platform: "devtools", model: "Node", system: "Linux", version: "8.0.0", SDKVersion: "3.0.0" };

  function connectSocket({ url, success }) {
    const socket = new WebSocket(url);
    socket.binaryType = "arraybuffer";
    if (success) success({ errMsg: "connectSocket:ok" });
    return {
      get readyState() { return socket.readyState; },
      onOpen: (heard) => socket.addEventListener("open", () => heard({})),
      onMessage: (heard) => socket.addEventListener("message", ({ data }) => heard({ data })),
      onClose: (heard) => socket.addEventListener("close", ({ code, reason }) => heard({ code, reason })),
      onError: (heard) => socket.addEventListener("error", ({ message }) => heard({ errMsg: message })),
      close: () => socket.close(),
      send({ data, success: done, fail }) {
        socket.send(data, (error) => (error ? fail && fail({ errMsg: error.message }) : done && done({})));
      },
    };
  }

  // As wx.request: data is the query of a GET, else the body; every status is a success.
  function request({ url, method = "GET", data, header = {}, success, fail, complete }) {
    const isQuery = method === "GET" && data && typeof data === "object";
    const address = isQuery ? `${url}${url.includes("?") ? "&" : "?"}${new URLSearchParams(data)}` : url;
    const body = isQuery || data === undefined || method === "GET" ? undefined : typeof data === "string" ? data : JSON.stringify(data);
    fetch(address, { method, headers: header, body })
      .then(async (answer) => {
        const text = await answer.text();
        let read = text;
        try { read = JSON.parse(text); } catch { /* not JSON: it stays a text */ }
        return { statusCode: answer.status, data: read, header: Object.fromEntries(answer.headers), errMsg: "request:ok" };
      })
      .then((answer) => success && success(answer), (error) => fail && fail({ errMsg: `request:fail ${error.message}` }))
      .then(() => complete && complete({}));
  }

  // As wx.uploadFile: a form with one file of the host's, and texts.
  function uploadFile({ url, filePath, name, header = {}, formData = {}, success, fail }) {
    const form = new FormData();
    form.append(name, new Blob([fs.readFileSync(filePath)]), path.basename(filePath));
    for (const [key, value] of Object.entries(formData)) form.append(key, value);
    const { "Content-Type": _, ...headers } = header; // the host says it, with its boundary
    fetch(url, { method: "POST", headers, body: form })
      .then(async (answer) => ({ statusCode: answer.status, data: await answer.text() }))
      .then((answer) => success && success(answer), (error) => fail && fail({ errMsg: error.message }));
  }

  // As wx.downloadFile: the bytes go to a file of the host's.
  function downloadFile({ url, header = {}, success, fail }) {
    const tempFilePath = path.join(home, `download-${(downloads += 1)}`);
    fetch(url, { headers: header })
      .then(async (answer) => {
        fs.writeFileSync(tempFilePath, Buffer.from(await answer.arrayBuffer()));
        return { statusCode: answer.status, tempFilePath };
      })
      .then((answer) => success && success(answer), (error) => fail && fail({ errMsg: error.message }));
  }

  function writeFile({ filePath, data, success, fail }) {
    try { fs.writeFileSync(filePath, Buffer.from(data)); } catch (error) { return fail && fail(error); }
    if (success) success({});
  }

  function readFile({ filePath, success, fail }) {
    let data;
    try { data = fs.readFileSync(filePath); } catch (error) { return fail && fail(error); }
    if (success) success({ data: data.buffer.slice(data.byteOffset, data.byteOffset + data.length) });
  }

  const home = fs.mkdtempSync(path.join(os.tmpdir(), "wx-"));
  let downloads = 0;
  process.on("exit", () => fs.rmSync(home, { recursive: true, force: true }));

  return {
    env: { USER_DATA_PATH: home },
    connectSocket,
    uploadFile,
    downloadFile,
    getFileSystemManager: () => ({ writeFile, readFile }),
    request,
    canIUse: () => true,
    getSystemInfo: ({ success }) => success && success(system),
    getSystemInfoSync: () => system,
    getStorageSync: (key) => (store.has(key) ? store.get(key) : ""),
    setStorage: ({ key, data, success }) => { store.set(key, data); if (success) success({}); },
    setStorageSync: (key, value) => void store.set(key, value),
    removeStorageSync: (key) => void store.delete(key),
    getNetworkType: ({ success }) => success({ networkType: "wifi" }),
    onNetworkStatusChange() {},
    offNetworkStatusChange() {},
    onAppShow() {},
    onAppHide() {},
  };
};
