// The shell's script: CSRF for htmx, copying, toasts, time display, menus, shortcuts.
// Nothing here is needed to use a page; it only saves steps.

const gettext = window.gettext ?? ((text) => text);

function cookie(beginning) {
  for (const part of document.cookie.split("; ")) {
    const [name, value] = part.split("=");
    if (name.startsWith(beginning)) return decodeURIComponent(value);
  }
  return "";
}

// --- Toasts ---------------------------------------------------------------

export function toast(text, { isError = false } = {}) {
  const note = document.createElement("div");
  note.className = `toast-note${isError ? " toast-error" : ""}`;
  note.dataset.test = isError ? "toast-error" : "toast";
  note.textContent = text;
  document.getElementById(isError ? "toasts-assertive" : "toasts-polite").append(note);
  dress(note);
}

function dress(note) {
  if (note.dataset.dressed) return;
  note.dataset.dressed = "yes";
  const close = document.createElement("button");
  close.type = "button";
  close.className = "toast-close";
  close.textContent = "×";
  close.setAttribute("aria-label", gettext("Close"));
  close.addEventListener("click", () => note.remove());
  note.append(close);
  // Errors stay until closed.
  if (!note.classList.contains("toast-error")) setTimeout(() => note.remove(), 6000);
}

// --- htmx -----------------------------------------------------------------

document.addEventListener("htmx:configRequest", (event) => {
  const field = document.querySelector("input[name=csrfmiddlewaretoken]");
  event.detail.headers["X-CSRFToken"] = cookie("im_csrf_") || (field ? field.value : "");
});

document.addEventListener("htmx:responseError", (event) => {
  const { xhr } = event.detail;
  if (xhr.status === 401) return; // the answer moves the page
  const id = xhr.getResponseHeader("X-Request-ID") || "–";
  toast(`${gettext("The request failed.")} ${xhr.status} · ${id}`, { isError: true });
});

// A hidden tab asks at most once in five seconds, as live.js does.
const HIDDEN_MS = 5_000;
let polledAt = 0;

document.addEventListener("htmx:beforeRequest", (event) => {
  const isPoll = event.detail.elt.getAttribute("hx-trigger")?.startsWith("every");
  if (!isPoll || !document.hidden) return;
  if (Date.now() - polledAt < HIDDEN_MS) event.preventDefault();
  else polledAt = Date.now();
});

document.addEventListener("htmx:sendError", () => {
  toast(gettext("The server did not answer."), { isError: true });
});

document.addEventListener("htmx:afterSwap", (event) => {
  // When the element that had the focus is gone, go to the new region's heading.
  if (document.activeElement && document.activeElement !== document.body) return;
  const heading = event.detail.target.querySelector("h1, h2, h3, caption");
  if (!heading) return;
  heading.tabIndex = -1;
  heading.focus();
});

// --- Copying --------------------------------------------------------------

const SVG = "http://www.w3.org/2000/svg";

export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS there is no clipboard API: select and copy the old way.
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "visually-hidden";
    document.body.append(area);
    area.select();
    const done = document.execCommand("copy");
    area.remove();
    if (!done) {
      toast(gettext("Copying failed: select the text by hand."), { isError: true });
      return;
    }
  }
  toast(gettext("Copied"));
}

// What is marked gets a button behind it, or behind the link that it is in: a list that sent a
// button with each row would send little else.
function addCopyButton(element) {
  const text = element.dataset.copy || element.textContent;
  element.removeAttribute("data-copy");
  const button = document.createElement("button");
  button.type = "button";
  button.className = "copy-button";
  button.dataset.copy = text;
  button.title = gettext("Copy");
  button.setAttribute("aria-label", interpolate(gettext("Copy %s"), [text]));
  const icon = document.createElementNS(SVG, "svg");
  icon.setAttribute("class", "icon");
  icon.setAttribute("aria-hidden", "true");
  icon.append(document.createElementNS(SVG, "use"));
  const sprite = document.querySelector("use").getAttribute("href").split("#")[0];
  icon.firstChild.setAttribute("href", `${sprite}#copy`);
  button.append(icon);
  (element.closest("a") ?? element).after(button);
}

