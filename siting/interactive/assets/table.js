// The table of candidates: the same information as the map, sorted, filtered, a page at a time.
"use strict";

siting.table = (() => {
  const { content, candidates, words, element, state, count } = siting;
  const PAGE = 100;
  const head = document.querySelector("#candidates thead");
  const body = document.querySelector("#candidates tbody");
  const controls = Object.fromEntries(["search", "country", "status", "every", "previous", "next", "range", "count", "scroll"].map(
    (name) => [name, document.getElementById(name)]));
  const plainText = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase(content.language);
  const searched = candidates.names.map((name, index) => plainText(`${name} ${candidates.identifiers[index]} ${siting.country(index)}`));
  const ORDER = { chosen: 0, eligible: 1, excluded: 2 };
  const sorting = { key: "status", down: false };
  let rows = [], page = 0, active = 0;

  // --- Columns: what everyone asks first, what the map shows, and on demand every attribute. ---

  const own = {
    name: { label: words.candidate, text: (index) => candidates.names[index], compare: (a, b) => collator.compare(candidates.names[a], candidates.names[b]) },
    country: { label: words.country, text: siting.country, compare: (a, b) => collator.compare(siting.country(a), siting.country(b)) },
    status: { label: words.status, text: siting.statusText, compare: compareStatus },
  };
  const collator = new Intl.Collator(content.language, { numeric: true });
  const score = siting.columns.get("score");

  function compareStatus(a, b) {
    return ORDER[siting.status(a)] - ORDER[siting.status(b)] || candidates.site[a] - candidates.site[b]
      || (score ? compareValues(score, b, a) : 0);
  }
  /** Compare two values; a missing one is less than any other. */
  function compareValues(column, a, b) {
    const [first, second] = [column.values[a], column.values[b]];
    if (first === null || second === null) return (first !== null) - (second !== null);
    return column.kind === "text" ? collator.compare(first, second) : first - second;
  }
  const hasCountries = candidates.countries.some(Boolean);

  /** Return the columns that are shown, in order. */
  function columns() {
    const keys = ["name", ...(hasCountries ? ["country"] : []), "status"];
    const shown = new Set(["score", siting.layer().column].filter((key) => siting.columns.has(key)));
    if (controls.every.checked) content.columns.forEach((column) => shown.add(column.key));
    return [...keys.map((key) => ({ key, ...own[key] })), ...[...shown].map((key) => {
      const column = siting.columns.get(key);
      return { key, label: column.label, unit: column.unit, column, figures: column.kind === "number",
        text: (index) => (key === "role" && column.values[index] ? (words[column.values[index]] || "").split(":")[0] : siting.value(column, index)),
        compare: (a, b) => compareValues(column, a, b) };
    })];
  }

  // --- Rows. ---

  function select() {
    const text = plainText(controls.search.value.trim());
    const kept = [];
    for (let index = 0; index < count; index += 1) {
      if (text && !searched[index].includes(text)) continue;
      if (controls.country.value && candidates.countries[index] !== controls.country.value) continue;
      if (controls.status.value && siting.status(index) !== controls.status.value) continue;
      kept.push(index);
    }
    const { compare, column } = columns().find(({ key }) => key === sorting.key) || own.status;
    const missing = (index) => Number(Boolean(column) && column.values[index] === null);
    const sign = sorting.down ? -1 : 1;
    // Candidates without a value come last, whichever way the others are sorted.
    rows = kept.sort((a, b) => missing(a) - missing(b) || sign * compare(a, b) || a - b);
    controls.count.textContent = siting.number(rows.length, 0);
  }

  function heading({ key, label, unit, figures }) {
    const current = sorting.key === key;
    const arrow = element("span", { class: "arrow", "aria-hidden": "true" }, current ? (sorting.down ? "▼" : "▲") : "");
    const button = element("button", { type: "button", onclick: () => sort(key, figures) }, label, arrow);
    if (unit) button.append(element("small", {}, unit));
    return element("th", { scope: "col", class: figures ? "figures" : null, "data-key": key,
      "aria-sort": current ? (sorting.down ? "descending" : "ascending") : null }, button);
  }

  function row(index, shown, position) {
    const site = candidates.site[index];
    const cells = shown.map(({ key, text, figures, column }) => {
      if (key !== "name") {
        const missing = column && column.values[index] === null;
        return element("td", { class: [figures ? "figures" : "", missing ? "missing" : ""].join(" ").trim() || null, dir: figures ? null : "auto" },
          missing ? "–" : text(index));
      }
      const button = element("button", { type: "button", tabindex: position === active ? "0" : "-1", "aria-pressed": String(state.selected === index) },
        element("span", { dir: "auto" }, text(index)), element("small", {}, candidates.identifiers[index]));
      return element("th", { scope: "row" }, element("span", { class: "who" }, site >= 0 ? siting.badge(site) : null, button));
    });
    const made = element("tr", { class: `${siting.status(index)}${state.selected === index ? " selected" : ""}`, "data-candidate": index }, ...cells);
    return made;
  }

  function draw() {
    const shown = columns();
    const pages = Math.max(1, Math.ceil(rows.length / PAGE));
    page = Math.min(page, pages - 1);
    const first = page * PAGE, visible = rows.slice(first, first + PAGE);
    active = Math.min(active, Math.max(0, visible.length - 1));
    document.getElementById("candidates").classList.toggle("wide", controls.every.checked);
    head.replaceChildren(element("tr", {}, ...shown.map(heading)));
    body.replaceChildren(...visible.map((index, position) => row(index, shown, position)));
    if (!visible.length) body.append(element("tr", {}, element("td", { colspan: shown.length, class: "nothing" }, words.noRows)));
    controls.range.textContent = siting.fill(words.rows, { first: siting.number(Math.min(first + 1, rows.length), 0), last: siting.number(first + visible.length, 0), count: siting.number(rows.length, 0) });
    controls.previous.disabled = page === 0;
    controls.next.disabled = page === pages - 1;
    document.getElementById("pages").hidden = pages === 1;
  }

  function again() {
    select();
    draw();
  }
  function sort(key, downFirst) {
    sorting.down = sorting.key === key ? !sorting.down : Boolean(downFirst);
    sorting.key = key;
    page = 0;
    again();
    head.querySelector(`[data-key="${CSS.escape(key)}"] button`).focus();
  }
  function turn(step) {
    page += step;
    active = 0;
    draw();
    controls.scroll.scrollTop = 0;
  }

  // --- Controls. ---

  const countries = Object.entries(candidates.countryNames).sort(([, a], [, b]) => collator.compare(a, b));
  controls.country.append(element("option", { value: "" }, words.everywhere), ...countries.map(([code, name]) => element("option", { value: code }, name)));
  controls.country.hidden = !hasCountries;
  controls.status.append(element("option", { value: "" }, words.everyone), ...Object.keys(ORDER).map((each) => element("option", { value: each }, words[each])));
  for (const name of ["search", "country", "status", "every"]) {
    controls[name].addEventListener("input", () => {
      page = 0;
      active = 0;
      again();
    });
  }
  document.getElementById("filter").addEventListener("submit", (event) => event.preventDefault());
  controls.previous.addEventListener("click", () => turn(-1));
  controls.next.addEventListener("click", () => turn(1));

  // --- From the table to the map. ---

  const rowOf = (event) => event.target.closest("tr[data-candidate]");
  body.addEventListener("click", (event) => {
    const found = rowOf(event);
    if (!found) return;
    const index = Number(found.dataset.candidate);
    siting.change({ selected: state.selected === index ? -1 : index }, "table");
  });
  body.addEventListener("pointerover", (event) => {
    if (event.pointerType !== "touch" && rowOf(event)) siting.change({ hovered: Number(rowOf(event).dataset.candidate) }, "table");
  });
  body.addEventListener("pointerleave", () => siting.change({ hovered: -1 }, "table"));
  body.addEventListener("focusin", (event) => {
    const found = rowOf(event);
    if (!found) return;
    active = [...body.children].indexOf(found);
    siting.change({ focused: Number(found.dataset.candidate) }, "table");
  });
  body.addEventListener("focusout", () => siting.change({ focused: -1 }, "table"));
  body.addEventListener("keydown", (event) => {
    const last = body.children.length - 1;
    const next = { ArrowDown: active + 1, ArrowUp: active - 1, Home: 0, End: last }[event.key];
    if (next === undefined || !rowOf(event)) return;
    event.preventDefault();
    focusRow(Math.min(Math.max(next, 0), last));
  });
  function focusRow(position) {
    body.querySelector("button[tabindex='0']")?.setAttribute("tabindex", "-1");
    const button = body.children[position].querySelector("button");
    button.setAttribute("tabindex", "0");
    button.focus();
  }

  // --- From the map to the table. ---

  function mark() {
    for (const each of body.querySelectorAll("tr[data-candidate]")) {
      const index = Number(each.dataset.candidate), selected = index === state.selected;
      each.classList.toggle("selected", selected);
      each.classList.toggle("looked-at", index === siting.shown() && !selected);
      each.querySelector("button").setAttribute("aria-pressed", String(selected));
    }
  }
  /** Turn to the page of a candidate and scroll to its row; filters that hide it are lifted. */
  function reveal(index) {
    if (!rows.includes(index)) {
      for (const name of ["search", "country", "status"]) controls[name].value = "";
      select();
    }
    page = Math.floor(rows.indexOf(index) / PAGE);
    draw();
    const found = body.querySelector(`[data-candidate="${index}"]`);
    const { scroll } = controls;
    scroll.scrollTop += found.getBoundingClientRect().top - scroll.getBoundingClientRect().top - scroll.clientHeight / 2;
  }
  siting.listen((changed, origin) => {
    if (changed.includes("layer")) again();
    if (changed.includes("selected") && state.selected >= 0 && origin !== "table") reveal(state.selected);
    mark();
  });

  again();
  return { draw: again };
})();
