// [data-chart]: an ECharts option as JSON, in the house's colours, light and dark.
// In the option, "var(--dk-amber)" is any colour token; a formatter may be "@wan", "@percent", "@number" or "@days".
// A data point with `url` opens it. `window.dk.charts` reaches the drawn charts: get(element), draw(element, option).
const { texts = {} } = window.dk || {};
const zh = document.documentElement.lang.startsWith("zh");
const drawn = new Map();
let loading = null;

function library() {
  if (window.echarts) return Promise.resolve();
  loading ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = texts.src_charts;
    script.addEventListener("load", resolve);
    script.addEventListener("error", reject);
    document.head.append(script);
  });
  return loading;
}

const plain = (value, digits = 1) => Number(value).toLocaleString(zh ? "zh-CN" : "en", { maximumFractionDigits: digits });
const last = (value) => (Array.isArray(value) ? value[value.length - 1] : value);
const FORMATS = {
  "@number": (value) => plain(last(value)),
  "@percent": (value) => `${plain(last(value) * 100)}%`,
  "@days": (value) => (zh ? `${plain(last(value), 0)} 天` : `${plain(last(value), 0)} d`),
  "@wan": (value) => {
    const amount = Number(last(value));
    if (!zh) return Math.abs(amount) >= 1e6 ? `${plain(amount / 1e6)}M` : Math.abs(amount) >= 1e3 ? `${plain(amount / 1e3)}K` : plain(amount);
    if (Math.abs(amount) >= 1e8) return `${plain(amount / 1e8, 2)} 亿`;
    return Math.abs(amount) >= 1e4 ? `${plain(amount / 1e4)} 万` : plain(amount, 0);
  },
};
const formatted = (format) => (input) => FORMATS[format](input !== null && typeof input === "object" && !Array.isArray(input) ? input.value : input);

function resolved(value, style) {
  if (typeof value === "string") {
    if (FORMATS[value]) return formatted(value);
    const token = value.match(/^var\((--[\w-]+)\)$/);
    return token ? style.getPropertyValue(token[1]).trim() : value;
  }
  if (Array.isArray(value)) return value.map((item) => resolved(item, style));
  if (value && typeof value === "object") return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, resolved(item, style)]));
  return value;
}

function theme(style) {
  const is = (name) => style.getPropertyValue(`--dk-${name}`).trim();
  const axis = {
    axisLine: { lineStyle: { color: is("line-strong") } }, axisTick: { show: false }, axisLabel: { color: is("soft"), fontSize: 12 },
    splitLine: { lineStyle: { color: is("chart-grid") } }, splitArea: { show: false }, nameTextStyle: { color: is("soft"), fontSize: 12 },
  };
  return {
    color: [1, 2, 3, 4, 5, 6].map((n) => is(`chart-${n}`)), backgroundColor: "transparent",
    textStyle: { fontFamily: style.fontFamily, color: is("text"), fontSize: 12.5 },
    categoryAxis: { ...axis, splitLine: { show: false } }, valueAxis: { ...axis, axisLine: { show: false } }, timeAxis: { ...axis, splitLine: { show: false } }, logAxis: axis,
    legend: { textStyle: { color: is("soft") }, itemWidth: 12, itemHeight: 8, icon: "roundRect", inactiveColor: is("line-strong") },
    tooltip: { backgroundColor: is("raised"), borderColor: is("line-strong"), textStyle: { color: is("text"), fontSize: 12.5 } },
    line: { symbolSize: 5, lineStyle: { width: 2 } }, bar: { itemStyle: { borderRadius: [3, 3, 0, 0] }, barMaxWidth: 26 }, scatter: { symbolSize: 10 },
    radar: { axisName: { color: is("soft") }, axisLine: { lineStyle: { color: is("line") } }, splitLine: { lineStyle: { color: is("line") } }, splitArea: { show: false } },
    graph: { color: [is("accept")], lineStyle: { color: is("line-strong") }, label: { color: is("text") } },
    sankey: { label: { color: is("text") }, lineStyle: { color: is("line-strong") } }, funnel: { label: { color: is("text") }, itemStyle: { borderColor: is("surface") } },
    visualMap: { textStyle: { color: is("soft") } }, markPoint: { label: { color: is("text") } }, markLine: { label: { color: is("soft") } },
  };
}

function draw(element, given) {
  drawn.get(element)?.chart.dispose();
  const style = getComputedStyle(element);
  const option = given || JSON.parse(element.dataset.chart);
  const chart = window.echarts.init(element, theme(style), { locale: zh ? "ZH" : "EN" });
  // Tooltips are painted, not built from HTML with style attributes, which the content security policy refuses.
  const tooltip = option.tooltip === undefined ? undefined : { confine: true, ...option.tooltip, renderMode: "richText" };
  chart.setOption({
    animationDuration: matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 250,
    grid: { left: 8, right: 12, top: option.legend ? 34 : 14, bottom: 6, outerBoundsMode: "same", outerBoundsContain: "axisLabel" },
    ...resolved(option, style), ...(tooltip ? { tooltip: resolved(tooltip, style) } : {}),
    aria: { enabled: !element.hasAttribute("aria-label"), ...(option.aria || {}) },
  });
  element.setAttribute("role", "img");
  if (!element.hasAttribute("aria-label")) element.setAttribute("aria-label", texts.chart);
  chart.on("click", (point) => {
    element.dispatchEvent(new CustomEvent("dk:chart-click", { bubbles: true, detail: { data: point.data, name: point.name, series: point.seriesName } }));
    const url = point.data?.url;
    if (!url) return;
    if (point.event?.event?.ctrlKey || point.event?.event?.metaKey) window.open(url, "_blank", "noopener");
    else if (point.data.panel && window.htmx) window.htmx.ajax("GET", url, { target: "#panel" });
    else location.assign(url);
  });
  drawn.set(element, { chart, option });
  return chart;
}

const sizes = new ResizeObserver((entries) => { for (const { target } of entries) drawn.get(target)?.chart.resize(); });

function drawAll() {
  for (const [element, { chart }] of drawn) if (!element.isConnected) { chart.dispose(); drawn.delete(element); sizes.unobserve(element); }
  const waiting = [...document.querySelectorAll("[data-chart]")].filter((element) => !drawn.has(element));
  if (!waiting.length) return;
  library().then(() => {
    for (const element of waiting) if (element.isConnected && !drawn.has(element)) { draw(element); sizes.observe(element); }
  }, () => {});
}

new MutationObserver(() => { for (const [element, { option }] of [...drawn]) draw(element, option); })
  .observe(document.documentElement, { attributes: true, attributeFilter: ["data-bs-theme"] });
window.addEventListener("beforeprint", () => { for (const { chart } of drawn.values()) chart.resize(); });
document.addEventListener("htmx:after:swap", drawAll);
window.dk = Object.assign(window.dk || {}, { charts: { get: (element) => drawn.get(element)?.chart, draw: (element, option) => library().then(() => draw(element, option)), refresh: drawAll } });
drawAll();
