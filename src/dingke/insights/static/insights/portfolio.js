// The movable cut-offs of the Pareto curve: by dragging a line, by slider or by number; the list follows and the address keeps them.
// Also: when a run ends well, the page opens anew with the fresh scores.
const form = document.getElementById("cut-form");
const box = document.getElementById("pareto-chart");

document.addEventListener("dk:job-ended", (event) => {
  if (event.detail?.kind === "score" && event.detail.state === "DONE") setTimeout(() => location.reload(), 900);
});

if (form && box) {
  const number = (name) => form.querySelector(`input[name="${name}"]`);
  const slider = (name) => form.querySelector(`[data-cut="${name}"]`);
  const clamp = (value) => Math.min(100, Math.max(1, Number(value) || 1));
  const points = () => JSON.parse(box.dataset.chart).series[0].data.map((point) => point.value);
  const counts = () => { const table = document.getElementById("pareto-table"); return { a: Number(table?.dataset.a || 0), b: Number(table?.dataset.b || 0) }; };
  let timer = 0;
  let asked = 0;

  function set(name, value, { wait = 250 } = {}) {
    const percent = clamp(value);
    const other = name === "a" ? "b" : "a";
    number(name).value = percent.toFixed(1);
    slider(name).value = percent;
    if ((name === "a") === (percent > clamp(number(other).value)) && percent !== clamp(number(other).value)) {
      number(other).value = percent.toFixed(1);
      slider(other).value = percent;
    }
    preview();
    clearTimeout(timer);
    timer = setTimeout(ask, wait);
  }

  function rankAt(share) { // how many of the largest reach the share
    const found = points().find(([, cumulative]) => cumulative >= share - 1e-9);
    return found ? found[0] : points().at(-1)?.[0] ?? 0;
  }

  function lines(a, b) {
    const chart = window.dk?.charts?.get(box);
    const option = JSON.parse(box.dataset.chart);
    const marks = option.series[0].markLine.data;
    [a, b].forEach((count, index) => {
      marks[index].xAxis = count;
      marks[index].label.formatter = marks[index].label.formatter.replace(/[\d,]+/, String(index ? Math.max(b - a, 0) : a));
    });
    box.dataset.chart = JSON.stringify(option);
    chart?.setOption({ series: [{ markLine: { data: marks } }] });
  }

  const preview = () => lines(rankAt(clamp(number("a").value) / 100), rankAt(clamp(number("b").value) / 100));

  async function ask() {
    const query = new URLSearchParams({ a: number("a").value, b: number("b").value });
    history.replaceState(history.state, "", `?${query}`);
    for (const link of document.querySelectorAll("[data-export]")) {
      const address = new URL(link.href);
      for (const [name, value] of query) address.searchParams.set(name, value);
      link.href = address.href;
    }
    const mine = ++asked;
    await window.htmx.ajax("GET", `${form.dataset.list}?${query}`, { target: "#pareto-list", swap: "innerHTML" });
    if (mine === asked) { const { a, b } = counts(); lines(a, b); }
  }

  form.addEventListener("submit", (event) => { event.preventDefault(); ask(); });
  form.addEventListener("input", (event) => {
    const name = event.target.dataset.cut || event.target.name;
    if (event.target.value !== "") {
      if (event.target.dataset.cut) set(name, event.target.value);
      else { clearTimeout(timer); timer = setTimeout(() => set(name, event.target.value, { wait: 0 }), 450); }
    }
  });

  // dragging: the nearer line within reach follows the pointer
  let held = "";
  const at = (event) => {
    const chart = window.dk?.charts?.get(box);
    if (!chart) return null;
    const area = box.getBoundingClientRect();
    return { chart, x: event.clientX - area.left, y: event.clientY - area.top };
  };
  const near = (where) => {
    const { a, b } = counts();
    const distance = (count) => Math.abs(where.chart.convertToPixel({ xAxisIndex: 0 }, count) - where.x);
    const best = distance(a) <= distance(b) ? "a" : "b";
    return distance(best === "a" ? a : b) < 9 ? best : "";
  };
  box.addEventListener("pointerdown", (event) => {
    const where = at(event);
    held = where ? near(where) : "";
    if (held) { box.setPointerCapture(event.pointerId); box.classList.add("is-dragging"); event.preventDefault(); }
  });
  box.addEventListener("pointermove", (event) => {
    const where = at(event);
    if (!where) return;
    if (!held) return void box.classList.toggle("is-dragging", Boolean(near(where)));
    const rank = where.chart.convertFromPixel({ xAxisIndex: 0 }, where.x);
    const nearest = points().reduce((best, point) => (Math.abs(point[0] - rank) < Math.abs(best[0] - rank) ? point : best));
    set(held, nearest[1] * 100 - 0.04);
  });
  for (const end of ["pointerup", "pointercancel"]) box.addEventListener(end, () => { held = ""; box.classList.remove("is-dragging"); });
}
