// The account list by keyboard and by ticks: j k move, x ticks, Enter opens, o looks; shift-click ticks a range.
const part = () => document.getElementById("account-list");
const rows = () => [...(part()?.querySelectorAll("tr[data-row]") ?? [])];
const ticks = () => [...(part()?.querySelectorAll("[data-tick]") ?? [])];
let last = null;

function tell() {
  const bar = part()?.querySelector("[data-bulk]");
  if (!bar) return;
  const picked = ticks().filter((tick) => tick.checked);
  const all = part().querySelector("[data-all]");
  for (const tick of ticks()) tick.closest("tr").setAttribute("aria-selected", String(tick.checked));
  const head = part().querySelector("[data-tick-all]");
  head.checked = picked.length > 0 && picked.length === ticks().length;
  head.indeterminate = picked.length > 0 && !head.checked;
  if (!head.checked) all.value = "";
  bar.hidden = picked.length === 0;
  const words = bar.querySelector("[data-picked]");
  words.textContent = all.value ? words.dataset.textAll : words.dataset.text.replace("{n}", picked.length);
  const matching = bar.querySelector("[data-pick-matching]");
  if (matching) matching.hidden = !head.checked || Boolean(all.value);
}

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-tick-all]")) for (const tick of ticks()) tick.checked = event.target.checked;
  if (event.target.matches("[data-tick-all], [data-tick]")) tell();
});

document.addEventListener("click", (event) => {
  const tick = event.target.closest("[data-tick]");
  if (tick) {
    const all = ticks();
    if (event.shiftKey && last?.isConnected) {
      const [from, to] = [all.indexOf(last), all.indexOf(tick)].sort((a, b) => a - b);
      for (const one of all.slice(from, to + 1)) one.checked = tick.checked;
      tell();
    }
    last = tick;
  }
  if (event.target.closest("[data-pick-matching]")) {
    part().querySelector("[data-all]").value = "1";
    tell();
  }
  if (event.target.closest("[data-unpick]")) {
    for (const one of ticks()) one.checked = false;
    part().querySelector("[data-all]").value = "";
    tell();
  }
});

function at() {
  return rows().findIndex((row) => row.classList.contains("is-at"));
}

function go(index) {
  const all = rows();
  const row = all[Math.max(0, Math.min(index, all.length - 1))];
  if (!row) return;
  for (const other of all) other.classList.remove("is-at");
  row.classList.add("is-at");
  row.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
  if (document.getElementById("panel")?.open) row.querySelector("[data-quick]").click();
}

document.addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest("input:not([type=checkbox]), textarea, select, [contenteditable], dialog:modal, dialog .ts-wrapper")) return;
  if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    return go(at() < 0 ? 0 : at() + (event.key === "j" ? 1 : -1));
  }
  const row = rows()[at()];
  if (!row) return;
  if (event.key === "x") {
    const tick = row.querySelector("[data-tick]");
    tick.checked = !tick.checked;
    last = tick;
    tell();
  } else if (event.key === "o") row.querySelector("[data-quick]").click();
  else if (event.key === "Enter" && event.target === row) row.querySelector("[data-open-row]").click();
});

// ---- the column chooser: dragged into order, or moved by the arrows of each line ----
function tellPlace(item) {
  const all = [...item.parentElement.children];
  const words = { name: item.querySelector(".form-check-label").textContent.trim(), place: all.indexOf(item) + 1, number: all.length };
  document.querySelector("[data-columns-told]").textContent = item.parentElement.dataset.moved.replace(/\{(\w+)\}/g, (_all, word) => words[word]);
}

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

function armColumns() {
  const list = document.querySelector("[data-columns]:not([data-armed])");
  if (!list) return;
  list.dataset.armed = "yes";
  library(list.dataset.sortable).then(() => {
    if (list.isConnected) new window.Sortable(list, { handle: ".acc-grip", animation: 120, onEnd: (event) => tellPlace(event.item) });
  }, () => {});
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move]");
  const item = button?.closest("[data-columns] > li");
  if (!item) return;
  if (button.dataset.move === "1") item.nextElementSibling?.after(item);
  else item.previousElementSibling?.before(item);
  item.scrollIntoView({ block: "nearest" });
  // at either end the arrow that was pressed is gone: the other one takes the focus
  (getComputedStyle(button).visibility === "hidden" ? item.querySelector(`[data-move="${-button.dataset.move}"]`) : button).focus();
  tellPlace(item);
});
document.addEventListener("htmx:after:swap", armColumns);

// a job started from here (a change on many rows) has ended: show the rows as they are now
document.addEventListener("dk:job-ended", () => part() && document.body.dispatchEvent(new CustomEvent("dk:accounts-changed", { bubbles: true })));
document.addEventListener("htmx:after:swap", tell);
tell();
