// The frame of the page: what was found, what it rests on.
"use strict";

siting.frame = (() => {
  const { content, candidates, words, element } = siting;
  const { header, footer, criteria } = content;

  // --- Verdict and chosen sites. ---

  const verdict = document.getElementById("verdict");
  if (header.held) {
    verdict.append(
      element("span", { class: header.proven ? "proven" : "open" }, header.verdict),
      ` ${words.objective} `, element("b", {}, siting.number(header.objective, 4)),
      ` · ${words.gap} `, element("b", {}, `${siting.number(header.gapPercent, 2)} %`));
    if (header.proof) verdict.append(element("span", { class: "proof" }, `${words.proof}: ${header.proof}`));
  } else verdict.append(element("span", { class: "open" }, header.verdict));

  const sites = document.getElementById("sites");
  candidates.site.forEach((site, index) => {
    if (site < 0) return;
    const select = () => siting.change({ selected: index }, "header");
    const button = element("button", { type: "button", onclick: select }, siting.badge(site),
      element("span", { dir: "auto" }, candidates.names[index]));
    sites.append(element("li", {}, button));
  });
  sites.hidden = !header.held;

  // --- Criteria. ---

  /** Return a number with about four digits. */
  function amount(value) {
    if (value === null) return "–";
    const size = Math.abs(value);
    if (size >= 1000 || Number.isInteger(value)) return siting.number(value, 0);
    return siting.number(value, size >= 100 ? 1 : size >= 10 ? 2 : 3);
  }
  const most = Math.max(...criteria.map(({ contribution }) => Math.abs(contribution ?? 0)), 0);
  const rows = criteria.map(({ label, value, unit, weight, contribution }) => {
    const bar = element("span", { class: "bar", "aria-hidden": "true" }, element("i"));
    bar.firstChild.style.width = `${most > 0 ? (100 * Math.abs(contribution ?? 0)) / most : 0}%`;
    return element("tr", {}, element("th", { scope: "row" }, label),
      element("td", { class: "figures" }, amount(value), " ", element("small", {}, unit)),
      element("td", { class: "figures" }, weight === null ? "–" : amount(weight)),
      element("td", { class: "figures share" }, bar, contribution === null ? "–" : siting.number(contribution, 3)));
  });
  const heads = ["criterion", "value", "weight", "share"].map((key, place) =>
    element("th", { scope: "col", class: place ? "figures" : null }, words[key]));
  document.getElementById("criteria").append(
    element("caption", { class: "unseen" }, words.criteria),
    element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows));

  // --- Footer. ---

  const place = document.getElementById("footer");
  place.append(
    element("p", {}, element("b", {}, `${words.sources}: `), element("span", { dir: "auto" }, footer.sources.join("; ")), "."),
    element("p", {}, [...footer.remarks, footer.date, footer.version].join(" · ")));
  return {};
})();
