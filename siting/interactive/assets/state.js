// What every part of the page shares: the content, how it is written, and which candidate is looked at.
"use strict";

const siting = (() => {
  const content = JSON.parse(document.getElementById("content").textContent);
  const words = content.words;
  const candidates = content.candidates;

  // --- Elements. Text from data only ever becomes text, never markup. ---

  /** Return an element with attributes, properties that start with "on", and children (elements or text). */
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
      else if (value !== null && value !== undefined && value !== false) made.setAttribute(key, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }

  /** Return an SVG element with attributes. */
  function shape(name, attributes = {}, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    made.append(...children);
    return made;
  }

  // --- Numbers and values. ---

  const formats = new Map();
  /** Return a number as the language writes it. */
  function number(value, decimals) {
    if (value === null || value === undefined) return "–";
    if (!formats.has(decimals)) {
      const digits = { minimumFractionDigits: decimals, maximumFractionDigits: decimals };
      formats.set(decimals, new Intl.NumberFormat(content.language, { ...digits, useGrouping: "always" }));
    }
    return formats.get(decimals).format(value).replace("-", "−");
  }

  /** Return a value of a column as text, with its unit if asked; what is missing is called so. */
  function value(column, index, withUnit = false) {
    const own = column.values[index];
    if (own === null) return words.missing;
    if (column.kind === "boolean") return own ? words.yes : words.no;
    if (column.kind === "text") return own;
    const text = number(own / column.scale, column.decimals);
    return withUnit && column.unit ? `${text}\u00a0${column.unit}` : text;
  }

  function fill(template, values) {
    return template.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? values[key] : whole));
  }

  /** Return the status of a candidate: "chosen", "excluded" or "eligible". */
  function status(index) {
    if (candidates.site[index] >= 0) return "chosen";
    return candidates.excluded[index] ? "excluded" : "eligible";
  }

  function statusText(index) {
    const own = status(index);
    return own === "chosen" ? fill(words.chosenSite, { number: candidates.site[index] + 1 }) : words[own];
  }

  function country(index) {
    const code = candidates.countries[index];
    return candidates.countryNames[code] || code;
  }

  /** Return a numbered marker of a chosen site. */
  function badge(site) {
    const made = element("span", { class: "badge" }, String(site + 1));
    made.style.backgroundColor = content.style.sites[site];
    return made;
  }

  // --- State: one candidate may be pointed at, one focused, one selected; one layer is shown. ---

  const state = { hovered: -1, focused: -1, selected: -1, layer: content.layer };
  const listeners = [];

  /** Change the state and tell every part of the page; `origin` says which part asked. */
  function change(changes, origin = "") {
    const changed = Object.keys(changes).filter((key) => state[key] !== changes[key]);
    if (!changed.length) return;
    Object.assign(state, changes);
    for (const listener of listeners) listener(changed, origin);
  }

  /** Return the candidate that is looked at, or -1. */
  function shown() {
    if (state.hovered >= 0) return state.hovered;
    return state.focused >= 0 ? state.focused : state.selected;
  }

  // --- Fixed texts. ---

  for (const each of document.querySelectorAll("[data-text]")) each.textContent = words[each.dataset.text];
  for (const each of document.querySelectorAll("[data-label]")) each.setAttribute("aria-label", words[each.dataset.label]);
  for (const each of document.querySelectorAll("[data-title]")) each.title = words[each.dataset.title];
  for (const each of document.querySelectorAll("[data-placeholder]")) each.placeholder = words[each.dataset.placeholder];

  const columns = new Map(content.columns.map((column) => [column.key, column]));
  return {
    content, words, candidates, columns, state, element, shape, number, value, fill, status, statusText, country, badge,
    change, shown,
    count: candidates.identifiers.length,
    layer: () => content.layers[state.layer],
    listen: (listener) => listeners.push(listener),
    calm: window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    embedded: window.self !== window.top,
  };
})();
