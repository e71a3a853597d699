// Forms with several lines of a kind (jobs, ways of contact): add from a template, remove, numbers never used twice.
let next = 100;

document.addEventListener("click", (event) => {
  const add = event.target.closest("[data-line-add]");
  if (add) {
    const box = add.closest("[data-lines]");
    const kind = add.dataset.lineAdd;
    const list = box.querySelector(`[data-line-list="${kind}"]`);
    const line = box.querySelector(`template[data-line-template="${kind}"]`).content.cloneNode(true);
    const number = String(next++);
    for (const field of line.querySelectorAll("[name], [id], [for]")) {
      for (const name of ["name", "id", "for"]) {
        const value = field.getAttribute(name);
        if (value) field.setAttribute(name, value.replace("__n__", number));
      }
    }
    list.append(line);
    list.lastElementChild.querySelector("input, select")?.focus();
    return;
  }
  const remove = event.target.closest("[data-line-remove]");
  if (remove) {
    const line = remove.closest("[data-line]");
    line.closest("form")?.setAttribute("data-changed", "");
    line.remove();
  }
});
