// The composer's helpers: size and validity as one types, presets.
// The form works without them, and the server checks everything again.

const gettext = window.gettext ?? ((text) => text);
const form = document.querySelector("form[data-composer]");
const bytes = new TextEncoder();

function placeOf(text, position) {
  const before = text.slice(0, position).split("\n");
  return { line: before.length, column: before.at(-1).length + 1 };
}

// Where a text stops being JSON: engines do not all say it.
function faultAt(text) {
  const space = /[ \t\n\r]*/y;
  const atom = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
  let at = 0;
  const need = (isThere) => {
    if (!isThere) throw new SyntaxError("not JSON");
  };
  const match = (pattern) => {
    pattern.lastIndex = at;
    need(pattern.test(text));
    at = pattern.lastIndex;
  };
  const take = (sign) => {
    match(space);
    if (text[at] !== sign) return false;
    at += 1;
    return true;
  };
  const listOf = (item, end) => {
    if (take(end)) return;
    do item(); while (take(","));
    need(take(end));
  };
  const pair = () => {
    match(space);
    need(text[at] === '"');
    match(atom);
    need(take(":"));
    value();
  };
  const value = () => {
    if (take("{")) listOf(pair, "}");
    else if (take("[")) listOf(value, "]");
    else match(atom);
  };
  try {
    value();
    match(space);
  } catch {
    // `at` is the place; a text too deep for the stack ends here, too
  }
  return at;
}

function validity(text) {
  try {
    const value = JSON.parse(text);
    if (value === null || typeof value !== "object" || Array.isArray(value)) {
      return { right: false, text: gettext("Not a JSON object") };
    }
    return { right: true, text: gettext("Valid JSON") };
  } catch {
    const { line, column } = placeOf(text, faultAt(text));
    return { right: false, text: `${gettext("Not JSON:")} ${gettext("line")} ${line}, ${gettext("column")} ${column}` };
  }
}

function size(text) {
  return bytes.encode(text).length;
}

// What the server counts: the body's JSON and that of the ext.
function messageSize() {
  const whole = JSON.stringify({ msg: form.elements.text.value });
  try {
    return size(whole) + (form.elements.ext.value.trim() ? size(JSON.stringify(JSON.parse(form.elements.ext.value))) : 0);
  } catch {
    return size(whole);
  }
}

function word(className, text) {
  const made = document.createElement("span");
  made.className = className;
  made.textContent = text;
  return made;
}

function watch(area, { isJson }) {
  const state = document.createElement("p");
  state.className = "text-state";
  state.dataset.test = `${area.name}-state`;
  area.after(state);
  const limit = Number(area.dataset.limit);
  const show = () => {
    const isText = form.elements.type.value === "txt";
    const isLong = Boolean(limit) && isText && messageSize() > limit;
    const told = limit ? `${size(area.value)} / ${limit}` : `${size(area.value)}`;
    state.replaceChildren(word(isLong ? "is-wrong" : "", `${told} ${gettext("bytes")}`));
    const tooLong = isLong ? gettext("With its ext the message is longer than this app allows.") : "";
    area.setCustomValidity(tooLong);
    if (tooLong) state.append(word("is-wrong", tooLong));
    if (!isJson || !area.value.trim()) return;
    const found = validity(area.value);
    state.append(word(found.right ? "is-right" : "is-wrong", found.text));
  };
  (limit ? form : area).addEventListener("input", show);
  show();
}

function write(area, text) {
  area.value = text;
  area.dispatchEvent(new Event("input", { bubbles: true }));
  area.focus();
}

function format(area) {
  try {
    write(area, JSON.stringify(JSON.parse(area.value), null, 2));
  } catch {
    area.focus(); // the line below says what is wrong
  }
}

// --- The chosen file: shown, and measured where the message says how large or long it is ------

const PLAYERS = { img: "img", audio: "audio", video: "video" };

function fill(name, number) {
  const field = form.elements[name];
  if (field.value && field.dataset.filled !== field.value) return; // somebody typed it
  field.value = field.dataset.filled = String(number);
}

function preview() {
  document.getElementById("upload-preview")?.remove();
  const [file] = form.elements.upload.files;
  const tag = PLAYERS[form.elements.type.value];
  if (!file || !tag) return;
  const shown = document.createElement(tag);
  shown.id = "upload-preview";
  shown.className = "preview";
  shown.dataset.test = "upload-preview";
  if (tag === "img") {
    shown.alt = file.name;
    shown.addEventListener("load", () => { fill("width", shown.naturalWidth); fill("height", shown.naturalHeight); });
  } else {
    shown.controls = true;
    shown.setAttribute("aria-label", file.name);
    shown.addEventListener("loadedmetadata", () => {
      if (Number.isFinite(shown.duration)) fill("length", Math.max(1, Math.round(shown.duration)));
    });
  }
  shown.addEventListener("error", () => shown.remove()); // no picture, or one the browser cannot show
  shown.src = URL.createObjectURL(file);
  form.elements.upload.after(shown);
}

if (form) {
  form.addEventListener("change", (event) => {
    if (["upload", "type"].includes(event.target.name)) preview();
  });
  watch(form.elements.text, { isJson: false });
  watch(form.elements.ext, { isJson: true });
  for (const hidden of form.querySelectorAll(".picks[hidden], .key-hint")) hidden.hidden = false;
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[type=button]");
    if (!button) return;
    if (button.dataset.preset) write(form.elements.ext, button.dataset.preset);
    if ("format" in button.dataset) format(form.elements.ext);
  });
}
