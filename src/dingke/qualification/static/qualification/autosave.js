// <form data-autosave>: saved as it is typed. Says so while it is on its way, sends the newest version, and keeps what is unfolded.
if (!window.dkAutosave) {
  window.dkAutosave = true;
  const open = new Map();
  const texts = (window.dk || {}).texts || {};
  const formOf = (event) => event.detail.ctx.sourceElement?.closest?.("form[data-autosave]");

  document.addEventListener("htmx:before:request", (event) => { // a save that waited for the one before it follows on that one
    const form = formOf(event);
    if (!form) return;
    form.dataset.saving = "";
    const version = form.elements.version?.value;
    if (version && event.detail.ctx.request.body?.set) event.detail.ctx.request.body.set("version", version);
  });
  document.addEventListener("htmx:finally:request", (event) => {
    const form = formOf(event);
    if (form) delete form.dataset.saving;
  });
  document.addEventListener("htmx:error", (event) => { // no network: what was typed stays in the field and is sent with the next change
    const state = formOf(event)?.querySelector(".dk-save-state");
    if (state) state.textContent = texts.offline || "";
  });

  document.addEventListener("toggle", (event) => {
    const key = event.target.dataset?.keepOpen;
    if (key) open.set(key, event.target.open);
  }, true);
  document.addEventListener("htmx:after:swap", () => {
    for (const part of document.querySelectorAll("details[data-keep-open]")) {
      const kept = open.get(part.dataset.keepOpen);
      if (kept !== undefined && kept !== part.open) part.open = kept;
    }
  });
}
