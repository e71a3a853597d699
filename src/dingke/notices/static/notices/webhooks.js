// The key of a webhook is shown once: select it, or copy it. Events of one group are chosen together.
document.addEventListener("click", async (event) => {
  const every = event.target.closest("[data-every-event]");
  if (every) {
    const boxes = [...every.closest("fieldset").querySelectorAll("input[type=checkbox]")];
    const wanted = boxes.some((box) => !box.checked);
    for (const box of boxes) box.checked = wanted;
    return;
  }
  const button = event.target.closest("[data-key-copy]");
  if (!button) return;
  const field = document.getElementById(button.dataset.keyCopy);
  field.select();
  try {
    await navigator.clipboard.writeText(field.value);
    button.querySelector("span").textContent = button.dataset.done;
  } catch { /* no secure address: the field is selected, Ctrl+C copies it */ }
});
