// SPDX-License-Identifier: GPL-3.0-or-later
// The page of limpet's HTML report: data is embedded once, and only what can be seen is rendered of it.
"use strict";
(() => {
const D = JSON.parse(document.getElementById("data").textContent);
const S = D.strings, VERDICTS = ["pass", "findings", "fail", "error", "skipped"];
const WORDS = { pass: "Passed", findings: "With findings", fail: "Failed", error: "Not run", skipped: "Skipped" };
const $ = id => document.getElementById(id);
const state = { tab: "scenarios", verdicts: new Set(), query: "", selected: -1, rule: "" };

function el(tag, attributes, ...children) {
  const e = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (name === "on") { for (const [event, f] of Object.entries(value)) e.addEventListener(event, f); }
    else if (value !== false && value !== undefined) e.setAttribute(name, value === true ? "" : value);
  }
  e.append(...children.filter(c => c !== null && c !== undefined));
  return e;
}

function number(v) {
  return v.toPrecision(7).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "");
}

function time(ps) {
  for (const [unit, size] of [["s", 1e12], ["ms", 1e9], ["µs", 1e6], ["ns", 1e3]]) {
    if (Math.abs(ps) >= size) return number(ps / size) + " " + unit;
  }
  return ps + " ps";
}

function value(v, unit) {
  switch (unit) {
  case "ps": return time(v);
  case "mV": return number(v / 1000) + " V";
  case "address": return "0x" + v.toString(16).toUpperCase().padStart(4, "0");
  case "level": return "01ZX"[v & 3];
  default: return "";
  }
}

// Rows of one height: those in view, and a few more. render(i) gives an element.
class Window {
  constructor(box, height, render) {
    this.box = box; this.height = height; this.render = render; this.n = 0; this.first = this.last = -1;
    this.space = el("div", { class: "window", role: "presentation" });
    box.append(this.space);
    box.addEventListener("scroll", () => this.draw(), { passive: true });
    new ResizeObserver(() => this.draw()).observe(box);
  }
  show(n) {
    this.n = n; this.first = -1;
    this.space.style.height = Math.min(n * this.height, 15000000) + "px";
    this.draw();
  }
  // Browsers end at some 17 million pixels: beyond, what scrolls is a scale.
  scale() { return Math.max(1, this.n * this.height / 15000000); }
  draw() {
    const top = this.box.scrollTop, room = this.box.clientHeight || 400, scale = this.scale();
    const at = scale === 1 ? top : top * scale;
    const first = Math.max(0, Math.floor(at / this.height) - 6);
    const last = Math.min(this.n, Math.ceil((at + room) / this.height) + 6);
    if (first === this.first && last === this.last && scale === 1) return;
    this.first = first; this.last = last;
    const rows = [];
    for (let i = first; i < last; i++) {
      const row = this.render(i);
      row.style.top = (i * this.height - at + top) + "px";
      rows.push(row);
    }
    this.space.replaceChildren(...rows);
  }
  reveal(i) {
    const y = i * this.height / this.scale(), room = this.box.clientHeight;
    if (y < this.box.scrollTop) this.box.scrollTop = y;
    else if (y + this.height > this.box.scrollTop + room) this.box.scrollTop = y + this.height - room;
    this.draw();
  }
}

/* ---- which scenarios ---- */

let shown = [];
function choose() {
  const words = state.query.toLowerCase().split(/\s+/).filter(Boolean);
  shown = [];
  D.cases.forEach((c, i) => {
    if (state.verdicts.size && !state.verdicts.has(c.verdict)) return;
    const text = (c.name + " " + c.file + " " + c.tags + " " + c.message + " " + c.rules).toLowerCase();
    if (words.every(w => text.includes(w))) shown.push(i);
  });
}

/* ---- the state is in the address: a link leads back to what was looked at ---- */

function writeHash() {
  const p = new URLSearchParams();
  if (state.tab !== "scenarios") p.set("tab", state.tab);
  if (state.verdicts.size) p.set("verdict", [...state.verdicts].join(","));
  if (state.query) p.set("q", state.query);
  if (state.rule) p.set("rule", state.rule);
  if (state.selected >= 0) p.set("s", D.cases[state.selected].file);
  history.replaceState(null, "", "#" + p);
}

