// <form data-draft="key">: what is typed is kept in this browser until it has been saved.
const person = document.body.dataset.person || "";
const PREFIX = `dk-draft:${person}:`;
const SENT = "dk-draft-sent";
const KEEP_DAYS = 7;
const { texts = {} } = window.dk || {};

const read = (key) => {
  try { return JSON.parse(localStorage.getItem(PREFIX + key)); } catch { return null; }
};

function write(key, values) {
  const text = JSON.stringify({ at: Date.now(), values });
  try { localStorage.setItem(PREFIX + key, text); } catch {
    prune(0.5); // full: the older half makes room
    try { localStorage.setItem(PREFIX + key, text); } catch { /* too large to keep */ }
  }
}

function drop(key) {
  try { localStorage.removeItem(PREFIX + key); } catch { /* storage is closed */ }
}

function prune(share) {
  try {
    const all = Object.keys(localStorage).filter((name) => name.startsWith("dk-draft:"))
      .map((name) => ({ name, at: JSON.parse(localStorage.getItem(name))?.at || 0 })).sort((a, b) => a.at - b.at);
    const limit = Date.now() - KEEP_DAYS * 86400000;
    all.forEach(({ name, at }, index) => { if (at < limit || index < all.length * share) localStorage.removeItem(name); });
  } catch { /* storage is closed */ }
}

const fields = (form) => [...form.elements].filter((field) => field.name && !["hidden", "password", "file", "submit", "button"].includes(field.type));

function valuesOf(form) {
  const values = {};
  for (const field of fields(form)) {
    if (field.type === "checkbox" || field.type === "radio") { if (field.checked) (values[field.name] ||= []).push(field.value); else values[field.name] ||= []; }
    else if (field.multiple) values[field.name] = [...field.selectedOptions].map((option) => option.value);
    else values[field.name] = [field.value];
  }
  return values;
}

function fill(form, values) {
  for (const field of fields(form)) {
    const kept = values[field.name];
    if (!kept) continue;
    if (field.type === "checkbox" || field.type === "radio") field.checked = kept.includes(field.value);
    else if (field.multiple) for (const option of field.options) option.selected = kept.includes(option.value);
    else if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === kept[0])) field.value = kept[0] ?? "";
    if (field.tomselect) field.tomselect.sync();
    field.dispatchEvent(new Event("change", { bubbles: true }));
  }
}

const hasErrors = (form) => Boolean(form.querySelector(".has-error, [aria-invalid=true], .dk-notice.t-red"));

function notice(form, key, first) {
  const words = document.createElement("span");
  words.textContent = texts.restored;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = texts.discard;
  const box = document.createElement("div");
  box.className = "dk-draft";
  box.setAttribute("role", "status");
  box.append(words, button);
  button.addEventListener("click", () => { fill(form, first); drop(key); box.remove(); });
  (form.querySelector(".dk-frame-body") || form).prepend(box);
}

function watch(form) {
  if (form.dkDraft) return;
  form.dkDraft = true;
  const key = form.dataset.draft;
  const first = valuesOf(form);
  let sent = null;
  try { sent = sessionStorage.getItem(SENT); } catch { /* storage is closed */ }
  if (sent === key && !hasErrors(form)) { drop(key); forgetSent(); } // saved, and the same form is shown again
  const kept = read(key);
  if (kept && Date.now() - kept.at < KEEP_DAYS * 86400000 && JSON.stringify(kept.values) !== JSON.stringify(first) && !hasErrors(form)) {
    fill(form, kept.values);
    notice(form, key, first);
  }
  let timer = 0;
  const keep = () => { clearTimeout(timer); timer = setTimeout(() => { if (form.isConnected) write(key, valuesOf(form)); }, 250); };
  form.addEventListener("input", keep);
  form.addEventListener("change", (event) => { if (event.isTrusted) keep(); });
  form.addEventListener("submit", () => {
    clearTimeout(timer);
    write(key, valuesOf(form));
    if (!form.matches("[hx-post], [hx-put], [hx-patch]")) try { sessionStorage.setItem(SENT, key); } catch { /* storage is closed */ }
  });
}

function forgetSent() {
  try { sessionStorage.removeItem(SENT); } catch { /* storage is closed */ }
}

const watchAll = (root = document) => root.querySelectorAll("form[data-draft]").forEach(watch);
prune(0);
watchAll();
try { // a plain form was sent and another page came back: it was saved
  const sent = sessionStorage.getItem(SENT);
  if (sent && !document.querySelector(`form[data-draft="${CSS.escape(sent)}"]`)) drop(sent);
} catch { /* storage is closed */ }
forgetSent();

document.addEventListener("htmx:after:swap", () => watchAll());
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const form = ctx.sourceElement.closest?.("form[data-draft]") || ctx.request.form?.closest?.("form[data-draft]");
  if (!form || ctx.request.method === "GET" || ctx.response.status >= 400) return;
  const away = ctx.hx?.redirect || ctx.hx?.location || "";
  const signedOut = away.startsWith(document.body.dataset.loginUrl || "\u0000");
  const saved = ctx.response.status === 204 || ctx.hx?.refresh || (away && !signedOut) || /"kind": ?"success"/.test(ctx.hx?.trigger || "");
  if (saved) drop(form.dataset.draft);
});
document.addEventListener("submit", (event) => { // a shared computer keeps nothing after signing out
  if (!event.target.action?.endsWith("/logout/")) return;
  for (const name of Object.keys(localStorage)) if (name.startsWith(PREFIX)) localStorage.removeItem(name);
});
