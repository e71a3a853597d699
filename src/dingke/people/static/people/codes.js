// Recovery codes are shown once: they are saved or copied from the page itself, the server does not give them out again.
const codes = () => [...document.querySelectorAll("#codes li")].map((item) => item.textContent.trim()).join("\n");

document.querySelector("[data-codes-save]")?.addEventListener("click", ({ currentTarget: button }) => {
  const file = new Blob([`${button.dataset.codesTitle}\n\n${codes()}\n`], { type: "text/plain;charset=utf-8" });
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = button.dataset.codesSave;
  link.click();
  URL.revokeObjectURL(link.href);
});
document.querySelector("[data-codes-copy]")?.addEventListener("click", async ({ currentTarget: button }) => {
  await navigator.clipboard.writeText(codes());
  button.textContent = button.dataset.done;
});
