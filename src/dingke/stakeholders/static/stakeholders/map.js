// The map of the buying centre: cards are placed and joined by mouse or keyboard, attitudes are replayed, the drawing becomes a picture.
// Everything hangs on the document, so that a part of the page may be loaded anew at any time.
const csrf = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";
const mapOf = (node) => node.closest?.(".sh-map");
const number = (text) => Number.parseFloat(text) || 0;
const address = (pattern, id) => pattern.replace("/0/", `/${id}/`);
const say = (map, text) => { const line = map.querySelector("[data-sh-said]"); if (line) line.textContent = text ?? ""; };
const cardOf = (map, id) => map.querySelector(`.sh-card[data-id="${id}"]`);

// ---- lines follow their cards ----
function edge(map, from, to) {
  const [x, y, dx, dy] = [number(from.dataset.x), number(from.dataset.y), number(to.dataset.x) - number(from.dataset.x), number(to.dataset.y) - number(from.dataset.y)];
  if (!dx && !dy) return [x, y];
  const across = dx ? (number(map.dataset.cardWidth) / 2 + 3) / Math.abs(dx) : Infinity;
  const down = dy ? (number(map.dataset.cardHeight) / 2 + 3) / Math.abs(dy) : Infinity;
  const share = Math.min(across, down, 1);
  return [x + dx * share, y + dy * share];
}

function redraw(map, id) {
  for (const line of map.querySelectorAll(`.sh-line[data-start="${id}"], .sh-line[data-end="${id}"]`)) {
    const start = cardOf(map, line.dataset.start);
    const end = cardOf(map, line.dataset.end);
    if (start && end) line.setAttribute("d", `M${edge(map, start, end).join(" ")}L${edge(map, end, start).join(" ")}`);
  }
}

function put(map, card, x, y) {
  const [w, h] = [number(map.dataset.cardWidth) / 2, number(map.dataset.cardHeight) / 2];
  const spot = [Math.min(Math.max(x, w), number(map.dataset.width) - w), Math.min(Math.max(y, h), number(map.dataset.height) - h)];
  [card.dataset.x, card.dataset.y] = spot.map((part) => part.toFixed(1));
  card.setAttribute("transform", `translate(${card.dataset.x} ${card.dataset.y})`);
  redraw(map, card.dataset.id);
}

async function keep(map, card, before) {
  const body = new URLSearchParams({ x: number(card.dataset.x) / number(map.dataset.sheet), y: number(card.dataset.y) / number(map.dataset.sheet) });
  try {
    const answer = await fetch(address(map.dataset.place, card.dataset.id), { method: "POST", body, headers: { "X-CSRFToken": csrf(), "HX-Request": "true" } });
    if (answer.ok) { card.dataset.kept = `${card.dataset.x} ${card.dataset.y}`; return say(map, map.dataset.saidMoved); }
    const told = JSON.parse(answer.headers.get("HX-Trigger") || "{}")["dk:toast"];
    window.dk.toast(told?.message || map.dataset.saidLost, { kind: "danger" });
  } catch {
    window.dk.toast(map.dataset.saidLost, { kind: "danger" });
  }
  put(map, card, before[0], before[1]);
}

// ---- opening and joining ----
const openPerson = (map, id) => htmx.ajax("GET", address(map.dataset.person, id), { target: "#panel", swap: "innerHTML" });

function join(map, start, end) {
  if (start === end) return;
  htmx.ajax("GET", `${map.dataset.line}?start=${start}&end=${end}`, { target: "#dialog", swap: "innerHTML" });
}

let linking = null; // the card a line starts from, chosen by key

function stopLinking() {
  linking?.classList.remove("is-linking");
  linking = null;
}

// ---- the mouse ----
let drag = null;

function placeOf(map, event) {
  const svg = map.querySelector(".sh-svg");
  const spot = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
  return [spot.x, spot.y];
}

document.addEventListener("pointerdown", (event) => {
  const card = event.target.closest?.(".sh-card");
  const map = card && mapOf(card);
  if (!map || event.button !== 0) return;
  const may = "canEdit" in map.dataset && event.pointerType !== "touch"; // a finger moves the drawing, not the card
  const [x, y] = placeOf(map, event);
  drag = { map, card, may, x, y, from: [number(card.dataset.x), number(card.dataset.y)], moved: false, line: may && event.target.closest(".sh-handle") ? rubber(map) : null };
  if (may) event.preventDefault();
});

function rubber(map) {
  const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
  line.setAttribute("class", "sh-rubber");
  map.querySelector(".sh-svg").append(line);
  return line;
}

document.addEventListener("pointermove", (event) => {
  if (!drag?.may) return;
  const [x, y] = placeOf(drag.map, event);
  if (!drag.moved && Math.hypot(x - drag.x, y - drag.y) < 5) return;
  drag.moved = true;
  if (drag.line) {
    drag.line.setAttribute("d", `M${drag.from[0]} ${drag.from[1] + number(drag.map.dataset.cardHeight) / 2}L${x} ${y}`);
    aim(document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".sh-card"));
    return;
  }
  drag.card.classList.add("is-moving");
  put(drag.map, drag.card, drag.from[0] + x - drag.x, drag.from[1] + y - drag.y);
});

function aim(card) {
  for (const other of document.querySelectorAll(".sh-card.is-target")) if (other !== card) other.classList.remove("is-target");
  if (card && card !== drag?.card) card.classList.add("is-target");
}