document.addEventListener("click", async (event) => {
  const button = event.target.closest("button[data-copy], button[data-copy-from], button[data-copy-of]");
  if (!button) return;
  const { copy, copyFrom, copyOf } = button.dataset;
  if (copyOf) {
    const sample = new URL(location.href); // too long to stand on the page
    sample.searchParams.set("copy_as", copyOf);
    copyText(await (await fetch(sample)).text());
  } else copyText(copyFrom ? document.getElementById(copyFrom).textContent : copy);
});

// --- Names picked from those that the server suggests ------------------------

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-pick]");
  if (!button) return;
  const place = button.closest(".picks");
  const field = document.getElementById(place.id.replace(/_names$/, ""));
  const isList = field.tagName === "TEXTAREA";
  // The end of a list is what was being typed; somebody may have typed on meanwhile.
  const { typed } = button.dataset;
  const isSame = field.value.toLowerCase().endsWith(typed.toLowerCase());
  const rest = isSame ? field.value.slice(0, field.value.length - typed.length) : field.value.replace(/[^\s,;，；、]*$/, "");
  const before = isList ? rest : "";
  field.value = `${before}${button.dataset.pick}${isList ? ", " : ""}`;
  place.replaceChildren();
  field.focus();
  field.dispatchEvent(new Event("input", { bubbles: true }));
});

// --- Times ----------------------------------------------------------------

const SHOWS = ["local", "utc", "epoch"];
const SHOW_LABELS = { local: () => gettext("Local"), utc: () => "UTC", epoch: () => gettext("Epoch") };

function timeShow() {
  const stored = localStorage.getItem("im-time");
  return SHOWS.includes(stored) ? stored : "local";
}

function showTimes(root) {
  const show = timeShow();
  for (const element of root.querySelectorAll("time[datetime]")) {
    element.dataset.local ??= element.textContent;
    const ms = Date.parse(element.dateTime);
    const utc = element.dateTime.replace("T", " ").replace("Z", "");
    element.title = `UTC ${utc} · epoch ${ms} ms`;
    element.textContent = { local: element.dataset.local, utc, epoch: ms }[show];
  }
  const button = document.getElementById("time-switch");
  if (!button) return;
  button.hidden = !document.querySelector("time[datetime]");
  button.querySelector("span").textContent = SHOW_LABELS[show]();
}

// --- Countdowns -------------------------------------------------------------

function clock(seconds) {
  const [hours, minutes, rest] = [seconds / 3600, (seconds % 3600) / 60, seconds % 60].map(Math.floor);
  const two = (number) => String(number).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

function countDown() {
  for (const element of document.querySelectorAll("[data-countdown]")) {
    const left = Math.max(0, Number(element.dataset.countdown) - Date.now());
    const text = clock(Math.floor(left / 1000));
    if (element.textContent !== text) element.textContent = text;
  }
}

if (document.querySelector("[data-countdown]")) setInterval(countDown, 250);

// --- Menus ----------------------------------------------------------------

function closeMenus(except) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (menu !== except) menu.open = false;
  }
}

document.addEventListener("click", (event) => closeMenus(event.target.closest("details.menu")));

function wireSidebar() {
  const open = document.getElementById("nav-open");
  const sidebar = document.getElementById("nav");
  if (!open || !sidebar) return;
  const set = (isOpen) => {
    sidebar.classList.toggle("is-open", isOpen);
    open.setAttribute("aria-expanded", String(isOpen));
    (isOpen ? sidebar.querySelector("a, summary") : open).focus();
  };
  open.setAttribute("aria-expanded", "false");
  open.setAttribute("role", "button");
  open.addEventListener("click", (event) => {
    event.preventDefault();
    set(true);
  });
  sidebar.querySelector(".nav-close").addEventListener("click", (event) => {
    event.preventDefault();
    set(false);
  });
}

// --- Shortcuts ------------------------------------------------------------

let isGoing = false;

function isTyping(target) {
  return target.closest("input, textarea, select, [contenteditable]") !== null;
}

function pickRow(step) {
  const rows = [...document.querySelectorAll("table tbody tr[data-id]")];
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.classList.contains("is-picked"));
  const next = rows[Math.min(rows.length - 1, Math.max(0, now + step))];
  rows.forEach((row) => row.classList.toggle("is-picked", row === next));
  next.scrollIntoView({ block: "nearest" });
}

