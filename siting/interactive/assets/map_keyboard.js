// The map without a mouse: the stage pans and zooms; Enter steps into the candidates, arrows walk from one to the next.
"use strict";

siting.keyboard = (() => {
  const { candidates, count, state, words } = siting;
  const { stage, marks } = siting.shapes;
  const { by, move, reveal, showAll } = siting.view;
  const DIRECTIONS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  const STEP = 90;
  let active = -1;

  /** Make one candidate the place where the keyboard is; only it is known to assistive technology as a button. */
  function activate(index) {
    if (active >= 0) for (const name of ["tabindex", "role", "aria-label", "aria-pressed"]) marks[active].removeAttribute(name);
    active = index;
    const mark = marks[index];
    mark.setAttribute("tabindex", "-1");
    mark.setAttribute("role", "button");
    mark.setAttribute("aria-label", siting.keyboard.describe(index));
    mark.setAttribute("aria-pressed", String(state.selected === index));
    reveal(index);
    mark.focus({ preventScroll: true });
  }

  /** Return a candidate in one sentence. */
  function describe(index) {
    const place = [candidates.names[index], candidates.identifiers[index], siting.country(index)];
    const parts = [[...new Set(place)].filter(Boolean).join(", "), siting.statusText(index)];
    const column = siting.columns.get(siting.layer().column);
    if (column && !(column.key === "score" && siting.status(index) === "excluded")) parts.push(`${column.label}: ${siting.value(column, index, true)}`);
    return `${parts.join(". ")}.`;
  }

  /** Return the nearest candidate in a direction: straight ahead counts for more than sideways. */
  function neighbour(from, [dx, dy]) {
    const inset = candidates.inset[from];
    const [x, y] = candidates.anchors[from];
    let best = -1, least = Infinity;
    for (let index = 0; index < count; index += 1) {
      if (candidates.inset[index] !== inset || index === from) continue;
      const across = candidates.anchors[index][0] - x, down = candidates.anchors[index][1] - y;
      const ahead = across * dx + down * dy, aside = Math.abs(across * dy) + Math.abs(down * dx);
      if (ahead <= 0) continue;
      const distance = ahead + 2.2 * aside;
      if (distance < least) [best, least] = [index, distance];
    }
    return best;
  }

  function start() {
    if (state.selected >= 0) return state.selected;
    const chosen = candidates.site.indexOf(0);
    return chosen >= 0 ? chosen : Math.max(0, candidates.inset.indexOf(-1));
  }

  const zoomKeys = { "+": () => by(1.7), "=": () => by(1.7), "-": () => by(1 / 1.7), 0: showAll };

  stage.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const inside = event.target.closest("[data-candidate]");
    const direction = DIRECTIONS[event.key];
    let done = true;
    if (event.key in zoomKeys) zoomKeys[event.key]();
    else if (!inside && direction) move(-STEP * direction[0], -STEP * direction[1]);
    else if (!inside && event.key === "Enter") activate(start());
    else if (inside && direction) {
      const next = neighbour(active, direction);
      if (next >= 0) activate(next);
    } else if (inside && (event.key === "Enter" || event.key === " ")) {
      siting.change({ selected: state.selected === active ? -1 : active }, "keyboard");
      marks[active].setAttribute("aria-pressed", String(state.selected === active));
    } else if (event.key === "Escape") {
      if (inside) stage.focus({ preventScroll: true });
      else siting.change({ selected: -1 }, "keyboard");
    } else done = false;
    if (done) event.preventDefault();
  });
  stage.addEventListener("focusin", (event) => {
    const inside = event.target.closest("[data-candidate]");
    siting.change({ focused: inside ? Number(inside.dataset.candidate) : -1 }, "keyboard");
  });
  stage.addEventListener("focusout", () => siting.change({ focused: -1 }, "keyboard"));

  // Insets stand outside the stage; each is a button that selects its candidates in turn.
  siting.shapes.insets.forEach(({ figure }, number) => {
    const own = candidates.inset.flatMap((inset, index) => (inset === number ? [index] : []));
    const name = figure.querySelector("figcaption").textContent;
    const press = () => {
      const next = own[(own.indexOf(state.selected) + 1) % own.length];
      siting.change({ selected: own.length === 1 && state.selected === next ? -1 : next }, "inset");
    };
    figure.tabIndex = 0;
    figure.setAttribute("role", "button");
    figure.setAttribute("aria-label", `${name}: ${own.map((index) => candidates.names[index]).slice(0, 6).join(", ")}`);
    figure.addEventListener("keydown", (event) => {
      if (event.key !== "Enter" && event.key !== " ") return;
      event.preventDefault();
      press();
    });
  });

  // What was selected is said aloud, whichever part of the page it was selected in.
  const announcement = document.getElementById("announcement");
  siting.listen((changed) => {
    if (!changed.includes("selected")) return;
    announcement.textContent = state.selected < 0 ? "" : `${words.selected}: ${describe(state.selected)}`;
  });

  return { describe };
})();
