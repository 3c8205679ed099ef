// How the map is looked at: pan and zoom, numbered markers with names, the scale bar, and what the pointer is over.
"use strict";

siting.view = (() => {
  const { content, candidates, shape, calm, embedded } = siting;
  const { stage, svg, world, over, rescale } = siting.shapes;
  const [width, height] = content.base.size;
  const MARGIN = 14, DEEPEST = 60, NAME_LENGTH = 30;
  let size = [stage.clientWidth, stage.clientHeight];

  // --- Pan and zoom. ---

  const zoom = d3.zoom()
    .extent(() => [[0, 0], size])
    .filter((event) => !event.button && (event.type !== "wheel" || !embedded || event.ctrlKey || event.metaKey))
    .on("zoom", ({ transform }) => draw(transform));
  const selection = d3.select(svg).call(zoom).on("dblclick.zoom", null);

  /** Return the transformation that shows a box of the grid, with a margin in pixels. */
  function fitting([left, top, right, bottom], margin, deepest = Infinity) {
    const free = [size[0] - 2 * margin, size[1] - 2 * margin];
    const k = Math.min(free[0] / Math.max(right - left, 1), free[1] / Math.max(bottom - top, 1), deepest);
    return d3.zoomIdentity.translate(size[0] / 2, size[1] / 2).scale(k).translate(-(left + right) / 2, -(top + bottom) / 2);
  }
  const everything = () => fitting([0, 0, width, height], MARGIN);

  function go(transform, slowly = true) {
    if (calm || !slowly) selection.call(zoom.transform, transform);
    else selection.transition().duration(500).call(zoom.transform, transform);
  }
  function by(factor) {
    selection.transition().duration(calm ? 0 : 200).call(zoom.scaleBy, factor);
  }
  function move(x, y) {
    const { k } = d3.zoomTransform(svg);
    selection.call(zoom.translateBy, x / k, y / k);
  }

  /** Show a candidate with its surroundings; those in insets are enlarged there instead. */
  function zoomTo(index) {
    if (candidates.inset[index] >= 0) return;
    const whole = everything().k;
    go(fitting(candidates.boxes[index], Math.min(...size) * 0.33, whole * 6));
  }

  /** Move the map so that a candidate lies inside it, if it does not. */
  function reveal(index) {
    if (candidates.inset[index] >= 0) return;
    const [x, y] = d3.zoomTransform(svg).apply(candidates.anchors[index]);
    const edge = 60;
    const across = Math.max(edge - x, 0) - Math.max(x - size[0] + edge, 0);
    const down = Math.max(edge - y, 0) - Math.max(y - size[1] + edge, 0);
    if (across || down) move(across, down);
  }

  document.getElementById("zoom-in").addEventListener("click", () => by(1.7));
  document.getElementById("zoom-out").addEventListener("click", () => by(1 / 1.7));
  document.getElementById("zoom-all").addEventListener("click", () => go(everything()));

  // Names keep clear of what lies over the map.
  let covered = [];
  function measure() {
    const { left, top } = stage.getBoundingClientRect();
    covered = ["control", "insets", "zoom"].map((id) => document.getElementById(id).getBoundingClientRect())
      .map((box) => [box.left - left, box.top - top, box.right - left, box.bottom - top]);
    draw(d3.zoomTransform(svg));
  }
  new ResizeObserver(measure).observe(document.getElementById("control"));

  new ResizeObserver(() => {
    const before = size;
    size = [stage.clientWidth, stage.clientHeight];
    if (!size[0] || !size[1]) return;
    svg.setAttribute("viewBox", `0 0 ${size[0]} ${size[1]}`);
    const whole = everything();
    zoom.scaleExtent([whole.k * 0.7, whole.k * DEEPEST]).translateExtent([[-0.4 * width, -0.3 * height], [1.4 * width, 1.3 * height]]);
    const now = d3.zoomTransform(svg);
    const centre = now.invert([before[0] / 2, before[1] / 2]);
    const first = now.k === 1 && now.x === 0;
    go(first ? whole : d3.zoomIdentity.translate(size[0] / 2, size[1] / 2).scale(now.k).translate(-centre[0], -centre[1]), false);
  }).observe(stage);

  // --- Markers of the chosen sites; those in insets stand there. ---

  const markers = [];
  candidates.site.forEach((site, index) => {
    if (site < 0) return;
    const colour = content.style.sites[site];
    const [x, y] = candidates.anchors[index];
    const circle = shape("circle", { r: 10, fill: colour });
    const figure = shape("text", { class: "figure" }, String(site + 1));
    const marker = shape("g", { class: "marker" }, circle, figure);
    marker.dataset.candidate = index;
    const inset = siting.shapes.insets[candidates.inset[index]];
    if (inset) {
      marker.setAttribute("transform", `translate(${x} ${y}) scale(${1 / inset.scale})`);
      inset.inner.append(marker);
      return;
    }
    const full = candidates.names[index];
    const short = full.length > NAME_LENGTH ? `${full.slice(0, NAME_LENGTH - 1)}…` : full;
    const name = shape("text", { class: "name", fill: content.style.siteTexts[site] }, short);
    name.dataset.candidate = index;
    over.append(name, marker);
    markers.push({ index, marker, name, place: [x, y], box: null });
  });
  // Numbers stand above names.
  for (const { marker } of markers) over.append(marker);

  /** Put each name where it covers neither a marker nor another name; a name without such a place is left out. */
  function placeNames(points) {
    const taken = covered.concat(points.map(([x, y]) => [x - 11, y - 11, x + 11, y + 11]));
    const free = (box) => taken.every(([l, t, r, b]) => box[2] < l || box[0] > r || box[3] < t || box[1] > b)
      && ((box[0] > 2 && box[2] < size[0] - 2) || box[2] < 0 || box[0] > size[0]);
    markers.forEach((each, number) => {
      each.size ||= each.name.getBBox().width;
      const [x, y] = points[number], half = each.size / 2;
      const places = [[x + 15 + half, y + 4.5], [x - 15 - half, y + 4.5], [x, y - 16], [x, y + 25]];
      const place = places.find(([cx, cy]) => free([cx - half, cy - 12, cx + half, cy + 4]));
      each.name.classList.toggle("left-out", !place);
      if (!place) return;
      taken.push([place[0] - half, place[1] - 12, place[0] + half, place[1] + 4]);
      each.name.setAttribute("x", place[0]);
      each.name.setAttribute("y", place[1]);
    });
  }

  // --- Drawing a view. ---

  const scale = document.getElementById("scale");
  function drawScale(k) {
    const metresPerPixel = content.base.metres / k;
    const most = 110 * metresPerPixel;
    const power = 10 ** Math.floor(Math.log10(most));
    const length = [5, 2, 1].map((step) => step * power).find((step) => step <= most);
    scale.querySelector("i").style.width = `${length / metresPerPixel}px`;
    scale.querySelector("span").textContent = length >= 1000 ? `${siting.number(length / 1000, 0)} km` : `${siting.number(length, 0)} m`;
  }

  let drawnAt = 0;
  function draw(transform) {
    world.setAttribute("transform", transform.toString());
    if (transform.k !== drawnAt) rescale(transform.k);
    drawnAt = transform.k;
    const points = markers.map(({ place }) => transform.apply(place));
    markers.forEach(({ marker }, number) => marker.setAttribute("transform", `translate(${points[number].join(" ")})`));
    placeNames(points);
    drawScale(transform.k);
  }

  // --- The pointer. ---

  const tip = document.getElementById("tip");
  const map = document.getElementById("map");
  const candidateAt = (event) => {
    const found = event.target.closest("[data-candidate]");
    return found ? Number(found.dataset.candidate) : -1;
  };
  map.addEventListener("pointermove", (event) => {
    if (event.pointerType === "touch") return;
    const index = event.buttons ? -1 : candidateAt(event);
    siting.change({ hovered: index }, "map");
    tip.hidden = index < 0;
    if (index < 0) return;
    const box = map.getBoundingClientRect();
    const x = event.clientX - box.left, y = event.clientY - box.top;
    const left = x + 18 + tip.offsetWidth > box.width ? x - tip.offsetWidth - 14 : x + 18;
    const top = Math.min(Math.max(y - tip.offsetHeight / 2, 6), box.height - tip.offsetHeight - 6);
    tip.style.transform = `translate(${Math.max(left, 4)}px, ${top}px)`;
  });
  map.addEventListener("pointerleave", () => {
    tip.hidden = true;
    siting.change({ hovered: -1 }, "map");
  });
  map.addEventListener("click", (event) => {
    const index = candidateAt(event);
    if (index >= 0) siting.change({ selected: index === siting.state.selected ? -1 : index }, "map");
  });
  if (embedded) {
    const hint = document.getElementById("wheel");
    let timer = 0;
    stage.addEventListener("wheel", (event) => {
      hint.hidden = event.ctrlKey || event.metaKey;
      clearTimeout(timer);
      timer = setTimeout(() => { hint.hidden = true; }, 1200);
    }, { passive: true });
  }

  siting.listen((changed, origin) => {
    if (changed.includes("selected") && siting.state.selected >= 0 && origin !== "map") zoomTo(siting.state.selected);
  });

  return { by, move, reveal, zoomTo, showAll: () => go(everything()) };
})();