function readHash() {
  const p = new URLSearchParams(location.hash.slice(1));
  state.tab = p.get("tab") || "scenarios";
  state.verdicts = new Set((p.get("verdict") || "").split(",").filter(v => VERDICTS.includes(v)));
  state.query = p.get("q") || "";
  state.rule = p.get("rule") || "";
  state.selected = p.has("s") ? D.cases.findIndex(c => c.file === p.get("s")) : -1;
}

/* ---- head ---- */

function head() {
  const t = D.totals;
  $("sub").textContent = `${t.scenarios} scenario${t.scenarios === 1 ? "" : "s"}, ` +
    VERDICTS.filter(v => t[v]).map(v => `${t[v]} ${WORDS[v].toLowerCase()}`).join(", ");
  $("bar").replaceChildren(...VERDICTS.filter(v => t[v]).map(v => el("i", { class: v, style: `flex:${t[v]}`, title: `${t[v]} ${WORDS[v]}` })));
  $("chips").replaceChildren(...VERDICTS.filter(v => t[v]).map(v => el("button", {
    class: "chip " + v, "aria-pressed": state.verdicts.has(v), "data-verdict": v, on: { click: () => toggle(v) },
  }, el("span", { class: "dot", "aria-hidden": "true" }), WORDS[v], el("b", {}, String(t[v])))));
  $("query").value = state.query;
  for (const b of document.querySelectorAll("[data-tab]")) b.setAttribute("aria-selected", b.dataset.tab === state.tab);
}

function toggle(v) {
  if (!state.verdicts.delete(v)) state.verdicts.add(v);
  update();
}

/* ---- the list ---- */

const list = new Window($("list"), parseInt(getComputedStyle(document.documentElement).getPropertyValue("--row")), i => {
  const n = shown[i], c = D.cases[n];
  return el("div", { class: "row " + c.verdict, role: "option", id: "row" + n, "aria-selected": n === state.selected,
                     on: { click: () => select(n, true) } },
    el("span", { class: "dot", title: WORDS[c.verdict] }),
    el("span", { class: "name" }, c.name, el("small", {}, c.verdict === "pass" || c.verdict === "findings" ? c.file : c.message || c.file)),
    el("span", { class: "time" }, c.count ? c.count + " ⚑" : c.ps === undefined ? "" : time(c.ps)));
});

function select(n, open) {
  state.selected = n;
  writeHash();
  $("main").classList.toggle("open", open === true && n >= 0);
  $("list").setAttribute("aria-activedescendant", n >= 0 ? "row" + n : "");
  list.first = -1;
  if (shown.includes(n)) list.reveal(shown.indexOf(n)); else list.draw();
  detail();
}

/* ---- one scenario ---- */

// ratio 1 is where the tick is: a decade to each side of it fits.
function marginRow(m) {
  const [rule, term, unit, required, measured, at, count, source, note] = m;
  const can = unit === "ps" && required > 0 && measured >= 0;
  const ratio = can ? measured / required : 0;
  const verdict = count ? note ? "findings" : "fail" : can && ratio < 1.2 ? "findings" : "pass";
  const x = can ? Math.max(2, Math.min(100, 40 + 30 * Math.log10(Math.max(ratio, .001)))) : 0;
  return [
    el("span", { class: "rule" }, S[rule], el("small", {}, S[term] + (count ? `, broken ${count}×` : ""))),
    el("span", { class: "track " + verdict, role: "img", "aria-label": can ? `${number(ratio)} times what is required` : "no length",
                 title: can ? `${number(ratio)} × required` : "" },
      can ? el("i", { style: `left:0;width:${x}%` }) : null, can ? el("u", {}) : null),
    el("span", { class: "figure " + verdict, title: (at === undefined ? "" : "at " + time(at)) + (S[source] ? ", " + S[source] : "") },
      value(measured, unit) || (count ? count + "×" : ""), el("small", {}, can ? `required ${value(required, unit)} (${ratio < 10 ? (ratio < 1 ? "−" : "+") + Math.round(Math.abs(ratio - 1) * 100) + " %" : number(+ratio.toPrecision(3)) + "×"})` : "")),
  ];
}

