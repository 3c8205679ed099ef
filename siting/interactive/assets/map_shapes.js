// The shapes of the map: land, candidates, borders, service areas, insets, and the hatches they are filled with.
"use strict";

siting.shapes = (() => {
  const { content, candidates, words, element, shape } = siting;
  const { base, style } = content;
  // Millimetres and points of the printed maps, in pixels; hatches are a little wider on a screen.
  const MILLIMETRE = 5, POINT = 1.6;

  const stage = document.getElementById("stage");
  const definitions = shape("defs");
  const world = shape("g", { class: "world" });
  const over = shape("g", { class: "over" });
  const svg = shape("svg", { class: "canvas", focusable: "false" }, definitions, world, over);
  stage.append(svg);

  // --- Hatches: one pattern per reason and one for missing values, for the map and again for the insets. ---

  const zoomed = [];
  let least = Infinity;
  function pattern(id, { angles, spacing, width }) {
    const step = spacing * MILLIMETRE, stroke = width * POINT;
    const lean = angles.length ? -angles[0] : 0;
    const made = shape("pattern", { id, width: step, height: angles.length ? step : step * 1.732, patternUnits: "userSpaceOnUse" });
    made.dataset.lean = lean;
    made.setAttribute("patternTransform", `rotate(${lean})`);
    if (angles.length) {
      made.append(shape("path", { d: `M0 ${step / 2}h${step}`, stroke: style.hatch, "stroke-width": stroke }));
      if (angles.length > 1) made.append(shape("path", { d: `M${step / 2} 0v${step}`, stroke: style.hatch, "stroke-width": stroke }));
    } else {
      const rise = step * 1.732;
      const dots = [[0, 0], [step, 0], [0, rise], [step, rise], [step / 2, rise / 2]];
      for (const [cx, cy] of dots) made.append(shape("circle", { cx, cy, r: stroke / 1.6, fill: style.hatch }));
    }
    definitions.append(made);
    return made;
  }
  style.patterns.forEach((each, index) => {
    zoomed.push(pattern(`hatch-${index}`, each));
    pattern(`still-${index}`, each);
  });
  const MISSING = style.patterns.length - 1;

  /** Keep lines and hatches as wide on the screen as they are in the legend, whatever the zoom; dots grow a little. */
  function rescale(k) {
    least = Math.min(least, k);
    world.style.setProperty("--px", 1 / k);
    world.style.setProperty("--dot", `${Math.min(4 + 3 * Math.log2(k / least + 1), 14)}px`);
    for (const each of zoomed) each.setAttribute("patternTransform", `rotate(${each.dataset.lean}) scale(${1 / k})`);
  }

  // --- Layers of the picture, from the sea up. ---

  function add(name, d, parent = world) {
    const made = shape("path", { class: name, d });
    parent.append(made);
    return made;
  }
  add("graticule", base.graticule);
  add("neighbours", base.neighbours);
  add("union", base.union);
  const areaFills = shape("g", { class: "area-fills" });
  const regions = shape("g", { class: "regions" });
  const hatches = shape("g", { class: "hatches" });
  world.append(areaFills, regions, hatches);
  add("borders", base.borders);
  const areaLines = shape("g", { class: "area-lines" });
  const chosenLines = shape("g", { class: "chosen-lines" });
  const halo = shape("g", { class: "halo" });
  world.append(areaLines, chosenLines, halo);
  for (const { site, path } of content.areas) {
    add("area-fill", path, areaFills).setAttribute("fill", style.sites[site]);
    const under = add("area-under", path, areaLines), line = add("area-line", path, areaLines);
    under.setAttribute("stroke", "#fff");
    line.setAttribute("stroke", style.sites[site]);
  }

  // --- Insets: one small picture each, in a projection of its own. ---

  const insets = candidates.insets.map((inset) => {
    const [width, height] = inset.size;
    const picture = { regions: shape("g", { class: "regions" }), hatches: shape("g", { class: "hatches" }), halo: shape("g", { class: "halo" }) };
    const scale = 100 / Math.max(width, height);
    const inner = shape("g", { transform: `translate(${50 - (width * scale) / 2} ${50 - (height * scale) / 2}) scale(${scale})` });
    if (inset.land) inner.append(shape("path", { class: "union", d: inset.land }));
    inner.append(picture.regions, picture.hatches, picture.halo);
    const drawing = shape("svg", { viewBox: "0 0 100 100", focusable: "false" }, inner);
    const figure = element("figure", {}, drawing, element("figcaption", { dir: "auto" }, inset.name));
    inner.style.setProperty("--px", 1 / scale);
    document.getElementById("insets").append(figure);
    return { ...picture, figure, scale, inner };
  });

  // Hatches of an inset are drawn in its own units, so that they look like those of the legend.
  insets.forEach((inset, number) => {
    style.patterns.forEach((each, index) => {
      const made = pattern(`inset-${number}-${index}`, each);
      made.setAttribute("patternTransform", `rotate(${made.dataset.lean}) scale(${0.8 / inset.scale})`);
    });
  });

  // --- Candidates. ---

  const marks = candidates.paths.map((d, index) => {
    const made = shape("path", { d, class: candidates.stroked[index] ? "candidate dot" : "candidate" });
    made.dataset.candidate = index;
    const place = candidates.inset[index] < 0 ? regions : insets[candidates.inset[index]].regions;
    place.append(made);
    return made;
  });
  candidates.site.forEach((site, index) => {
    if (site < 0 || candidates.stroked[index] || candidates.inset[index] >= 0) return;
    add("chosen-under", candidates.paths[index], chosenLines);
    add("chosen-line", candidates.paths[index], chosenLines).setAttribute("stroke", style.sites[site]);
  });

  /** Colour a candidate, and hatch it if a pattern is given. */
  function paint(index, colour, patternNumber) {
    const mark = marks[index];
    const dot = candidates.stroked[index];
    mark.setAttribute(dot ? "stroke" : "fill", colour);
    mark.classList.toggle("faint", Boolean(dot) && patternNumber !== null);
    if (patternNumber === null || dot) return;
    const inset = candidates.inset[index];
    const made = shape("path", { d: candidates.paths[index], class: "hatch" });
    made.setAttribute("fill", `url(#${inset < 0 ? "hatch" : `inset-${inset}`}-${patternNumber})`);
    (inset < 0 ? hatches : insets[inset].hatches).append(made);
  }

  function clearHatches() {
    hatches.replaceChildren();
    for (const inset of insets) inset.hatches.replaceChildren();
  }

  /** Outline the candidate that is looked at, and the selected one. */
  function outline() {
    const { state } = siting;
    halo.replaceChildren();
    insets.forEach((inset) => {
      inset.halo.replaceChildren();
      inset.figure.classList.remove("active");
    });
    const shown = siting.shown();
    for (const index of new Set([state.selected, shown])) {
      if (index < 0) continue;
      const inset = insets[candidates.inset[index]];
      const kind = candidates.stroked[index] ? " dot" : "";
      for (const name of ["halo-under", "halo-line"]) {
        const made = shape("path", { d: candidates.paths[index], class: name + kind });
        if (kind && name === "halo-line") made.setAttribute("stroke", marks[index].getAttribute("stroke"));
        (inset ? inset.halo : halo).append(made);
      }
    }
    const large = insets[candidates.inset[state.selected]] || insets[candidates.inset[state.focused]];
    if (large) large.figure.classList.add("active");
  }
  siting.listen(outline);

  return { stage, svg, world, over, marks, insets, halo, areaLines, rescale, paint, clearHatches, MISSING, add };
})();
