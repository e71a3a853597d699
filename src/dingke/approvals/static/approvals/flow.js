// The designer of a flow: steps are put in order by dragging; the arrows of each step do the same without it.
const host = document.getElementById("flow-steps");

function library() {
  if (window.Sortable) return Promise.resolve();
  return new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = host.dataset.sortable;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
}

function arm() {
  const list = host?.querySelector(".ap-design");
  if (!list || list.dataset.armed) return;
  list.dataset.armed = "yes";
  new window.Sortable(list, {
    handle: ".ap-grip", animation: 120,
    onEnd: (event) => {
      if (event.oldIndex === event.newIndex) return;
      const order = [...list.children].map((item) => item.dataset.place).join(",");
      htmx.ajax("POST", list.dataset.orderUrl, { values: { order }, swap: "none" });
    },
  });
}

if (host) {
  library().then(() => {
    arm();
    document.addEventListener("htmx:after:swap", arm);
  }, () => {});
}
