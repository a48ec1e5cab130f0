// The flow of the 咚咚 article on dongdong.js: connect, create a group, send, read back, recall.
// The markup holds the words and the places (data-part, data-on); this is what happens in them.
import { createDongdong, usernameOf } from "../../sdk/dongdong.js";
import { isAfter } from "../../sdk/imadmin.js";

export function talk(root, { appkey, url, getToken, copy = (text) => navigator.clipboard.writeText(text) }) {
  const part = (name, within = root) => within.querySelector(`[data-part="${name}"]`);
  const made = (name) => part(name).content.firstElementChild.cloneNode(true);
  const show = (state, within) => {
    const focused = document.activeElement;
    within.dataset.state = state;
    for (const one of within.querySelectorAll("[data-on]")) one.hidden = !one.dataset.on.split(" ").includes(state);
    // The button that was used may be gone: the keyboard goes on from the messages.
    if (within.contains(focused) && focused.closest("[hidden]")) log.focus({ preventScroll: true });
  };
  const complain = (text) => { part("trouble").textContent = text; };
  const log = part("log"), list = part("messages");
  const isAtEnd = () => log.scrollHeight - log.scrollTop - log.clientHeight < 40;
  const names = new Map();
  let user = "", rows = new Map(), oldest = -1, isPulling = false, unseen = 0, lastRead = "";

  const sdk = createDongdong({
    appkey,
    getToken: () => getToken(user).catch((error) => {
      sdk.close(); // or it would ask again and again
      complain(error.message);
      throw error;
    }),
  });

  // --- A message and its row: sending, sent, read, failed, received, recalled ---

  function fill(row, message) {
    const { mid, from, type, content, url: address, timestamp } = message;
    const isMine = usernameOf(from.pin) === user;
    row.classList.toggle("is-mine", isMine);
    part("from", row).textContent = from.nickName || from.pin;
    part("client", row).textContent = from.clientType;
    part("time", row).textContent = new Date(timestamp).toLocaleTimeString();
    const text = type === "text" ? content : address || `${type} ${JSON.stringify(content)}`;
    part("body", row).replaceChildren(type === "image" && address ? picture(address) : text);
    part("copy", row).onclick = () => copy(text);
    part("recall", row).onclick = () => sdk.recallMsg(mid, ({ code, msg }) => (code ? complain(msg) : takeBack(row)));
    show(!isMine ? "received" : message.read ? "read" : mid ? "sent" : "sending", row);
    if (message.recalled) takeBack(row);
    if (!mid) return row;
    if (rows.get(mid) !== row) rows.get(mid)?.remove(); // the history was faster than the answer
    rows.set((row.dataset.mid = mid), row);
    if (row.isConnected) place(row);
    return row;
  }

  /** Where its id belongs: what was sent again is new, and a repaired connection may bring an older one late. */
  function place(row) {
    const later = [...list.children].find((one) => one.dataset.mid && isAfter(one.dataset.mid, row.dataset.mid)) ?? null;
    if (!row.isConnected || row.nextElementSibling !== later) list.insertBefore(row, later);
  }

  function takeBack(row) {
    part("body", row).replaceChildren();
    show("recalled", row);
  }

  function picture(address) {
    const link = Object.assign(document.createElement("a"), { href: address, target: "_blank", textContent: address });
    const known = [location.origin, new URL(url).origin.replace(/^ws/, "http")];
    if (!known.includes(new URL(address, location).origin)) return link; // the content policy lets in no other host
    const image = Object.assign(document.createElement("img"), { src: address, alt: address });
    image.onload = () => unseen || toNewest(); // it has a height only now
    link.replaceChildren(image);
    return link;
  }

  function send(draft, call) {
    const row = fill(made("message"), { from: sdk.me, timestamp: Date.now(), ...draft });
    const done = (answer) => {
      if (!answer.code) return fill(row, answer);
      show("failed", row);
      part("why", row).textContent = answer.msg;
      part("resend", row).onclick = () => {
        show("sending", row);
        if (answer.localId) sdk.resend(answer.localId, done);
        else call(done); // it failed before it was sent: the upload
      };
    };
    list.append(row);
    toNewest();
    call(done);
  }

  const sendImage = (file) => file && send({ type: "image" }, async (done) => {
    try {
      sdk.sendImageMsg(await sdk.uploadImage(file), done);
    } catch ({ code = "error", message }) {
      done({ code, msg: message });
    }
  });

  // --- History, ten at a time until `end`; what is unread; the newest ---

  function enter(place) {
    [sdk.current, rows, oldest, lastRead] = [place, new Map(), -1, ""];
    list.replaceChildren();
    part("title").textContent = place.id;
    part("end").hidden = true;
    part("composer").disabled = false;
    pull();
  }

  function pull() {
    const here = sdk.current;
    if (isPulling || !here || !part("end").hidden) return;
    isPulling = true;
    sdk.pullHistoryMsg(oldest, 10, ({ code, msg, msgs, end }) => {
      isPulling = false;
      if (here !== sdk.current) return pull();
      if (code) return complain(msg);
      const isFirst = oldest === -1, below = log.scrollHeight - log.scrollTop;
      for (const one of msgs) if (!rows.has(one.mid)) list.prepend(fill(made("message"), one));
      if (msgs.length) oldest = msgs.at(-1).mid;
      part("end").hidden = !end;
      part("earlier").hidden = end;
      log.scrollTop = log.scrollHeight - below; // what was in view stays there
      if (isFirst) toNewest();
    });
  }

  function toNewest() {
    log.scrollTop = log.scrollHeight;
    unseen = 0;
    if (document.activeElement === part("newest")) log.focus();
    part("newest").hidden = true;
    const last = [...list.querySelectorAll("li:not(.is-mine)")].at(-1)?.dataset.mid;
    if (last && last !== lastRead && !document.hidden) sdk.readMsg((lastRead = last), listPlaces);
  }

  /** One's groups by name; one that is not among them any more goes by its id. */
  async function nameGroups(ids) {
    const { data } = await sdk.im.groupList().catch(() => ({ data: [] }));
    for (const { groupid, groupname } of data) names.set(groupid, groupname);
    for (const id of ids) if (!names.has(id)) names.set(id, id);
  }

  function listPlaces() {
    sdk.getConversations(async ({ code, total, conversations }) => {
      if (code) return;
      const unnamed = conversations.map(({ gid }) => gid).filter((gid) => gid && !names.has(gid));
      if (unnamed.length) await nameGroups(unnamed);
      part("total").textContent = total;
      part("places").replaceChildren(...conversations.map(({ gid, pin, unread }) => {
        const row = made("place");
        part("name", row).textContent = names.get(gid) || gid || pin;
        part("unread", row).textContent = unread;
        part("badge", row).hidden = !unread;
        part("open", row).onclick = () => enter(gid ? { type: "group", id: gid } : { type: "user", id: usernameOf(pin) });
        return row;
      }));
    });
  }

  // --- What comes from the server ---

  sdk.on("message", (message) => {
    const id = message.gid || [message.to, message.from.pin].map(usernameOf).find((name) => name !== user);
    const isHere = sdk.current?.id === id && sdk.current.type === (message.gid ? "group" : "user");
    if (isHere && !rows.has(message.mid)) {
      const wasAtEnd = isAtEnd();
      place(fill(made("message"), message));
      if (wasAtEnd) toNewest();
      else part("new").textContent = ++unseen;
      part("newest").hidden = wasAtEnd;
    }
    listPlaces();
  });
  sdk.on("read", ({ mid, by }) => {
    if (usernameOf(by) !== sdk.current?.id) return;
    for (const [id, row] of rows) if (row.dataset.state === "sent" && !isAfter(id, mid)) show("read", row);
  });
  sdk.on("recall", ({ mid }) => rows.has(mid) && takeBack(rows.get(mid)));
  sdk.on("heartbeat", () => { part("beat").textContent = new Date().toLocaleTimeString(); });
  sdk.on("close", ({ final }) => show(final ? "closed" : "connecting", part("state")));
  sdk.on("error", ({ code, msg }) => code === "closed" || complain(msg));
  sdk.on("open", () => {
    show("open", part("state"));
    // It also learns what the others have read. After a reconnect the rows are still there.
    sdk.getConversations(() => (sdk.current && part("composer").disabled ? enter(sdk.current) : listPlaces()));
  });

  // --- What the person does ---

  const on = (name, act) => part(name).addEventListener(part(name).matches("form") ? "submit" : "click", (event) => {
    event.preventDefault();
    complain("");
    act(event.target.elements);
  });
  on("connect", ({ pin, toChat, gid, clientType }) => {
    const before = user + sdk.current?.id;
    user = usernameOf(pin.value);
    show("connecting", part("state"));
    sdk.connect({ pin: pin.value, toChat: toChat.value, clientType: clientType.value, appId: "im.demo", url }, () => {}, gid.value);
    if (before !== user + sdk.current?.id) part("composer").disabled = true;
  });
  on("disconnect", () => sdk.close());
  on("group", ({ name, invitees }) => {
    const pins = invitees.value.split(/[\s,，]+/).filter(Boolean);
    sdk.createGroup({ name: name.value, kind: 1024, invitees: pins.map((pin) => ({ pin })) }, ({ code, msg, gid }) => {
      if (code) return complain(msg);
      enter({ type: "group", id: gid });
      listPlaces();
    });
  });
  on("say", ({ text }) => {
    const content = text.value;
    if (content) send({ type: "text", content }, (done) => sdk.sendTextMsg(content, done));
    text.value = "";
  });
  on("special", ({ type, data }) => {
    const draft = { type: type.value, content: data.value };
    send(draft, (done) => sdk.sendCustomMsg(draft.type, draft.content, done));
  });
  on("earlier", pull);
  on("newest", toNewest);
  log.addEventListener("scroll", () => {
    if (log.scrollTop < 20) pull();
    if (isAtEnd()) toNewest();
    else part("newest").hidden = false;
  });
  document.addEventListener("visibilitychange", () => isAtEnd() && toNewest()); // read is what one can see
  for (const name of ["file", "capture"]) part(name).addEventListener("change", ({ target }) => {
    sendImage(target.files[0]);
    target.value = "";
  });

  on("camera", () => takePicture(part("dialog")).then(sendImage, (error) => {
    complain(error.message);
    show("file", part("cameras"));
  }));
  // Only where the browser trusts the page: over TLS, or on this machine itself.
  show(navigator.mediaDevices ? "live" : "file", part("cameras"));
}

async function takePicture(dialog) {
  const stream = await navigator.mediaDevices.getUserMedia({ video: true });
  const video = Object.assign(dialog.querySelector("video"), { srcObject: stream });
  dialog.returnValue = "";
  dialog.showModal();
  await new Promise((done) => dialog.addEventListener("close", done, { once: true }));
  const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
  canvas.getContext("2d").drawImage(video, 0, 0);
  stream.getTracks().forEach((track) => track.stop());
  if (dialog.returnValue !== "taken") return null;
  const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg"));
  return new File([blob], "camera.jpg", { type: blob.type });
}
