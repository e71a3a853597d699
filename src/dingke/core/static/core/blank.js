// Pages without the shell. A form that was under way did not arrive, so its draft must stay.
try { sessionStorage.removeItem("dk-draft-sent"); } catch { /* storage is closed */ }
document.addEventListener("click", (event) => {
  if (event.target.closest("[data-back]") && history.length > 1) { event.preventDefault(); history.back(); }
  if (event.target.closest("[data-reload]")) { event.preventDefault(); location.reload(); }
});
for (const button of document.querySelectorAll("[data-reveal]")) {
  button.addEventListener("click", () => {
    const field = document.getElementById(button.dataset.reveal);
    const shown = field.type === "text";
    field.type = shown ? "password" : "text";
    button.setAttribute("aria-pressed", String(!shown));
    field.focus();
  });
}