function picked() {
  return document.querySelector("tr.is-picked");
}

const KEYS = {
  "/": () => document.querySelector(".filter-bar input")?.focus(),
  "?": () => document.getElementById("shortcuts")?.showModal(),
  n: () => document.querySelector("[data-new]")?.click(),
  j: () => pickRow(1),
  k: () => pickRow(-1),
  x: () => picked()?.querySelector("input[type=checkbox]")?.click(),
  Enter: () => picked()?.querySelector("a")?.click(),
};

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    document.querySelector("#nav.is-open .nav-close")?.click();
    const menu = document.querySelector("details.menu[open]");
    closeMenus(null);
    menu?.querySelector("summary").focus();
    return;
  }
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.target.closest("form[data-composer]")?.requestSubmit();
    return;
  }
  if (document.body.dataset.shortcuts !== "on") return;
  if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  if (isGoing) {
    isGoing = false;
    document.querySelector(`[data-go="${CSS.escape(event.key)}"]`)?.click();
    return;
  }
  if (event.key === "g") {
    isGoing = true;
    setTimeout(() => { isGoing = false; }, 1500);
    return;
  }
  if (event.key === "Enter" && event.target.closest("a, button, summary")) return;
  const act = KEYS[event.key];
  if (!act) return;
  event.preventDefault();
  act();
});

// --- Choices that another choice rules out: the hint beside them says why --------

function ruleOut(box) {
  const [name, state] = box.dataset.needs.split("=");
  const other = box.form.elements[name];
  const show = () => {
    box.disabled = !box.checked && other.checked !== (state === "on");
  };
  other.addEventListener("change", show);
  show();
}

// --- What is typed, as it will be kept ----------------------------------------

document.addEventListener("input", (event) => {
  const field = event.target;
  if ("lower" in field.dataset && field.value !== field.value.toLowerCase()) {
    const at = field.selectionStart;
    field.value = field.value.toLowerCase();
    field.setSelectionRange(at, at);
  }
  for (const place of document.querySelectorAll("[data-joins]")) {
    const parts = place.dataset.joins.split(" ").map((id) => document.getElementById(id).value);
    place.textContent = parts.every(Boolean) ? parts.join(place.dataset.with) : "";
  }
});

// --- Ticked rows ------------------------------------------------------------

const TICKS = ".tick input:not([data-tick-all])";

function countTicks() {
  const place = document.querySelector("[data-ticked]");
  if (!place) return;
  const ticked = document.querySelectorAll(`${TICKS}:checked`).length;
  place.textContent = ticked || "";
  const note = document.querySelector("[data-ticked-note]");
  if (note) note.hidden = !ticked;
}

// A list that renews itself must not lose what somebody has ticked.
document.addEventListener("htmx:beforeRequest", (event) => {
  const list = event.detail.elt.closest("[data-keep-ticks]");
  if (list?.querySelector(`${TICKS}:checked`)) event.preventDefault();
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) {
    for (const box of document.querySelectorAll(TICKS)) {
      box.checked = event.target.checked;
    }
  }
  if (event.target.matches(".tick input")) countTicks();
});

// --- Start, and again for what htmx brings ---------------------------------

function prepare(root) {
  root.querySelectorAll("[data-copy]:not(button)").forEach(addCopyButton);
  root.querySelectorAll("[data-needs]").forEach(ruleOut);
  for (const button of root.querySelectorAll("[data-copy-from], [data-copy-of]")) {
    button.hidden = false;
  }
  for (const box of root.querySelectorAll("[data-tick-all]")) box.hidden = false;
  root.querySelectorAll(".toast-note").forEach(dress);
  root.querySelector("[data-focus]")?.focus();
  showTimes(root);
}

document.addEventListener("htmx:load", (event) => {
  if (event.detail.elt !== document.body) prepare(event.detail.elt);
});

document.getElementById("time-switch")?.addEventListener("click", () => {
  localStorage.setItem("im-time", SHOWS[(SHOWS.indexOf(timeShow()) + 1) % SHOWS.length]);
  showTimes(document);
});

// Set-up: the browser knows the zone; a zone that was typed stays.
const zone = document.querySelector("input[data-guess-zone]");
if (zone && zone.value === "UTC") {
  zone.value = Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}

wireSidebar();
prepare(document);
