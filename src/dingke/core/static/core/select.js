// select[data-search]: Tom Select; with data-url the choices come from the server: {"items": [{"value", "text", "sub"}]}.
const { texts = {} } = window.dk || {};
let loading = null;

function library() {
  if (window.TomSelect) return Promise.resolve();
  loading ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = texts.src_select;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return loading;
}

function dress(select) {
  if (select.tomselect) return;
  const url = select.dataset.url;
  const settings = {
    maxOptions: 200, plugins: select.multiple ? ["remove_button"] : [], placeholder: select.getAttribute("placeholder") || texts.choose,
    create: select.hasAttribute("data-create"), searchField: ["text", "sub"], copyClassesToDropdown: false,
    render: {
      no_results: () => `<div class="no-results">${texts.none}</div>`,
      option: (data, escape) => `<div><span>${escape(data.text)}</span>${data.sub ? ` <span class="dk-sub">${escape(data.sub)}</span>` : ""}</div>`,
    },
  };
  if (url) {
    Object.assign(settings, {
      preload: "focus", loadThrottle: 180, score: () => () => 1,
      load: (query, done) => {
        const address = new URL(url, location.href);
        address.searchParams.set("q", query);
        fetch(address, { headers: { Accept: "application/json" } }).then((answer) => answer.json())
          .then((answer) => done((answer.items || []).map((item) => ({ value: String(item.value ?? item.id), text: item.text ?? item.name, sub: item.sub || "" }))))
          .catch(() => done());
      },
    });
  }
  new window.TomSelect(select, settings);
}

function dressAll() {
  const waiting = [...document.querySelectorAll("select[data-search]")].filter((select) => !select.tomselect);
  if (waiting.length) library().then(() => waiting.forEach((select) => select.isConnected && dress(select)), () => {});
}

dressAll();
document.addEventListener("htmx:after:swap", dressAll);