document.addEventListener("pointerup", (event) => {
  if (!drag) return;
  const { map, card, line, moved, from } = drag;
  drag = null;
  aim(null);
  line?.remove();
  card.classList.remove("is-moving");
  if (!moved) return void openPerson(map, card.dataset.id);
  if (!line) return void keep(map, card, from);
  const target = document.elementFromPoint(event.clientX, event.clientY)?.closest?.(".sh-card");
  if (target && mapOf(target) === map) join(map, card.dataset.id, target.dataset.id);
});

document.addEventListener("pointercancel", () => {
  if (!drag) return;
  drag.line?.remove();
  if (drag.moved && !drag.line) put(drag.map, drag.card, ...drag.from);
  drag.card.classList.remove("is-moving");
  aim(null);
  drag = null;
});

// ---- the keyboard ----
const STEPS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const waiting = new Map(); // card -> { timer, before }: several presses are kept as one place

document.addEventListener("keydown", (event) => {
  const card = event.target.closest?.(".sh-card");
  const map = card && mapOf(card);
  if (!map || event.ctrlKey || event.metaKey || event.altKey) return;
  const may = "canEdit" in map.dataset;
  if (event.key === "Escape" && linking) { event.stopPropagation(); say(map, ""); return stopLinking(); }
  if (event.key === "Enter" || event.key === " ") {
    event.preventDefault();
    if (!linking || linking === card) { stopLinking(); return void openPerson(map, card.dataset.id); }
    const start = linking.dataset.id;
    stopLinking();
    return join(map, start, card.dataset.id);
  }
  if (!may) return;
  if (event.key.toLowerCase() === "l") {
    event.preventDefault();
    event.stopPropagation();
    stopLinking();
    linking = card;
    card.classList.add("is-linking");
    return say(map, map.dataset.saidLink);
  }
  const step = STEPS[event.key];
  if (!step) return;
  event.preventDefault();
  const far = event.shiftKey ? 60 : 12;
  const open = waiting.get(card) ?? { before: [number(card.dataset.x), number(card.dataset.y)] };
  clearTimeout(open.timer);
  put(map, card, number(card.dataset.x) + step[0] * far, number(card.dataset.y) + step[1] * far);
  open.timer = setTimeout(() => { waiting.delete(card); keep(map, card, open.before); }, 450);
  waiting.set(card, open);
}, true);

// ---- time ----
const CODES = ["accept", "doubt", "resist", "indifferent", "sabotage", "unknown"];

function show(map, place) {
  const frames = JSON.parse(map.dataset.frames);
  const frame = frames[place];
  if (!frame) return;
  const labels = Object.fromEntries(JSON.parse(map.dataset.labels).map(([code, label]) => [code, label]));
  for (const card of map.querySelectorAll(".sh-card")) {
    const code = frame.attitudes[card.dataset.id] || "UNKNOWN";
    card.classList.remove(...CODES.map((one) => `a-${one}`));
    card.classList.add(`a-${code.toLowerCase()}`);
    card.querySelector(".sh-attitude").textContent = labels[code] || map.dataset.unknown;
  }
  map.querySelector("[data-sh-day]").textContent = frame.day;
  map.querySelector("[data-sh-index]").textContent = frame.index || "—";
  map.classList.toggle("is-past", place < frames.length - 1);
}

document.addEventListener("input", (event) => {
  if (event.target.matches?.("[data-sh-time]")) show(mapOf(event.target), Number(event.target.value));
});

function replay(map) {
  const slider = map.querySelector("[data-sh-time]");
  const last = Number(slider.max);
  let place = 0;
  clearInterval(map.playing);
  const step = () => {
    slider.value = String(place);
    show(map, place);
    place += 1;
    if (place > last || !map.isConnected) clearInterval(map.playing);
  };
  step();
  map.playing = setInterval(step, 900);
}

// ---- size and picture ----
function zoom(map, way) {
  const svg = map.querySelector(".sh-svg");
  const width = number(map.dataset.width);
  const room = map.querySelector(".sh-scroll").clientWidth - 2;
  const now = number(svg.getAttribute("width")) / width;
  const share = way ? Math.min(2, Math.max(0.25, now * (way > 0 ? 1.2 : 1 / 1.2))) : Math.min(1, room / width);
  svg.setAttribute("width", Math.round(width * share));
  svg.setAttribute("height", Math.round(number(map.dataset.height) * share));
}

async function asPng(map) {
  try {
    const answer = await fetch(map.dataset.picture);
    if (!answer.ok) throw new Error(String(answer.status));
    const drawing = URL.createObjectURL(await answer.blob());
    const image = new Image();
    image.src = drawing;
    await image.decode();
    const canvas = document.createElement("canvas");
    const scale = Math.min(2, 8000 / Math.max(image.naturalWidth, image.naturalHeight));
    [canvas.width, canvas.height] = [image.naturalWidth * scale, image.naturalHeight * scale];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    URL.revokeObjectURL(drawing);
    const picture = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(picture);
    link.download = `${map.dataset.file}.png`;
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
  } catch {
    window.dk.toast(map.dataset.saidPicture, { kind: "danger" });
  }
}

document.addEventListener("click", (event) => {
  const tool = event.target.closest?.("[data-sh-zoom], [data-sh-png], [data-sh-play]");
  const map = tool && mapOf(tool);
  if (!map) return;
  if ("shZoom" in tool.dataset) zoom(map, Number(tool.dataset.shZoom));
  else if ("shPng" in tool.dataset) asPng(map);
  else replay(map);
});
