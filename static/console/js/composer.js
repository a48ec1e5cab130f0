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

function watch(area, { isJson }) {
  const state = document.createElement("p");
  state.className = "text-state";
  state.dataset.test = `${area.name}-state`;
  area.after(state);
  const show = () => {
    const size = document.createElement("span");
    size.textContent = `${bytes.encode(area.value).length} ${gettext("bytes")}`;
    state.replaceChildren(size);
    if (!isJson || !area.value.trim()) return;
    const found = validity(area.value);
    const word = document.createElement("span");
    word.className = found.right ? "is-right" : "is-wrong";
    word.textContent = found.text;
    state.append(word);
  };
  area.addEventListener("input", show);
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

if (form) {
  watch(form.elements.text, { isJson: false });
  for (const name of ["ext", "custom_exts"]) watch(form.elements[name], { isJson: true });
  for (const hidden of form.querySelectorAll(".picks[hidden], .key-hint")) hidden.hidden = false;
  form.addEventListener("click", (event) => {
    const button = event.target.closest("button[type=button]");
    if (!button) return;
    if (button.dataset.preset) write(form.elements.ext, button.dataset.preset);
    if ("format" in button.dataset) format(form.elements.ext);
  });
}
