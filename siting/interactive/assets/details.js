// Everything known of the candidate that is looked at; the portfolio while none is. And the short note at the pointer.
"use strict";

siting.details = (() => {
  const { content, candidates, words, element, state } = siting;
  const place = document.getElementById("details");
  const tip = document.getElementById("tip");

  // --- The portfolio. ---

  function overview() {
    const findings = content.findings.map((text) => element("li", { dir: "auto" }, text));
    const parts = [element("ul", { class: "findings" }, ...findings), element("p", { class: "hint" }, words.hint)];
    const chosen = candidates.site.flatMap((site, index) => (site >= 0 ? [[site, index]] : []));
    if (!chosen.length) return parts;
    const shown = content.columns.filter((column) => column.group === "contributions");
    const head = element("tr", {}, element("th", { scope: "col" }, words.contributions), ...shown.map((column) =>
      element("th", { scope: "col", class: "figures" }, column.label, element("small", {}, column.unit))));
    const rows = chosen.map(([site, index]) => element("tr", {},
      element("th", { scope: "row" }, siting.badge(site), element("span", { dir: "auto" }, candidates.names[index])),
      ...shown.map((column) => element("td", { class: "figures" }, siting.value(column, index)))));
    const table = element("table", { class: "overview" }, element("thead", {}, head), element("tbody", {}, ...rows));
    return [element("h2", {}, words.sites), element("div", { class: "across", role: "group", tabindex: "0", "aria-label": words.sites }, table), ...parts];
  }

  // --- One candidate. ---

  function heading(index) {
    const site = candidates.site[index];
    const where = [candidates.identifiers[index], siting.country(index)].filter(Boolean).join(" · ");
    const status = element("span", { class: `status ${siting.status(index)}` }, siting.statusText(index));
    const title = element("h2", { dir: "auto" }, candidates.names[index]);
    const back = element("button", { type: "button", class: "back", onclick: () => siting.change({ selected: -1 }, "details") }, words.back);
    back.hidden = state.selected < 0;
    return element("div", { class: "heading" }, site >= 0 ? siting.badge(site) : null,
      element("div", {}, title, element("p", {}, element("bdi", {}, where), " ", status)), back);
  }

  /** Return where a number lies among all candidates, as a strip with a mark. */
  function strip(column, index) {
    const own = column.values[index];
    if (column.kind !== "number" || own === null) return element("span");
    if (!column.sorted) column.sorted = column.values.filter((value) => value !== null).sort((a, b) => a - b);
    const { sorted } = column;
    if (sorted.length < 3 || sorted[0] === sorted[sorted.length - 1]) return element("span");
    let low = 0, high = 0;
    for (const each of sorted) {
      if (each < own) low += 1;
      if (each <= own) high += 1;
    }
    const mark = element("i");
    // Equal values share the middle of their ranks; the lowest and the highest stand at the ends.
    const rank = low === 0 ? 0 : high === sorted.length ? high - 1 : (low + high - 1) / 2;
    mark.style.left = `${(100 * rank) / (sorted.length - 1)}%`;
    return element("span", { class: "strip", "aria-hidden": "true", title: words.position }, mark);
  }

  function row(label, value, strips = element("span"), title = "") {
    const missing = value === words.missing ? "missing" : false;
    const parts = Array.isArray(value) ? value : [value];
    return element("div", {}, element("dt", { title: title || null }, label), element("dd", { class: missing }, element("span", { dir: "auto" }, ...parts), strips));
  }

  function block(title, rows) {
    return rows.length ? [element("h3", {}, title), element("dl", {}, ...rows)] : [];
  }

  function served(index) {
    const rows = [];
    const named = (site, after = "") => element("span", { class: "site" }, siting.badge(site), candidates.names[candidates.site.indexOf(site)], after);
    const shares = candidates.served[index];
    if (shares.length) {
      const parts = shares.map(([site, share]) => named(site, share === 1 ? "" : ` (${siting.number(100 * share, share < 0.01 ? 2 : 0)} %)`));
      rows.push(row(words.servedBy, parts));
    } else if (candidates.closest[index] >= 0) rows.push(row(words.closest, [named(candidates.closest[index])]));
    if (candidates.latency[index] !== null) rows.push(row(words.latency, `${siting.number(candidates.latency[index], 1)}\u00a0ms`));
    return rows;
  }

  function candidate(index) {
    const parts = [heading(index)];
    const reasons = candidates.reasons[index];
    if (candidates.excluded[index]) {
      parts.push(element("h3", {}, words.why), element("ul", { class: "reasons" }, ...(reasons || "–").split("\n").map((reason) => element("li", { dir: "auto" }, reason))));
    }
    const columnRow = (column) => row(column.label, siting.value(column, index, true), strip(column, index), column.description);
    const of = (group) => content.columns.filter((column) => column.group === group);
    const general = of("results").filter((column) => column.values[index] !== null).map(columnRow);
    parts.push(...block(words.results, [...general, ...served(index)]));
    parts.push(...block(words.analyses, of("analyses").map((column) => (column.key === "role"
      ? row(column.label, words[column.values[index]] || words.otherStatus) : columnRow(column)))));
    if (candidates.site[index] >= 0) parts.push(...block(words.contributions, of("contributions").map((column) => row(column.label, siting.value(column, index, true)))));
    parts.push(...block(words.alone, of("alone").map(columnRow)));
    for (const [group, title] of Object.entries(content.groups)) parts.push(...block(title, of(group).map(columnRow)));
    return parts;
  }

  // --- The note at the pointer. ---

  function note(index) {
    const column = siting.columns.get(siting.layer().column);
    const lines = [element("strong", { dir: "auto" }, candidates.names[index]),
      element("span", { class: "where" }, [candidates.identifiers[index], siting.country(index)].filter(Boolean).join(" · ")),
      element("span", {}, siting.statusText(index))];
    if (candidates.excluded[index]) lines.push(...candidates.reasons[index].split("\n").slice(0, 3).map((text) => element("span", { class: "why", dir: "auto" }, text)));
    if (column && column.values[index] !== null) lines.push(element("span", {}, `${column.label}: `, element("b", {}, siting.value(column, index, true))));
    const site = candidates.closest[index];
    if (siting.layer().key === "service" && site >= 0) lines.push(element("span", {}, `${words.closest}: ${site + 1}`));
    tip.replaceChildren(...lines);
  }

  let drawn = null;
  function draw() {
    const index = siting.shown();
    const key = `${index} ${state.selected}`;
    if (key === drawn) return;
    drawn = key;
    place.replaceChildren(...(index < 0 ? overview() : candidate(index)));
    place.scrollTop = 0;
  }
  siting.listen((changed) => {
    if (state.hovered >= 0 && (changed.includes("hovered") || changed.includes("layer"))) note(state.hovered);
    draw();
  });
  draw();
  return { draw };
})();
