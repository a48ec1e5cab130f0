// The 咚咚 page inside the console: its tokens come from the operator's POST, and stay in memory.
import { copyText } from "./console.js";
import { talk } from "./dongdong_page.js";

const gettext = window.gettext ?? ((text) => text);
const root = document.getElementById("dongdong");
const { appkey, tokenUrl } = root.parentElement.dataset;
const csrf = root.parentElement.querySelector("[name=csrfmiddlewaretoken]").value;
const held = { user: "", token: "", untilMs: 0 };

async function getToken(user) {
  if (held.user === user && Date.now() < held.untilMs) return held.token;
  const answer = await fetch(tokenUrl, {
    method: "POST",
    headers: { "X-CSRFToken": csrf },
    body: new URLSearchParams({ user }),
  });
  const isOurs = answer.headers.get("Content-Type")?.includes("json");
  const told = isOurs ? await answer.json() : {};
  if (!told.token) throw new Error(told.error ?? `${gettext("The request failed.")} ${answer.status}`);
  Object.assign(held, { user, token: told.token, untilMs: Date.now() + (told.expires_in_s - 30) * 1000 });
  return held.token;
}

// The content policy lets the page talk to its own origin only.
const url = `${location.origin.replace("http", "ws")}/ws/native/`;
talk(root, { appkey, url, getToken, copy: copyText });
root.parentElement.hidden = false;
