"use strict";
(() => {
  const content = JSON.parse(document.getElementById("data").textContent);
  const unpack = (packed) => {
    const names = Object.keys(packed);
    const columns = names.map((n) => (Array.isArray(packed[n]) ? packed[n] : packed[n].codes.map((c) => packed[n].values[c])));
    return (columns[0] || []).map((_, i) => Object.fromEntries(names.map((n, k) => [n, columns[k][i]])));
  };
  const cells = unpack(content.cells), estimates = unpack(content.estimates);
  const ALL = "all", PICKS = ["condition", "target", "family", "language", "seed", "encoder", "rows"];
  const COLUMNS = {
    estimates: ["condition", "of", "group", "gain", "low", "high", "clear", "languages", "seeds", "encoder", "rows"],
    cells: ["condition", "target", "family", "language", "seed", "score", "gain", "kind", "encoder", "rows"],
  };
  const UNITS = { gain: "gain, points", low: "low, points", high: "high, points", score: "score, × 100" };
  const MOST = 500;
  const several = (name) => new Set(cells.map((row) => row[name])).size > 1;
  const shownColumns = (which) => COLUMNS[which].filter((n) => !["encoder", "rows"].includes(n) || several(n));
  const form = document.getElementById("choices");
  const sorted = { estimates: null, cells: null }, whole = { estimates: false, cells: false };
  let views = {};

  const make = (tag, attributes, text) => {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    if (text !== undefined) element.textContent = text;
    return element;
  };

  const addSelect = (name, label, options, chosen) => {
    const box = make("div", {}), select = make("select", { id: `pick-${name}`, name });
    for (const [value, text] of options) select.append(make("option", { value }, text));
    select.value = chosen;
    box.append(make("label", { for: `pick-${name}` }, label), select);
    form.append(box);
  };

  const hasGains = cells.some((row) => row.gain !== null);
  const build = () => {
    form.replaceChildren();
    const shows = hasGains ? [["gain", "Gains"], ["score", "Scores"]] : [["score", "Scores"]];
    addSelect("show", "Cells show", shows, shows[0][0]);
    for (const name of PICKS) {
      const values = [...new Set(cells.map((row) => row[name]))];
      if (["encoder", "rows"].includes(name) && values.length < 2) continue;
      const fixed = name === "rows";
      const options = [...(fixed ? [] : [[ALL, `All (${values.length})`]]), ...values.map((v) => [v, v])];
      const first = name === "condition" ? values.find((v) => v !== content.baseline) || ALL : fixed ? values[0] : ALL;
      addSelect(name, name[0].toUpperCase() + name.slice(1), options, first);
    }
    form.append(make("button", { type: "reset" }, "Start again"));
  };

  const picked = () => Object.fromEntries([...form.elements].filter((e) => e.name).map((e) => [e.name, e.value]));
  const fits = (row, wanted, names) => names.every((n) => !(n in wanted) || wanted[n] === ALL || row[n] === wanted[n]);
  const cellsOf = (wanted) => cells
    .filter((row) => fits(row, wanted, PICKS) && row[wanted.show] !== null)
    .map((row) => ({ ...row, value: row[wanted.show] }));
  const estimatesOf = (wanted) => {
    const groups = ["target", "family", "language"].map((n) => wanted[n]).filter((value) => value !== ALL);
    return estimates.filter((row) => fits(row, wanted, ["condition", "encoder", "rows"])
      && (!groups.length || groups.includes(row.group)));
  };

  const text = (value, name) => (value === null ? "" : name in UNITS ? value.toFixed(2).replace("-", "−") : String(value));
  const compare = (a, b) => (a === null) - (b === null) || (typeof a === "number" && typeof b === "number"
    ? a - b : String(a).localeCompare(String(b), "en", { numeric: true }));

  const fill = (which, rows) => {
    const table = document.getElementById(`table-${which}`), order = sorted[which];
    if (order) rows = [...rows].sort((a, b) => order.sign * compare(a[order.name], b[order.name]));
    const head = make("tr", {}), body = make("tbody", {});
    for (const name of shownColumns(which)) {
      const kind = order && order.name === name ? (order.sign > 0 ? "ascending" : "descending") : "none";
      const cell = make("th", { scope: "col", "aria-sort": kind, "data-name": UNITS[name] || name }), button = make("button", { type: "button" }, UNITS[name] || name);
      button.addEventListener("click", () => {
        sorted[which] = { name, sign: kind === "ascending" ? -1 : 1 };
        draw();
        document.querySelectorAll(`#table-${which} th button`)[shownColumns(which).indexOf(name)].focus();
      });
      cell.append(button);
      head.append(cell);
    }
    const end = whole[which] ? rows.length : MOST;
    for (const row of rows.slice(0, end)) {
      const line = make("tr", {});
      for (const name of shownColumns(which)) {
        line.append(make("td", typeof row[name] === "number" ? { class: "number" } : {}, text(row[name], name)));
      }
      body.append(line);
    }
    const top = make("thead", {});
    top.append(head);
    table.replaceChildren(make("caption", { class: "note" }, `${rows.length} rows${rows.length > end ? `, the first ${end} shown` : ""}`), top, body);
    const more = document.getElementById(`more-${which}`);
    if (more) more.remove();
    if (rows.length > end) {
      const button = make("button", { type: "button", id: `more-${which}` }, `Show all ${rows.length} rows`);
      button.addEventListener("click", () => { whole[which] = true; draw(); });
      table.after(button);
    }
  };

  const counted = (number, noun) => `${number} ${noun}${number === 1 ? "" : "s"}`;
  const mean = (rows) => rows.reduce((sum, row) => sum + row.value, 0) / rows.length;
  const draw = () => {
    const wanted = picked(), one = cellsOf(wanted), two = estimatesOf(wanted);
    fill("cells", one);
    fill("estimates", two);
    const languages = new Set(one.map((row) => row.language)).size;
    document.getElementById("said").textContent = one.length
      ? `${counted(one.length, "cell")} in ${counted(languages, "language")}; their plain mean: ${text(mean(one), wanted.show)} (${content.titles[wanted.show]}). ${counted(two.length, "interval")}.`
      : wanted.show === "gain" && wanted.condition === content.baseline
        ? `A gain is a difference from "${content.baseline}", so it has none itself: choose another condition, or scores.`
        : "No cell of this study fits: widen a choice.";
    for (const [which, rows] of [["cells", one], ["estimates", two]]) {
      document.getElementById(`chart-${which}`).hidden = !rows.length;
      const there = Object.keys(content.colours).filter((name) => rows.some((row) => row.condition === name));
      document.getElementById(`legend-${which}`).replaceChildren(...there.map((name) => {
        const item = make("li", {}, name);
        item.style.setProperty("--colour", content.colours[name]);
        return item;
      }));
      if (views[which] && rows.length) {
        views[which].data("shown", rows).data("zero", wanted.show === "gain" || which === "estimates" ? [{ at: 0 }] : []).runAsync();
      }
    }
  };

  build();
  form.addEventListener("change", draw);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => { event.preventDefault(); build(); draw(); form.elements[0].focus(); });
  draw();
  const options = { renderer: "svg", actions: false, logLevel: 1 };
  const inflate = async () => {
    const bytes = Uint8Array.from(atob(document.getElementById("vega").textContent), (one) => one.charCodeAt(0));
    const code = await new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).text();
    document.head.append(make("script", {}, code));
  };
  const show = async () => {
    await inflate();
    for (const [which, spec] of Object.entries(content.charts)) {
      views[which] = (await vegaEmbed(`#chart-${which}`, spec, options)).view;
    }
    draw();
    document.body.dataset.ready = "yes";
  };
  show();
})();
