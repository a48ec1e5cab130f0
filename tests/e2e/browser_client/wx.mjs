// As much of WeChat's `wx` as the adapters use, with its manners: callbacks come later, a missing
// key is "", a connection that fails tells onError and no close. Its storage outlives the process.
import { existsSync, readFileSync, writeFileSync } from "node:fs";

export function makeWx(file, WebSocket) {
  const read = () => (existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : {});
  const write = (all) => writeFileSync(file, JSON.stringify(all));
  return {
    getStorageSync: (key) => read()[key] ?? "",
    setStorageSync: (key, value) => write({ ...read(), [key]: value }),
    removeStorageSync: (key) => write((({ [key]: _, ...rest }) => rest)(read())),

    connectSocket({ url }) {
      const socket = new WebSocket(url);
      const later = (listener) => (result) => setTimeout(() => listener?.(result));
      let failed = false;
      return {
        onOpen: (listener) => (socket.onopen = () => later(listener)({ header: {} })),
        onMessage: (listener) => (socket.onmessage = ({ data }) => later(listener)({ data })),
        onClose: (listener) => (socket.onclose = ({ code, reason }) => failed || later(listener)({ code, reason })),
        onError: (listener) => (socket.onerror = ({ message }) => {
          failed = true;
          later(listener)({ errMsg: `connectSocket:fail ${message}` });
        }),
        send: ({ data, success, fail }) =>
          socket.send(data, (error) => (error ? later(fail)({ errMsg: `sendSocketMessage:fail ${error}` }) : later(success)({}))),
        close: ({ code, reason }) => socket.close(code, reason),
      };
    },

    request({ url, method, header, data, success, fail }) {
      fetch(url, { method, headers: header, body: data }).then(
        async (answer) => success({ statusCode: answer.status, data: await answer.json() }),
        (error) => fail({ errMsg: `request:fail ${error}` }),
      );
    },

    uploadFile({ url, filePath, name, header, success, fail }) {
      const form = new FormData();
      form.append(name, new Blob([readFileSync(filePath)]), filePath.split("/").pop());
      fetch(url, { method: "POST", headers: header, body: form }).then(
        async (answer) => success({ statusCode: answer.status, data: await answer.text() }),
        (error) => fail({ errMsg: `uploadFile:fail ${error}` }),
      );
    },
  };
}
