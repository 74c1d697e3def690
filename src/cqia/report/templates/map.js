"use strict";
// Tells of the point under the pointer, or under the keyboard's, what its instruction says. The picture is whole without.
(() => {
  const map = document.querySelector(".map");
  if (!map) return;
  const svg = map.querySelector("svg"), told = map.querySelector("output"), CELL = 25, EDGE = 12;
  const data = JSON.parse(document.getElementById("map-texts").textContent);
  const points = [], cells = new Map(), hidden = new Set();
  for (const path of svg.querySelectorAll(".dots")) {
    const series = Number(path.dataset.series);
    let at = 0;
    for (const [, x, y] of path.getAttribute("d").matchAll(/M(\d+) (\d+)h0/g)) {
      const point = { x: Number(x), y: Number(y), series, text: data[series].texts[at++] };
      const key = Math.floor(point.x / CELL) * 1000 + Math.floor(point.y / CELL);
      points.push(point);
      if (!cells.has(key)) cells.set(key, []);
      cells.get(key).push(point);
    }
  }
  const ring = document.createElementNS("http://www.w3.org/2000/svg", "circle");
  for (const [name, value] of Object.entries({ r: 9, fill: "none", stroke: "#16324a", "stroke-width": 3, visibility: "hidden" })) ring.setAttribute(name, value);
  svg.append(ring);
  let here = null;

  function show(point) {
    here = point;
    ring.setAttribute("visibility", point ? "visible" : "hidden");
    const english = document.getElementById("in-en").checked;
    told.textContent = point ? (english && data[point.series].english || data[point.series].name) + (english ? ": " : "：") + point.text : "";
    if (!point) return;
    ring.setAttribute("cx", point.x + EDGE);
    ring.setAttribute("cy", point.y + EDGE);
    const scale = svg.clientWidth / svg.viewBox.baseVal.width;
    told.style.left = Math.max(0, Math.min(point.x * scale + 20, map.clientWidth - told.offsetWidth)) + "px";
    told.style.top = (point.y * scale + 28) + "px";
  }
  function near(x, y) {
    let best = null, least = CELL * CELL;
    for (let i = -1; i <= 1; i++) for (let j = -1; j <= 1; j++)
      for (const point of cells.get((Math.floor(x / CELL) + i) * 1000 + Math.floor(y / CELL) + j) || []) {
        const away = (point.x - x) ** 2 + (point.y - y) ** 2;
        if (away < least && !hidden.has(point.series)) { least = away; best = point; }
      }
    return best;
  }
  svg.addEventListener("pointermove", (event) => {
    const box = svg.getBoundingClientRect(), scale = svg.viewBox.baseVal.width / box.width;
    show(near((event.clientX - box.left) * scale - EDGE, (event.clientY - box.top) * scale - EDGE));
  });
  svg.addEventListener("pointerleave", () => show(null));
  const WAYS = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] };
  map.querySelector(".focus").addEventListener("keydown", (event) => {
    if (event.key === "Escape") return show(null);
    const way = WAYS[event.key];
    if (!way) return;
    event.preventDefault();
    const from = here || { x: 500, y: 500 };
    let best = null, least = Infinity;
    for (const point of points) {
      const ahead = (point.x - from.x) * way[0] + (point.y - from.y) * way[1];
      const aside = Math.abs((point.x - from.x) * way[1] + (point.y - from.y) * way[0]);
      if (ahead < 4 || aside > 2 * ahead || hidden.has(point.series)) continue;
      if (ahead + 2 * aside < least) { least = ahead + 2 * aside; best = point; }
    }
    if (best) show(best);
  });
  for (const item of document.querySelectorAll(".key [data-series]")) {
    const box = document.createElement("input"), label = document.createElement("label");
    box.type = "checkbox";
    box.checked = true;
    label.append(box, " ", ...item.childNodes);
    item.append(label);
    box.addEventListener("change", () => {
      const series = Number(item.dataset.series);
      if (box.checked) hidden.delete(series); else hidden.add(series);
      svg.querySelector(`.dots[data-series="${series}"]`).setAttribute("visibility", box.checked ? "visible" : "hidden");
    });
  }
})();
