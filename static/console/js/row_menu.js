// The menu of a row: a[data-menu] leads to a page with what can be done to one thing. With script
// that page's part opens beside the link, in the top layer, as lists cut off what hangs over them.
// It is a list of links: Tab and the arrows walk it, Escape goes back to the row.

const menu = document.createElement("div");
menu.className = "row-menu";
menu.dataset.test = "row-menu";
menu.popover = "auto";
let opener = null;
let pressed = null; // the menu's row when the pointer went down: that press has closed it

function place() {
  const { bottom, right, top } = opener.getBoundingClientRect();
  const { offsetHeight: height, offsetWidth: width } = menu;
  const isBelow = bottom + height + 4 <= window.innerHeight;
  menu.style.top = `${Math.max(4, isBelow ? bottom + 4 : top - height - 4)}px`;
  menu.style.left = `${Math.max(4, right - width)}px`;
}

async function open(link) {
  const answer = await fetch(link.href, { headers: { "HX-Request": "true" } });
  if (!answer.ok) { // signed out, or the user is gone: its page says so
    location.assign(link.href);
    return;
  }
  menu.innerHTML = await answer.text();
  opener = link;
  link.after(menu);
  menu.showPopover();
  place();
  link.setAttribute("aria-expanded", "true");
  menu.querySelector("a")?.focus({ preventScroll: true });
}

menu.addEventListener("beforetoggle", (event) => {
  if (event.newState !== "closed" || !opener) return;
  opener.removeAttribute("aria-expanded");
  if (menu.contains(document.activeElement)) opener.focus({ preventScroll: true });
  opener = null;
});

menu.addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const links = [...menu.querySelectorAll("a")];
  links[(links.indexOf(document.activeElement) + step + links.length) % links.length].focus();
});

document.addEventListener("pointerdown", () => { pressed = menu.matches(":popover-open") ? opener : null; }, true);
document.addEventListener("scroll", () => { if (menu.matches(":popover-open")) menu.hidePopover(); }, { capture: true, passive: true });

document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-menu]");
  if (!link || !menu.showPopover || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  if (pressed === link) pressed = null;
  else open(link);
});
