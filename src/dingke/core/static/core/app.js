// The shell: toasts, quick view and dialogs, confirmation, offline notice, keys, and what htmx needs to know.
const texts = JSON.parse(document.getElementById("dk-texts")?.textContent || "{}");
const $ = (selector) => document.querySelector(selector);
const csrf = () => $('meta[name="csrf-token"]')?.content ?? "";
const dk = (window.dk = Object.assign(window.dk || {}, { texts, csrf, toast, open, close, confirm: ask }));

// ---- toasts ----
const TONES = { success: "green", danger: "red", error: "red", warning: "amber", info: "grey" };

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function toast(message, { kind = "success", undo = "", trace = "" } = {}) {
  const region = $("#toasts");
  if (!region || !message) return;
  const words = element("span", {}, message);
  if (trace) words.append(element("small", {}, `${texts.trace} ${trace}`));
  const box = element("div", { class: `dk-toast t-${TONES[kind] || "grey"}`, "data-toast": "" }, words);
  if (undo) {
    const button = element("button", { type: "button", class: "dk-toast-do" }, texts.undo);
    button.addEventListener("click", () => { box.remove(); htmx.ajax("POST", undo, { swap: "none" }); });
    box.append(button);
  }
  const shut = element("button", { type: "button", class: "dk-toast-x", "aria-label": texts.close }, "✕");
  shut.addEventListener("click", () => box.remove());
  box.append(shut);
  region.append(box);
  while (region.children.length > 4) region.firstElementChild.remove();
  if (region.showPopover) { // above an open dialog
    region.popover = "manual";
    if (region.matches(":popover-open")) region.hidePopover();
    region.showPopover();
  }
  fade(box, undo ? 12000 : kind === "danger" ? 10000 : 5000);
}

function fade(box, after) { // waits while somebody points at it or has it in focus
  const go = () => (box.matches(":hover, :focus-within") ? setTimeout(go, 1500) : box.remove());
  setTimeout(go, after);
}

document.addEventListener("dk:toast", (event) => {
  const { message, kind, undo, trace } = event.detail || {};
  toast(message, { kind, undo, trace });
});
for (const box of document.querySelectorAll("[data-toast]")) {
  box.querySelector("button")?.addEventListener("click", () => box.remove());
  fade(box, 7000);
}

// ---- quick view, dialogs, sheets ----
const phone = window.matchMedia("(max-width: 767.98px)");
let returnTo = null;

function open(dialog) {
  if (!dialog || dialog.open) return;
  returnTo = document.activeElement;
  if (dialog.id === "panel" && !phone.matches) dialog.show();
  else dialog.showModal();
}

function close(dialog) {
  if (dialog?.open) dialog.close();
}

for (const dialog of document.querySelectorAll("dialog")) {
  dialog.addEventListener("close", () => {
    if (["panel", "dialog"].includes(dialog.id)) dialog.replaceChildren();
    for (const row of document.querySelectorAll("tr.is-open")) if (dialog.id === "panel") row.classList.remove("is-open");
    if (returnTo?.isConnected) returnTo.focus({ preventScroll: true });
  });
  dialog.addEventListener("click", (event) => { // a click on the veil
    if (event.target !== dialog || !dialog.matches(":modal")) return;
    const box = dialog.getBoundingClientRect();
    const outside = event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
    if (outside && !dialog.querySelector("form[data-changed]")) close(dialog);
  });
}

document.addEventListener("input", (event) => event.target.closest?.("form")?.setAttribute("data-changed", ""));
document.addEventListener("dk:close", () => { close($("#dialog")); close($("#panel")); });

document.addEventListener("click", (event) => {
  const opener = event.target.closest("[data-open]");
  if (opener) open($(opener.dataset.open));
  const closer = event.target.closest("[data-close]");
  if (closer) close(closer.closest("dialog"));
  if (event.target.closest("[data-back]") && history.length > 1) { event.preventDefault(); history.back(); }
  if (event.target.closest("[data-print]")) window.print();
});

// ---- confirmation, in the house's own words ----
function ask(question, { yes = texts.yes, danger = false } = {}) {
  return new Promise((resolve) => {
    const title = element("h2", {}, texts.confirm);
    const cancel = element("button", { type: "button", class: "btn" }, texts.cancel);
    const go = element("button", { type: "button", class: danger ? "btn btn-danger" : "btn btn-primary" }, yes);
    const dialog = element("dialog", { class: "dk-dialog", role: "alertdialog", "aria-label": texts.confirm },
      element("header", { class: "dk-frame-head" }, element("div", {}, title)),
      element("div", { class: "dk-frame-body dk-read" }, question),
      element("footer", { class: "dk-frame-foot" }, cancel, go));
    let answer = false;
    cancel.addEventListener("click", () => dialog.close());
    go.addEventListener("click", () => { answer = true; dialog.close(); });
    dialog.addEventListener("close", () => { dialog.remove(); resolve(answer); });
    document.body.append(dialog);
    dialog.showModal();
    cancel.focus();
  });
}

