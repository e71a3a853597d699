// The team tree: a team is dragged onto another one by its grip. Nothing moves yet: the dialog says what it changes and asks.
// The grip itself is a button that opens the same dialog, so that the keyboard reaches all of it.
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

function arm(tree) {
  if (tree.dataset.armed) return;
  tree.dataset.armed = "yes";
  for (const list of [tree, ...tree.querySelectorAll("ul")]) {
    new window.Sortable(list, {
      group: "teams", handle: ".ppl-grip", animation: 120, sort: false, fallbackOnBody: true, emptyInsertThreshold: 12,
      onStart: () => tree.classList.add("is-moving"),
      onMove: (event) => !event.dragged.contains(event.to), // never below itself
      onEnd: (event) => {
        tree.classList.remove("is-moving");
        const { item, from, to, oldIndex } = event;
        if (from === to) return;
        from.insertBefore(item, from.children[oldIndex] ?? null); // back until it is confirmed; the tree is drawn anew after that
        htmx.ajax("GET", `${item.dataset.move}?parent=${encodeURIComponent(to.dataset.parent)}`, { target: "#dialog" });
      },
    });
  }
}

function armAll() {
  const tree = document.querySelector(".ppl-tree[data-sortable]");
  if (tree) library(tree.dataset.sortable).then(() => { if (tree.isConnected) arm(tree); }, () => {});
}

armAll();
document.addEventListener("htmx:after:swap", armAll);
