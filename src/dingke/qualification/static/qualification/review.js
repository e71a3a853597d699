// A review in the room: the page follows the chair, a score waits for the connection, points come by one tap.
const live = (element) => element?.closest?.("[data-live]");
const lost = (is) => { for (const box of document.querySelectorAll("[data-lost]")) box.hidden = !is; };

function follow() { // another deal, or another state, is on: draw the page anew
  const told = document.querySelector("[data-live] [data-turn]")?.dataset.turn;
  const drawn = document.querySelector("[data-drawn]")?.dataset.drawn;
  const waiting = document.querySelector("form[data-waiting]");
  if (told && drawn !== undefined && told !== drawn && !waiting) htmx.trigger("#review", "dk:turn");
}

function resend() { // once the connection is back
  lost(false);
  const form = document.querySelector("form[data-score][data-waiting]");
  if (!form) return;
  delete form.dataset.waiting;
  form.requestSubmit();
}

function failed(event) {
  const source = event.detail?.ctx?.sourceElement;
  const form = source?.closest?.("form[data-score]");
  if (!live(source) && !form) return;
  event.stopImmediatePropagation(); // said by the line on top, not by a toast every three seconds
  if (form) form.dataset.waiting = "";
  lost(true);
}

window.addEventListener("htmx:error", failed, true);
window.addEventListener("htmx:response:error", (event) => {
  const { ctx } = event.detail ?? {};
  if (ctx?.response?.status >= 502) failed(event);
  else if (live(ctx?.sourceElement)) event.stopImmediatePropagation();
}, true);
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  if (live(ctx.sourceElement) && ctx.response?.status < 400) resend();
});
window.addEventListener("online", resend);

function total() {
  for (const form of document.querySelectorAll("form[data-score]")) {
    const points = ["elements", "logic", "display"].map((name) => form.elements[`points-${name}`].value.trim());
    const out = form.querySelector("[data-total]");
    if (out) out.textContent = points.every((text) => text !== "") ? String(points.reduce((sum, text) => sum + Number(text), 0)) : "";
  }
}

document.addEventListener("click", (event) => {
  const mark = event.target.closest("[data-points]");
  if (!mark) return;
  const field = mark.closest(".rv-points").querySelector("input");
  field.value = mark.dataset.points;
  field.dispatchEvent(new Event("input", { bubbles: true }));
});
document.addEventListener("input", total);
document.addEventListener("change", total);
document.addEventListener("htmx:after:swap", () => { total(); follow(); });
total();