document.addEventListener("htmx:confirm", (event) => {
  const { ctx, issueRequest, dropRequest } = event.detail;
  if (!ctx.confirm) return;
  event.preventDefault();
  const source = ctx.sourceElement;
  ask(ctx.confirm, { yes: source.dataset.yes || texts.yes, danger: source.matches(".btn-danger, [data-danger]") })
    .then((sure) => (sure ? issueRequest() : dropRequest()));
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (form.matches("[data-confirm]:not([data-sure])")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    ask(form.dataset.confirm, { danger: form.matches("[data-danger]") }).then((sure) => {
      if (!sure) return;
      form.dataset.sure = "";
      form.requestSubmit(event.submitter);
      delete form.dataset.sure;
    });
    return;
  }
  if (form.matches("[data-theme-form]")) return void setTheme(event);
  const plain = form.method === "post" && !form.matches("[hx-post], [hx-put], [data-download]");
  if (plain && !event.defaultPrevented) { // one press is one save
    if (form.dataset.sending) return event.preventDefault();
    form.dataset.sending = "1";
    setTimeout(() => delete form.dataset.sending, 8000);
  }
}, true);
window.addEventListener("pageshow", () => { for (const form of document.querySelectorAll("[data-sending]")) delete form.dataset.sending; });

function setTheme(event) {
  event.preventDefault();
  const body = new FormData(event.target, event.submitter);
  document.documentElement.dataset.theme = event.submitter.value;
  for (const button of document.querySelectorAll('[data-theme-form] [name="theme"]')) {
    button.setAttribute("aria-pressed", String(button.value === event.submitter.value));
  }
  fetch(event.target.action, { method: "POST", body, headers: { "X-CSRFToken": csrf() }, redirect: "manual" }).catch(() => toast(texts.offline, { kind: "warning" }));
}

// ---- htmx ----
document.addEventListener("htmx:config:request", (event) => {
  event.detail.ctx.request.headers["X-CSRFToken"] = csrf();
});

document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (ctx.response.status === 204) close(ctx.sourceElement.closest?.("#dialog, #panel"));
});

document.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail;
  const told = ctx.hx?.trigger?.includes("dk:toast");
  if (!told && (ctx.response.status >= 500 || !isPart(ctx.text))) toast(texts.failed, { kind: "danger", trace: ctx.response.headers.get("X-Trace-Id") || "" });
});

document.addEventListener("htmx:before:swap", (event) => { // a refusal must not empty the place it was asked from
  const { ctx } = event.detail;
  if (ctx.response?.status >= 400 && !isPart(ctx.text)) event.preventDefault();
});

function isPart(text) {
  return Boolean(text?.trim()) && !/^\s*(<!--[\s\S]*?-->\s*)?<!doctype/i.test(text);
}

document.addEventListener("htmx:error", (event) => {
  const { ctx, error } = event.detail;
  if (!ctx?.request) return;
  const timeout = ctx.request.signal?.reason === "timeout" || error?.name === "TimeoutError";
  toast(timeout ? texts.timeout : texts.offline, { kind: "warning" });
});

document.addEventListener("htmx:after:swap", (event) => {
  const { target, swap } = event.detail.ctx ?? {};
  if (!(target instanceof HTMLDialogElement) || swap === "none") return;
  if (!target.textContent.trim()) return close(target);
  const row = event.detail.ctx.sourceElement?.closest?.("tr");
  if (target.id === "panel") {
    for (const other of document.querySelectorAll("tr.is-open")) other.classList.remove("is-open");
    row?.classList.add("is-open");
  }
  open(target);
  target.querySelector("[autofocus], .has-error input, .has-error select, .has-error textarea")?.focus();
});

// ---- offline ----
function network() {
  const mark = $("#offline");
  if (mark) mark.hidden = navigator.onLine;
}
window.addEventListener("offline", () => { network(); toast(texts.offline, { kind: "warning" }); });
window.addEventListener("online", () => { network(); toast(texts.online); });
network();

// ---- keys ----
const places = [...document.querySelectorAll(".dk-nav-link[data-key]")].filter((link) => link.dataset.key);
const list = $("#keys-go");
for (const link of list ? places : []) {
  list.append(element("div", {}, element("dt", {}, element("kbd", {}, "g"), " ", element("kbd", {}, link.dataset.key)), element("dd", {}, link.textContent.trim())));
}
let going = 0;

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.defaultPrevented) return;
  if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
    event.preventDefault();
    return dk.palette?.();
  }
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    if (!$("dialog:modal")) close($("#panel"));
    return;
  }
  if (event.target.closest("input, textarea, select, [contenteditable], dialog:modal")) return;
  if (going && Date.now() - going < 1500) {
    going = 0;
    const link = places.find((place) => place.dataset.key === event.key.toLowerCase());
    if (link) { event.preventDefault(); link.click(); }
    return;
  }
  if (event.key === "g") going = Date.now();
  else if (event.key === "?") open($("#keys"));
  else if (event.key === "/") {
    event.preventDefault();
    const field = $("[data-list-search]");
    if (field) field.focus();
    else dk.palette?.();
  }
});
if (/Mac|iPhone|iPad/.test(navigator.platform)) for (const key of document.querySelectorAll(".dk-find kbd")) key.textContent = "⌘ K";