function found(f, c) {
  const [at, rule, net, sentence, instruction, step, source, note] = f;
  return el("div", { class: "line" + (note ? " note" : "") },
    el("span", { class: "num" }, time(at)), el("span", {}, S[rule]), el("span", { class: "opt" }, S[net]),
    el("span", { title: S[sentence] }, S[sentence]),
    el("span", { class: "opt note", title: S[source] }, c ? c.name : S[source] || (step ? `step ${step}, ${S[instruction]}` : S[instruction])));
}

let pictures = 0;
function plot(p) {
  const id = "p" + pictures++;
  const stage = el("div", { class: "stage", tabindex: "0", role: "group", "aria-label": "Waveform; plus and minus zoom, arrows move, 0 resets" });
  stage.innerHTML = p[2].replace(/id="c(\d+)"/g, `id="${id}c$1"`).replace(/url\(#c(\d+)\)/g, `url(#${id}c$1)`);
  const svg = stage.querySelector("svg"), all = svg.viewBox.baseVal, whole = { x: 0, y: 0, w: all.width, h: all.height };
  let box = { ...whole }, pointers = new Map();
  svg.removeAttribute("height");
  const apply = () => {
    box.w = Math.min(whole.w, Math.max(whole.w / 40, box.w)); box.h = box.w * whole.h / whole.w;
    box.x = Math.max(0, Math.min(whole.w - box.w, box.x)); box.y = Math.max(0, Math.min(whole.h - box.h, box.y));
    svg.setAttribute("viewBox", `${box.x} ${box.y} ${box.w} ${box.h}`);
    stage.classList.toggle("zoomed", box.w < whole.w);
  };
  const zoom = (factor, fx = .5, fy = .5) => {
    const w = Math.min(whole.w, Math.max(whole.w / 40, box.w * factor)), k = w / box.w;
    box.x += box.w * (1 - k) * fx; box.y += box.h * (1 - k) * fy; box.w = w; box.h *= k;
    apply();
  };
  const move = (dx, dy) => { box.x += dx * box.w; box.y += dy * box.h; apply(); };
  const where = e => { const r = svg.getBoundingClientRect(); return [(e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height]; };
  stage.addEventListener("wheel", e => {
    if (!e.ctrlKey && document.activeElement !== stage) return; // the page scrolls
    e.preventDefault();
    zoom(Math.exp(Math.sign(e.deltaY) * .22), ...where(e));
  }, { passive: false });
  stage.addEventListener("pointerdown", e => { pointers.set(e.pointerId, [e.clientX, e.clientY]); stage.focus({ preventScroll: true }); });
  stage.addEventListener("pointermove", e => {
    const was = pointers.get(e.pointerId);
    if (!was) return;
    const r = svg.getBoundingClientRect();
    if (pointers.size === 2) {
      const other = [...pointers].find(([k]) => k !== e.pointerId)[1];
      const d0 = Math.hypot(was[0] - other[0], was[1] - other[1]), d1 = Math.hypot(e.clientX - other[0], e.clientY - other[1]);
      if (d0 > 0 && d1 > 0) zoom(d0 / d1, ...where(e));
    } else if (box.w < whole.w) {
      stage.setPointerCapture(e.pointerId);
      move((was[0] - e.clientX) / r.width, (was[1] - e.clientY) / r.height);
    }
    pointers.set(e.pointerId, [e.clientX, e.clientY]);
  });
  for (const end of ["pointerup", "pointercancel", "pointerleave"]) stage.addEventListener(end, e => pointers.delete(e.pointerId));
  stage.addEventListener("dblclick", e => zoom(.5, ...where(e)));
  const reset = () => { box = { ...whole }; apply(); };
  const keys = { "+": () => zoom(.7), "=": () => zoom(.7), "-": () => zoom(1 / .7), "0": reset, ArrowLeft: () => move(-.15, 0),
                 ArrowRight: () => move(.15, 0), ArrowUp: () => move(0, -.15), ArrowDown: () => move(0, .15) };
  stage.addEventListener("keydown", e => {
    if (keys[e.key] && !e.ctrlKey && !e.metaKey) { keys[e.key](); e.preventDefault(); e.stopPropagation(); }
  });
  return el("figure", { class: "plot card" },
    el("figcaption", {}, el("span", {}, p[0]), el("span", { class: "plot-tools", style: "flex:none" },
      el("button", { title: "Zoom out", "aria-label": "Zoom out", on: { click: keys["-"] } }, "−"),
      el("button", { title: "Zoom in", "aria-label": "Zoom in", on: { click: keys["+"] } }, "+"),
      el("button", { title: "All of it", "aria-label": "All of it", on: { click: reset } }, "⟲"))), stage);
}

function table(kind, n, render) {
  const box = el("div", { class: "table " + kind, tabindex: "0", role: "group", "aria-label": n + " lines" });
  box.style.height = Math.min(420, n * 30 + 2) + "px";
  const w = new Window(box, 30, render);
  requestAnimationFrame(() => w.show(n));
  return el("div", { class: "card" }, box);
}

function section(title, ...content) {
  return [el("h3", {}, title), ...content];
}

function detail() {
  const box = $("detail"), c = D.cases[state.selected];
  box.scrollTop = 0;
  box.className = "detail";
  if (!c) {
    box.replaceChildren(el("p", { class: "empty" }, shown.length ? "Choose a scenario." : "No scenario is left by this filter."));
    return;
  }
  const parts = [el("button", { class: "back", on: { click: () => select(-1) } }, "← all scenarios"),
    el("h2", { tabindex: "-1" }, el("span", { class: "badge " + c.verdict }, WORDS[c.verdict]), c.name),
    el("div", { class: "facts" }, el("span", {}, el("code", {}, c.file)), c.ps === undefined ? null : el("span", {}, "simulated ", el("b", {}, time(c.ps))),
      ...(c.seed === undefined ? [] : [el("span", {}, "seed ", el("b", {}, String(c.seed)))]), ...c.tags.split(", ").filter(Boolean).map(t => el("span", { class: "tag" }, t)))];
  if (c.description) parts.push(el("p", {}, c.description));
  for (const [place, text, cause] of c.failures)
    parts.push(el("div", { class: "failure" }, el("span", { class: "mono" }, place), text, cause ? el("p", {}, "Cause: " + cause) : null));
  if (!c.failures.length && c.message) parts.push(el("div", { class: "failure" }, c.message));
  if (c.found.length) {
    parts.push(...section(`Findings and notes (${c.found.length}${c.cut ? " of " + (c.found.length + c.cut) : ""})`,
                          table("found", c.found.length, i => found(c.found[i]))));
  }
  if (c.pictures.length) parts.push(...section("Waveforms", ...c.pictures.map(plot)));
  if (c.margins.length) parts.push(...section("Margins", el("div", { class: "card margins" }, ...c.margins.flatMap(marginRow))));
  const lines = c.instructions ? c.instructions.trimEnd().split("\n").map(l => l.split("\t")) : [];
  if (lines.length) {
    parts.push(...section(`Instructions on the wires (${lines.length})`, table("wires", lines.length, i => {
      const [at, times, mosi, miso, text] = lines[i];
      return el("div", { class: "line" }, el("span", { class: "num" }, time(+at)), el("span", { class: "num" }, times > 1 ? times + "×" : ""),
        el("code", {}, mosi), el("code", { class: "opt" }, miso), el("span", { title: text }, text));
    })));
  }
  parts.push(el("details", {}, el("summary", {}, "The report as text"), el("div", { class: "card" }, el("pre", { class: "text" }, c.text ?? document.querySelectorAll("#static pre")[state.selected].textContent))));
  box.replaceChildren(...parts);
}

/* ---- all findings ---- */

function findings() {
  const box = $("detail"), rules = new Map(), all = [];
  for (const n of shown) for (const f of D.cases[n].found) {
    rules.set(f[1], (rules.get(f[1]) || 0) + 1);
    if (!state.rule || S[f[1]] === state.rule) all.push(n, f);
  }
  const chips = [...rules].sort((a, b) => b[1] - a[1]).map(([rule, n]) => el("button", {
    class: "chip", "aria-pressed": S[rule] === state.rule,
    on: { click: () => { state.rule = S[rule] === state.rule ? "" : S[rule]; update(); } },
  }, S[rule], el("b", {}, String(n))));
  const t = el("div", { class: "table all", id: "all", tabindex: "0", role: "group", "aria-label": all.length / 2 + " findings" });
  const w = new Window(t, 30, i => {
    const line = found(all[2 * i + 1], D.cases[all[2 * i]]);
    line.classList.add("can");
    line.addEventListener("click", () => { state.tab = "scenarios"; state.selected = all[2 * i]; update(); select(state.selected, true); });
    return line;
  });
  box.className = "detail full";
  box.replaceChildren(el("div", { class: "rules" }, ...chips), all.length ? t : el("p", { class: "empty" }, "Nothing was found."));
  w.show(all.length / 2);
}

function changes() {
  const box = $("detail");
  box.className = "detail";
  const c = D.changes;
  box.replaceChildren(el("h2", {}, "Compared with " + c.baseline),
    c.rows.length ? el("div", { class: "card", style: "margin-top:16px" }, el("table", { class: "changes" },
      el("thead", {}, el("tr", {}, ...["Figure", "was", "is", "allowed", ""].map(h => el("th", {}, h)))),
      el("tbody", {}, ...c.rows.slice(0, 2000).map(([name, was, is, allowed, kind]) => el("tr", {},
        el("td", {}, name), el("td", {}, was), el("td", {}, is), el("td", {}, allowed), el("td", { class: kind }, kind))))))
      : el("p", { class: "empty" }, "No figure has changed."));
}

/* ---- together ---- */

function update() {
  choose();
  head();
  writeHash();
  $("main").classList.toggle("wide", state.tab !== "scenarios");
  $("list").classList.toggle("hidden", state.tab !== "scenarios");
  list.show(shown.length);
  if (state.tab === "findings") findings();
  else if (state.tab === "changes") changes();
  else detail();
}

function step(by) {
  const at = shown.indexOf(state.selected), next = at < 0 ? 0 : Math.max(0, Math.min(shown.length - 1, at + by));
  if (shown.length) select(shown[next]);
}

document.addEventListener("keydown", e => {
  if (e.ctrlKey || e.metaKey || e.altKey) return;
  if (e.target.matches("input")) { if (e.key === "Escape") e.target.blur(); return; }
  const inList = e.target === document.body || $("list").contains(e.target);
  if (e.key === "j" || e.key === "ArrowDown" && inList) step(1);
  else if (e.key === "k" || e.key === "ArrowUp" && inList) step(-1);
  else if (e.key === "/") $("query").focus();
  else if (e.key === "?") $("help").showModal();
  else if (e.key === "f") { state.tab = state.tab === "findings" ? "scenarios" : "findings"; update(); }
  else if (e.key === "Escape") select(-1);
  else if (e.key === "Enter" && inList && state.selected >= 0) { $("main").classList.add("open"); $("detail").querySelector("h2")?.focus(); }
  else if ("12345".includes(e.key)) toggle(VERDICTS[e.key - 1]);
  else return;
  e.preventDefault();
});
$("query").addEventListener("input", e => { state.query = e.target.value; update(); });
for (const b of document.querySelectorAll("[data-tab]")) b.addEventListener("click", () => { state.tab = b.dataset.tab; update(); });
$("help-button").addEventListener("click", () => $("help").showModal());
$("theme").addEventListener("click", () => {
  const dark = getComputedStyle(document.documentElement).getPropertyValue("--paper").trim() === "#181a1f";
  document.documentElement.dataset.theme = dark ? "light" : "dark";
});
window.addEventListener("hashchange", () => { readHash(); update(); });

document.documentElement.classList.add("js");
if (!D.changes) document.querySelector('[data-tab="changes"]').classList.add("hidden");
readHash();
if (state.selected < 0 && matchMedia("(min-width: 821px)").matches) {
  state.selected = Math.max(D.cases.findIndex(c => c.verdict === "fail" || c.verdict === "error"),
                            -1);
  if (state.selected < 0) state.selected = D.cases.length ? 0 : -1;
}
update();
if (state.selected >= 0) list.reveal(shown.indexOf(state.selected));
document.documentElement.dataset.ready = "yes";
})();
