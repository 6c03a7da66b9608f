
"use strict";
(function () {
  const read = id => JSON.parse(document.getElementById(id).textContent);
  const about = read("about"), rows = read("rows"), say = about.say;
  const get = id => document.getElementById(id);
  const body = get("body"), search = get("search"), verdict = get("verdict"), rule = get("rule");
  const size = 100;
  let page = 0, shown = rows, order = -1, down = false;

  const add = (parent, tag, text, attributes) => {
    const e = document.createElement(tag);
    if (text !== undefined) e.textContent = text;
    for (const name in attributes) e.setAttribute(name, attributes[name]);
    parent.appendChild(e);
    return e;
  };
  const option = (list, value, text) => add(list, "option", text, { value: value });

  option(verdict, "", say.any);
  about.labels.forEach((l, n) => option(verdict, n, l));
  option(rule, "", say.anyRule);
  Array.from(new Set(about.reasons.map(r => r.Rule))).sort().forEach(r => option(rule, r, r));

  const reason = (parent, k) => {
    const r = about.reasons[k[0]], div = add(parent, "div", undefined, { class: "reason" });
    add(div, "b", r.Rule + " " + r.Outcome + ": " + r.Title);
    const list = add(div, "dl");
    for (const [label, text] of [[say.found, k[1]], [say.required, r.Required], [say.remedy, r.Remedy], [say.by, k[3] && k[2] + ", " + k[3]], [say.source, r.Source]]) {
      if (text) { add(list, "dt", label); add(list, "dd", text); }
    }
  };
  const show = row => {
    const tr = add(body, "tr", undefined, { class: "v" + row[0] });
    row[1].forEach((text, n) => add(tr, "td", text, { "data-label": about.columns[n] }));
    let last = add(tr, "td", undefined, { "data-label": say.reasons });
    if (row[2].length) {
      last = add(last, "details");
      add(last, "summary", row[2].map(k => about.reasons[k[0]].Rule).join(" "));
      row[2].forEach(k => reason(last, k));
    }
    row[3].forEach(text => add(last, "p", text));
  };
  const draw = () => {
    const from = page * size, to = Math.min(shown.length, from + size);
    body.textContent = "";
    for (let n = from; n < to; n++) show(shown[n]);
    get("place").textContent = shown.length ? say.of.replace("{from}", from + 1).replace("{to}", to).replace("{all}", shown.length) : say.none;
    get("back").disabled = page === 0;
    get("next").disabled = to >= shown.length;
  };
  const compare = (a, b) => {
    const x = a[1][order], y = b[1][order];
    const d = x !== "" && y !== "" && !isNaN(x) && !isNaN(y) ? x - y : x < y ? -1 : x > y ? 1 : 0;
    return down ? -d : d;
  };
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    shown = rows.filter(r =>
      (verdict.value === "" || r[0] === +verdict.value) &&
      (rule.value === "" || r[2].some(k => about.reasons[k[0]].Rule === rule.value)) &&
      words.every(w => r[1].some(c => c.toLowerCase().includes(w))));
    if (order >= 0) shown.sort(compare);
    page = 0;
    draw();
  };

  Array.from(document.querySelectorAll("thead th")).slice(0, about.columns.length).forEach((th, n) => {
    const text = th.textContent;
    th.textContent = "";
    add(th, "button", text, { type: "button" }).addEventListener("click", () => {
      down = order === n && !down;
      order = n;
      Array.from(document.querySelectorAll("th")).forEach(o => o.removeAttribute("aria-sort"));
      th.setAttribute("aria-sort", down ? "descending" : "ascending");
      filter();
    });
  });
  search.addEventListener("input", filter);
  verdict.addEventListener("change", filter);
  rule.addEventListener("change", filter);
  get("back").addEventListener("click", () => { page--; draw(); });
  get("next").addEventListener("click", () => { page++; draw(); });
  get("controls").addEventListener("submit", e => e.preventDefault());
  get("controls").hidden = false;
  draw();
})();
