// What the map is coloured by: the list of layers, the legend, and what else is drawn.
"use strict";

siting.layers = (() => {
  const { content, candidates, words, element, shape, count } = siting;
  const { paint, clearHatches, marks, MISSING, svg } = siting.shapes;
  const LETTERS = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  // Candidates that are places are dots, and those without a value or a chance small grey ones.
  const dotted = !candidates.stroked.includes(0), FAINT = "#8b867d";
  const list = document.getElementById("layer");
  const legend = document.getElementById("legend");

  // --- The list, grouped. ---

  const groups = new Map();
  content.layers.forEach((layer, index) => {
    if (!groups.has(layer.group)) groups.set(layer.group, element("optgroup", { label: layer.group }));
    groups.get(layer.group).append(element("option", { value: index }, layer.label));
  });
  list.append(...groups.values());
  list.value = content.layer;
  list.addEventListener("change", () => siting.change({ layer: Number(list.value) }, "layers"));

  // --- Colours. ---

  function draw() {
    const layer = siting.layer();
    clearHatches();
    for (let index = 0; index < count; index += 1) {
      const code = layer.codes[index];
      const own = layer.classes[LETTERS.indexOf(code)];
      if (code === "-") paint(index, content.style.missing, MISSING);
      else if (!own) paint(index, content.style.missing, null);
      else if (own.site) paint(index, content.style.sites[candidates.site[index]], null);
      else paint(index, own.colour, own.pattern ?? null);
    }
    raiseDots(layer);
    svg.classList.toggle("by-area", layer.key === "service" && content.areas.length > 0);
    svg.classList.toggle("by-site", layer.key === "portfolio");
    drawLegend(layer);
  }

  /** Where dots crowd, the highest classes stand on top. */
  function raiseDots(layer) {
    if (!candidates.stroked.includes(1)) return;
    const rank = (index) => (layer.classes[LETTERS.indexOf(layer.codes[index])]?.pattern === undefined ? LETTERS.indexOf(layer.codes[index]) : -2);
    const order = [...marks.keys()].filter((index) => candidates.stroked[index]).sort((a, b) => rank(a) - rank(b));
    for (const index of order) marks[index].parentNode.append(marks[index]);
  }

  // --- Legend. ---

  function swatch(colour, patternNumber) {
    const made = shape("svg", { width: 26, height: 15, class: "swatch", "aria-hidden": "true" });
    if (dotted) {
      const faint = patternNumber !== null;
      made.append(shape("circle", { cx: 13, cy: 7.5, r: faint ? 2.5 : 5.5, fill: faint ? FAINT : colour, stroke: faint ? "none" : "#8a9096" }));
      return made;
    }
    const box = { x: 0.5, y: 0.5, width: 25, height: 14 };
    made.append(shape("rect", { ...box, fill: colour, stroke: "#8a9096" }));
    if (patternNumber !== null) made.append(shape("rect", { ...box, fill: `url(#still-${patternNumber})` }));
    return made;
  }
  function siteSwatch() {
    const made = element("span", { class: "badge small", "aria-hidden": "true" }, "1");
    made.style.backgroundColor = content.style.sites[0];
    return element("span", { class: "swatch" }, made);
  }
  function line(mark, text, number) {
    return element("li", {}, mark, element("span", { dir: "auto" }, text), element("span", { class: "many" }, siting.number(number, 0)));
  }
  function drawLegend(layer) {
    const parts = [element("h2", {}, layer.title)];
    let lines = element("ul");
    for (const { label, colour, count: many, pattern, site, heading } of layer.classes) {
      if (!many) continue;
      if (heading) {
        parts.push(lines, element("h3", {}, heading));
        lines = element("ul");
      }
      lines.append(line(site ? siteSwatch() : swatch(colour, pattern ?? null), label, many));
    }
    if (layer.missing) lines.append(line(swatch(content.style.missing, MISSING), words.missing, layer.missing));
    legend.replaceChildren(...parts, lines);
  }

  // --- What else is drawn. ---

  for (const name of ["areas", "borders", "names"]) {
    const box = document.getElementById(`show-${name}`);
    const apply = () => svg.classList.toggle(`without-${name}`, !box.checked);
    box.addEventListener("change", apply);
    apply();
  }
  const present = { areas: content.areas.length > 1, borders: Boolean(content.base.borders), names: content.style.sites.length > 0 };
  for (const [name, there] of Object.entries(present)) {
    document.getElementById(`show-${name}`).closest("label").hidden = !there;
  }
  document.querySelector("#control fieldset").hidden = !Object.values(present).some(Boolean);

  siting.listen((changed) => {
    if (!changed.includes("layer")) return;
    list.value = siting.state.layer;
    draw();
  });
  draw();
  return { draw };
})();
