// The page of a deal: the open tab is marked.
const bar = document.querySelector("[data-tabs]");

const mark = (key) => {
  for (const tab of bar.querySelectorAll("[data-tab]")) {
    if (tab.dataset.tab === key) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
};

document.addEventListener("htmx:after:swap", (event) => {
  const tab = event.detail.ctx?.sourceElement?.closest?.("[data-tab]");
  if (bar && tab) {
    mark(tab.dataset.tab);
    tab.scrollIntoView({ block: "nearest", inline: "nearest" });
  }
});
