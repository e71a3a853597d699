// The board of deals: cards are dragged to another stage, or moved by the menu of the card. The server decides; a refused card goes back.
const board = () => document.querySelector("[data-board]");
const token = () => document.querySelector('meta[name="csrf-token"]').content;
const coarse = matchMedia("(pointer: coarse)");

function library(address) {
  if (window.Sortable) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = address;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

const toast = (message, kind = "danger") => document.dispatchEvent(new CustomEvent("dk:toast", { detail: { message, kind } }));

function say(card, list) {
  const words = { name: card.querySelector(".pl-name").textContent.trim(), stage: list.dataset.name };
  document.querySelector("[data-board-told]").textContent = board().dataset.moved.replace(/\{(\w+)\}/g, (_all, word) => words[word]);
}

function heads(sums) {
  for (const place of document.querySelectorAll("[data-number]")) place.textContent = sums[place.dataset.number]?.number ?? "0";
  for (const place of document.querySelectorAll("[data-amount]")) place.textContent = sums[place.dataset.amount]?.amount ?? "0";
}

function putBack(card, home) {
  home.list.insertBefore(card, home.before?.isConnected && home.before.parentElement === home.list ? home.before : home.list.querySelector(".pl-more"));
  card.classList.add("is-back");
  setTimeout(() => card.classList.remove("is-back"), 600);
}

async function move(card, list, home) {
  card.classList.add("is-busy");
  const body = new FormData();
  body.set("stage", list.dataset.stage);
  body.set("version", card.dataset.version);
  let response;
  let told;
  try {
    response = await fetch(card.dataset.moveUrl + board().dataset.query, {
      method: "POST", body, headers: { "X-CSRFToken": token(), Accept: "application/json" },
    });
    told = await response.json();
  } catch {
    card.classList.remove("is-busy");
    putBack(card, home);
    return toast(board().dataset.lost);
  }
  card.classList.remove("is-busy");
  if (response.ok) {
    const made = document.createRange().createContextualFragment(told.card).firstElementChild;
    card.replaceWith(made);
    window.htmx?.process(made);
    heads(told.heads);
    return say(made, list);
  }
  putBack(card, home);
  if (told.dialog) {
    const dialog = document.getElementById("dialog");
    dialog.replaceChildren(document.createRange().createContextualFragment(told.dialog));
    window.htmx?.process(dialog);
    if (!dialog.open) dialog.showModal();
    return undefined;
  }
  toast(told.message || told.detail || board().dataset.lost);
  if (told.stale) document.dispatchEvent(new CustomEvent("dk:deals-changed"));
  return undefined;
}

const placeOf = (card) => ({ list: card.parentElement, before: card.nextElementSibling });

function arm() {
  const host = board();
  if (!host || host.dataset.armed) return;
  host.dataset.armed = "yes";
  library(host.dataset.sortable).then(() => {
    for (const list of host.querySelectorAll("[data-stage]")) {
      let home = null;
      new window.Sortable(list, {
        group: { name: "deals", put: list.dataset.stage !== "-" }, draggable: ".pl-card", filter: "a, button, form", preventOnFilter: false, animation: 120,
        sort: false, delay: coarse.matches ? 250 : 0, delayOnTouchOnly: true, scroll: true,
        onStart: (event) => { home = { list: event.from, before: event.from.children[event.oldIndex + 1] ?? null }; },
        onEnd: (event) => {
          if (event.from === event.to) return;
          move(event.item, event.to, { list: home.list, before: home.before });
        },
      });
    }
  }, () => {});
}

// the menu "Move to" of a card: the same move without a mouse
document.addEventListener("submit", (event) => {
  const form = event.target.closest("[data-move-form]");
  if (!form || !event.submitter) return;
  event.preventDefault();
  const card = form.closest(".pl-card");
  const list = board().querySelector(`[data-stage="${CSS.escape(event.submitter.value)}"]`);
  if (!list || list === card.parentElement) return;
  const home = placeOf(card);
  list.prepend(card);
  move(card, list, home).then(() => board()?.querySelector(`[data-deal="${card.dataset.deal}"] .btn`)?.focus());
});

document.addEventListener("htmx:after:swap", arm);
arm();
