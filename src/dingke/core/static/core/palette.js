// Ctrl K: places at once, records from the server as one types, what was opened lately when nothing is typed.
const dialog = document.getElementById("palette");
const input = document.getElementById("palette-input");
const list = document.getElementById("palette-list");
const { texts = {} } = window.dk || {};
const searchUrl = document.body.dataset.searchUrl;
const store = `dk-recent:${document.body.dataset.person || ""}`;
let timer = 0;
let asking = null;
let counter = 0;

const recents = () => {
  try { return JSON.parse(localStorage.getItem(store)) || []; } catch { return []; }
};

function remember(href, text) {
  if (!href || !text) return;
  const kept = [{ href, text }, ...recents().filter((item) => item.href !== href)].slice(0, 8);
  try { localStorage.setItem(store, JSON.stringify(kept)); } catch { /* full or closed: nothing is lost */ }
}

const here = document.querySelector("[data-recent]"); // a page about one record names it
if (here) remember(location.pathname, here.dataset.recent || here.textContent.trim());

function head(text) {
  const line = document.createElement("div");
  line.className = "dk-palette-head";
  line.textContent = text;
  return line;
}

function commands(query) {
  const wanted = query.toLowerCase();
  const all = document.getElementById("palette-commands").content.cloneNode(true).querySelectorAll("a");
  return [...all].filter((link) => !wanted || link.textContent.toLowerCase().includes(wanted));
}

function recentLinks() {
  return recents().map(({ href, text }) => {
    const link = document.createElement("a");
    link.setAttribute("role", "option");
    link.href = href;
    link.textContent = text;
    return link;
  });
}

function show(found, query) {
  const parts = [];
  const before = query ? [] : recentLinks();
  if (before.length) parts.push(head(texts.recent), ...before);
  parts.push(...found);
  const places = commands(query);
  if (places.length) parts.push(head(texts.places), ...places);
  if (!parts.length) {
    const none = document.createElement("div");
    none.className = "dk-palette-none";
    none.textContent = texts.nothing;
    parts.push(none);
  }
  list.replaceChildren(...parts);
  options().forEach((option, index) => { option.id = `palette-${index}`; option.tabIndex = -1; });
  select(0);
}

const options = () => [...list.querySelectorAll('[role="option"]')];

function select(index) {
  const all = options();
  if (!all.length) return input.removeAttribute("aria-activedescendant");
  const at = (index + all.length) % all.length;
  all.forEach((option, place) => option.setAttribute("aria-selected", String(place === at)));
  input.setAttribute("aria-activedescendant", all[at].id);
  all[at].scrollIntoView({ block: "nearest" });
}

const current = () => options().findIndex((option) => option.getAttribute("aria-selected") === "true");

async function search() {
  const query = input.value.trim();
  const turn = ++counter;
  asking?.abort();
  if (!query || !searchUrl) return show([], query);
  asking = new AbortController();
  try {
    const answer = await fetch(`${searchUrl}?q=${encodeURIComponent(query)}`, { headers: { "HX-Request": "true" }, signal: asking.signal });
    if (turn !== counter) return;
    const holder = document.createElement("template");
    if (answer.ok) holder.innerHTML = await answer.text();
    if (turn === counter) show([...holder.content.children], query);
  } catch (error) {
    if (error.name !== "AbortError") show([], query);
  }
}

function open() {
  if (!dialog || dialog.open) return;
  input.value = "";
  show([], "");
  dialog.showModal();
  input.focus();
}

if (dialog) {
  window.dk.palette = open;
  document.addEventListener("click", (event) => { if (event.target.closest("[data-palette]")) open(); });
  input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(search, 140); });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) { event.preventDefault(); select(current() + step); }
    if (event.key === "Enter") { event.preventDefault(); options()[current()]?.click(); }
  });
  list.addEventListener("click", (event) => {
    const option = event.target.closest("a[role=option]");
    if (option && option.dataset.recent !== "no") remember(option.getAttribute("href"), option.dataset.name || option.textContent.trim().replace(/\s+/g, " "));
    if (option) dialog.close();
  });
}
