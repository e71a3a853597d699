// A new token is shown once: select it, or copy it.
document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-token-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.tokenCopy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.querySelector("span").textContent = button.dataset.done;
  } catch { /* no secure address: the field is selected, Ctrl+C copies it */ }
});
