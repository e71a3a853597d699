// Upload: files or a whole folder dropped or chosen, their sizes looked at before they are sent.
const READABLE = /\.(xlsx|xls|csv|txt|tsv|tab)$/i;

function formOf(target) { return target.closest?.("form[data-upload]"); }

function show(form) {
  const input = form.querySelector('input[type="file"]');
  const files = [...input.files];
  form.querySelector("[data-chosen]").textContent = files.map((file) => `${file.name} (${(file.size / 1048576).toFixed(1)} MB)`).join(" · ");
  const tooLarge = files.find((file) => file.size > Number(form.dataset.limitMb) * 1048576);
  const problem = form.querySelector("[data-problem]");
  problem.hidden = !tooLarge;
  problem.textContent = tooLarge ? `${tooLarge.name} ${form.dataset.tooLarge}` : "";
  form.querySelector("[data-send]").disabled = Boolean(tooLarge);
}

async function inside(entry) { // a dropped folder, with what lies in it
  if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed))];
  const reader = entry.createReader();
  const found = [];
  for (;;) {
    const part = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (!part.length) break;
    for (const child of part) if (child.isFile) found.push(...(await inside(child)));
  }
  return found;
}

document.addEventListener("change", (event) => { const form = formOf(event.target); if (form) show(form); });
for (const name of ["dragenter", "dragover"]) document.addEventListener(name, (event) => {
  const zone = event.target.closest?.("[data-drop]");
  if (zone) { event.preventDefault(); zone.classList.add("is-over"); }
});
for (const name of ["dragleave", "drop"]) document.addEventListener(name, (event) => event.target.closest?.("[data-drop]")?.classList.remove("is-over"));
document.addEventListener("drop", async (event) => {
  const form = event.target.closest?.("[data-drop]") && formOf(event.target);
  if (!form) return;
  event.preventDefault();
  const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  const files = entries.length ? (await Promise.all(entries.map(inside))).flat() : [...event.dataTransfer.files];
  const chosen = new DataTransfer();
  for (const file of files) if (READABLE.test(file.name) || files.length === 1) chosen.items.add(file);
  form.querySelector('input[type="file"]').files = chosen.files;
  show(form);
});
document.addEventListener("submit", (event) => {
  const form = formOf(event.target);
  if (!form) return;
  const button = form.querySelector("[data-send]");
  button.disabled = true;
  button.textContent = form.dataset.busy;
});
