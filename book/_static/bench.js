// The bench: reads the controls or the address, computes (bench-numbers.js), says, draws, writes Python.
// Nothing from the address becomes markup: all of it is read as numbers or as one of a list of words.
"use strict";

(() => {
  const bench = document.getElementById("bench-place");
  const get = (id) => document.getElementById(`bench-${id}`);
  const told = JSON.parse(get("told").textContent);
  const B = benchNumbers(told);
  const fields = Object.fromEntries([...bench.querySelectorAll("[data-field]")].map((e) => [e.dataset.field, e]));
  const LISTS = ["b", "decay", "rate", "start", "pointh", "pointx", "size"];
  const MATRICES = ["w", "omega", "rows"];
  const NUMBERS = { delta: [1e-4, 10], tau: [0.01, 100], length: [1e-3, 1e4], from: [-1e6, 1e6], to: [-1e6, 1e6], frequency: [0, 1e3], every: [1e-4, 1e4] };
  const CHOICES = ["first", "other", "method", "line", "activation", "form", "kind"];
  const [MOST_UNITS, MOST_INPUTS, MOST_STEPS, MOST] = [6, 2, 2000, 1e6];
  let state = null;
  let result = null;
  let complaint = "";
  const timers = {};

  // -- Reading -----------------------------------------------------------------------------------

  class Unread extends Error {}
  const unread = (text) => { throw new Unread(text); };

  function readNumber(token, name) {
    if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(token)) unread(`${name}: “${token.slice(0, 20)}” is not a number.`);
    const value = Number(token);
    if (!(Math.abs(value) <= MOST)) unread(`${name}: ${token.slice(0, 20)} is beyond ${MOST}; take a smaller number.`);
    return value;
  }

  // Rows of numbers as NumPy, MATLAB, braces, a spreadsheet or plain lines write them.
  function readRows(text, name) {
    let plain = text.replace(/[\u2212\u2013]/g, "-").replace(/\b(?:np\.|numpy\.)?(?:array|matrix)\b|,?\s*dtype=\w+|[()]/g, "");
    if (plain.length > 4000) unread(`${name}: too long.`);
    if (/\d,\d+[ \t]+[+-]?\d/.test(plain)) unread(`${name}: a comma between digits may be a decimal comma or the end of a number; write 0.5 with a point.`);
    if (/[\]}]\s*,?\s*[[{]/.test(plain) || /[[{]\s*[[{]/.test(plain)) plain = plain.replace(/[\]}]/g, ";").replace(/[\n\r]/g, " ");
    const rows = plain.replace(/[[\]{}]/g, " ").split(/[;\n\r]/).map((row) => row.split(/[\s,]+/).filter(Boolean)).filter((row) => row.length);
    return rows.map((row) => row.map((token) => readNumber(token, name)));
  }

  const labelOf = (name) => bench.querySelector(`label[for="bench-${name}"]`).textContent;

  function sized(list, n, name, fill) {
    if (list.length === 1 && fill) return new Array(n).fill(list[0]);
    if (list.length !== n) unread(`${labelOf(name)}: ${list.length} ${list.length === 1 ? "number" : "numbers"} where ${n} ${n === 1 ? "is" : "are"} needed.`);
    return list;
  }

  // `raw` holds text by field; what it does not hold is taken from `base`.
  function read(raw, base) {
    const s = { ...base };
    for (const name of CHOICES) {
      if (!(name in raw)) continue;
      s[name] = [...fields[name].options].some((o) => o.value === raw[name]) ? raw[name] : unread(`${labelOf(name)}: “${raw[name].slice(0, 20)}” is not in the list.`);
    }
    for (const [name, [low, high]] of Object.entries(NUMBERS)) {
      if (!(name in raw)) continue;
      s[name] = readNumber(raw[name].trim().replace(/\u2212/g, "-"), labelOf(name));
      if (s[name] < low || s[name] > high) unread(`${labelOf(name)}: ${raw[name].trim()} is outside of ${low} to ${high}.`);
    }
    if ("aligned" in raw) s.aligned = raw.aligned === "1";
    for (const name of MATRICES) if (name in raw) s[name] = readRows(raw[name], labelOf(name));
    for (const name of LISTS) if (name in raw) s[name] = readRows(raw[name], labelOf(name)).flat();
    return checked(s);
  }

  function checked(s) {
    const n = s.w.length;
    if (!n) unread("Weights w: nothing is written there.");
    if (n > MOST_UNITS) unread(`Weights w: ${n} units; the bench takes up to ${MOST_UNITS}. Python takes more.`);
    if (s.w.some((row) => row.length !== n)) unread(`Weights w: ${n} rows, so each needs ${n} numbers.`);
    if (!s.omega.length) s.omega = s.w.map(() => []);
    if (s.omega.length === 1 && n > 1 && s.omega[0].length === n) s.omega = s.omega[0].map((v) => [v]);
    const m = s.omega[0].length;
    if (s.omega.length !== n || s.omega.some((row) => row.length !== m)) unread(`Input weights ω: ${n} rows of equal length are needed.`);
    if (m > MOST_INPUTS) unread(`Input weights ω: ${m} inputs; the bench takes up to ${MOST_INPUTS}.`);
    for (const name of ["b", "start", "pointh"]) s[name] = sized(s[name], n, name, true);
    for (const name of ["decay", "rate"]) {
      s[name] = sized(s[name], n, name, true);
      if (s[name].some((v) => !(v > 0))) unread(`${labelOf(name)}: every entry must exceed 0.`);
    }
    for (const name of ["size", "pointx"]) s[name] = m ? sized(s[name].length ? s[name] : [0], m, name, true) : [];
    if (s.kind === "samples") {
      if (!s.rows.length) unread("Samples: nothing is written there.");
      if (m && s.rows.some((row) => row.length !== m)) unread(`Samples: each row needs ${m} ${m === 1 ? "number" : "numbers"}.`);
    }
    return s;
  }

  // -- The address -------------------------------------------------------------------------------

  const flat = (list) => (list.length && list.every((v) => v === list[0]) ? `${list[0]}` : list.join(","));
  const rowsText = (rows, end) => rows.map((row) => row.join(",")).join(end);
  const shown = (s, name) => (name === "aligned" ? (s.aligned ? "1" : "0")
    : MATRICES.includes(name) ? rowsText(s[name], ";")
    : LISTS.includes(name) ? (["decay", "rate"].includes(name) ? flat(s[name]) : s[name].join(","))
    : `${s[name]}`);
  const KEYS = [...MATRICES, ...LISTS, ...Object.keys(NUMBERS), ...CHOICES, "aligned"];
  const address = (s) => `#${KEYS.map((name) => `${name}=${encodeURIComponent(shown(s, name)).replace(/%2C/g, ",").replace(/%3B/g, ";")}`).join("&")}`;

  function fromAddress() {
    const asked = new URLSearchParams(location.search).get("p");
    const preset = told.presets.find((p) => p.preset === asked) ?? told.presets[0];
    const raw = Object.fromEntries([...new URLSearchParams(location.hash.slice(1).replace(/\+/g, "%2B"))].filter(([name]) => KEYS.includes(name)));
    return { raw: "w" in raw ? raw : {}, preset };
  }

  // -- Computing: every quantity is a value or a refusal ----------------------------------------

  function held(make) {
    try {
      const value = make();
      return { value };
    } catch (error) {
      if (error instanceof B.Refusal) return { refused: error.message };
      throw error;
    }
  }

  const letters = (route) => (route ? [...route].join(" then ") : "no procedure");

  function baseOf(s, flow, x0) {
    if (s.line === "sub") return null;
    if (s.line === "start") return { h: s.start, x: x0 };
    if (s.line === "point") return { h: s.pointh, x: s.pointx };
    const zero = new Array(flow.n).fill(0);
    const h = B.restFrom(flow, x0, zero) ?? B.restFrom(flow, x0, s.start) ?? B.rests(flow, x0, s.start)[0];
    if (!h) throw new B.Refusal("no state of rest was found for this input, so there is no tangent at rest; draw the line at a point");
    return { h, x: x0 };
  }

  // The network's own time between two rows of a film; R lets tau of it pass in one unit of the clock.
  function timing(s, end, route) {
    const speed = route.includes("R") ? s.tau : 1;
    const clock = end.kind === "map" ? end.delta : s.delta / speed;
    return { clock, own: clock * speed };
  }

  function filmOf(s, end, route, input) {
    const { clock, own } = timing(s, end, route);
    const count = Math.max(1, Math.min(MOST_STEPS, Math.round(s.length / own)));
    const rows = B.range(count).map((k) => input(k * own));
    return { clock, own, count, states: B.film(end, s.start, rows, clock) };
  }

  function compute(s) {
    const flow = B.network(s);
    const input = B.input(s.kind, { size: s.size, from: s.from, to: s.to, frequency: s.frequency, rows: s.rows, every: s.every }, flow.m);
    const x0 = input(0);
    const about = held(() => baseOf(s, flow, x0));
    const routes = [s.first, s.other];
    const needs = routes.some((r) => r.includes("L"));
    const how = () => {
      if (needs && about.refused) throw new B.Refusal(about.refused);
      return { ...s, about: about.value };
    };
    const at = about.value ?? { h: s.start, x: x0 };
    const ends = routes.map((r) => held(() => B.route(flow, r, how())));
    // A route has a meaning if it can be stepped: what is refused by a step is refused here.
    const tried = ends.map((e) => (e.refused ? e : held(() => (B.gap(e.value, e.value), e.value))));
    return {
      flow, x0, about, at, routes, ends: tried,
      how,
      films: tried.map((e, i) => (e.refused ? e : held(() => filmOf(s, e.value, routes[i], input)))),
      apart: held(() => B.gap(...ends.map((e) => e.value ?? (() => { throw new B.Refusal(e.refused); })()))),
      spectra: tried.map((e) => (e.refused ? e : held(() => B.eigenvalues(e.value.jacobian(at.h, at.x))))),
      flowValues: held(() => B.eigenvalues(flow.jacobian(at.h, at.x))),
      said: null,
    };
  }

  const ladder = (s, r) => held(() => {
    const found = B.gaps(r.flow, ...r.routes, r.how());
    return { ...found, ...B.verdict(found.steps, found.gaps) };
  });

  // -- The verdict as a sentence, and the theorem behind it --------------------------------------

  const turned = (one, other, a, b) => [a, b].every((l) => one.includes(l) && other.includes(l)) && (one.indexOf(a) < one.indexOf(b)) !== (other.indexOf(a) < other.indexOf(b));

  function theorem(s, word) {
    const pair = [s.first, s.other];
    const first = (r) => r.includes("R") && r.indexOf("R") < r.indexOf("D");
    if (!s.aligned && s.first.includes("D") && first(s.first) !== first(s.other)) return "prop-misaligned";
    if (turned(...pair, "L", "D")) {
      if (word === "refused") return s.method === "zoh" ? "thm-six" : null;
      if (s.line === "sub") return "prop-ld-substitution";
      if (s.method === "exponential_euler") return "prop-splitting";
      if (turned(...pair, "R", "D") && word === "exact") return "thm-six";
      if (s.line === "rest") return "thm-ld-equilibrium";
      if (word === "exact") return s.method === "euler" ? "thm-ld-euler" : "equation-eq-ld-gap";
      return word === "order 2" ? "prop-fail-6" : "equation-eq-ld-gap";
    }
    if (turned(...pair, "R", "D")) return "thm-rd";
    if (!turned(...pair, "L", "R")) return null;
    return s.line === "sub" ? "equation-eq-lr-bias" : "thm-lr";
  }

  function sentence(s, r) {
    const lead = s.first === s.other ? `${letters(s.first)}, twice` : `${letters(s.first)} against ${letters(s.other)}`;
    const stopped = r.ends.findIndex((e) => e.refused);
    if (stopped >= 0) return [`Refused: ${letters(r.routes[stopped])} has no meaning here. ${r.ends[stopped].refused}.`, "refused"];
    if (r.apart.refused) return [`Refused: ${r.apart.refused}.`, "refused"];
    const apart = `The relative gap is ${short(r.apart.value)}`;
    if (!r.said) return [`${lead}: … ${apart}; its slope is being measured.`, ""];
    if (r.said.refused) return [`Refused: ${r.said.refused}.`, "refused"];
    const { word, slope } = r.said.value;
    const told = {
      exact: `exact. ${apart}; at each of nine steps it is rounding.`,
      fails: `fails. ${apart}, and ${s.first.includes("D") ? `halving the step does not mend it (slope ${slope?.toFixed(2)} over eight halvings)` : "there is no step that could mend it"}.`,
      "too near rounding": `too near rounding for a slope. ${apart}.`,
      "not settled": `not settled. ${apart}, and its slope still drifts over eight halvings (${slope?.toFixed(2)} on the whole).`,
    }[word];
    const order = Number(word.slice(6));
    const part = { 1: "a half", 2: "a quarter", 3: "an eighth", 4: "a sixteenth" }[order] ?? `1/${2 ** order}`;
    return [`${lead}: ${told ?? `${word}. ${apart}; halve the step and it falls to ${part} (slope ${slope.toFixed(2)} over eight halvings).`}`, word];
  }

  function say(s, r) {
    const [text, word] = sentence(s, r);
    const verdict = get("verdict");
    verdict.dataset.word = word;
    verdict.textContent = `${text} `;
    const label = theorem(s, word);
    const source = label && [...document.querySelectorAll("a.reference")].find((a) => a.getAttribute("href")?.endsWith(`#${label}`));
    if (source) {
      const link = document.createElement("a");
      link.href = source.getAttribute("href");
      link.textContent = source.textContent.startsWith("(") ? `Equation ${source.textContent}` : source.textContent;
      verdict.append(link);
    }
    clearTimeout(timers.said);
    timers.said = setTimeout(() => { get("said").textContent = text; }, 700);
  }

  // -- Drawing -----------------------------------------------------------------------------------

  const short = (v) => (v === 0 ? "0" : Math.abs(v) >= 1e4 || Math.abs(v) < 1e-3 ? v.toExponential(1).replace("e-", "e−").replace("e+", "e") : `${Number(v.toPrecision(3))}`).replace(/^-/, "−");
  const complex = ([a, b]) => (Math.abs(b) < 1e-12 * (1 + Math.abs(a)) ? short(a) : `${short(a)} ${b < 0 ? "−" : "+"} ${short(Math.abs(b))}i`);
  const vector = (h) => `(${h.map(short).join(", ")})`;

  function element(name, attributes, parent, text) {
    const e = document.createElementNS("http://www.w3.org/2000/svg", name);
    Object.entries(attributes).forEach(([key, value]) => e.setAttribute(key, value));
    if (text !== undefined) e.textContent = text;
    parent.append(e);
    return e;
  }

  function ticks([low, high], count) {
    const raw = (high - low) / count;
    const power = 10 ** Math.floor(Math.log10(raw));
    const step = [1, 2, 5, 10].map((k) => k * power).find((v) => v >= raw) ?? power;
    return B.range(Math.floor(high / step) - Math.ceil(low / step) + 1).map((k) => (Math.ceil(low / step) + k) * step);
  }

  const wide = ([low, high]) => (high - low > 1e-9 * Math.max(1e-9, Math.abs(low), Math.abs(high)) ? [low - 0.05 * (high - low), high + 0.05 * (high - low)] : [low - 1, high + 1]);
  const extent = (list) => wide(list.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]));

  // A frame with ticks; returns what places a point. `log`: both scales are powers of ten.
  function framed(name, xs, ys, words, { log = false, square = false, x: xName = "", y: yName = "" } = {}) {
    const svg = bench.querySelector(`[data-picture="${name}"] svg`);
    const box = svg.getBoundingClientRect();
    const [width, height] = [Math.max(120, box.width), Math.max(120, box.height)];
    svg.replaceChildren();
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.setAttribute("aria-label", words);
    const [left, right, top, bottom] = [46, width - 8, 8, height - 34];
    let [xr, yr] = [xs, ys];
    if (square) {
      const unit = Math.max((xr[1] - xr[0]) / (right - left), (yr[1] - yr[0]) / (bottom - top)) / 2;
      const [cx, cy] = [(xr[0] + xr[1]) / 2, (yr[0] + yr[1]) / 2];
      [xr, yr] = [[cx - unit * (right - left), cx + unit * (right - left)], [cy - unit * (bottom - top), cy + unit * (bottom - top)]];
    }
    const px = (v) => left + ((v - xr[0]) / (xr[1] - xr[0])) * (right - left);
    const py = (v) => bottom - ((v - yr[0]) / (yr[1] - yr[0])) * (bottom - top);
    const id = `bench-clip-${name}`;
    const clip = element("clipPath", { id }, svg);
    element("rect", { x: left, y: top, width: right - left, height: bottom - top }, clip);
    const inside = element("g", { "clip-path": `url(#${id})` }, svg);
    element("rect", { class: "frame", x: left, y: top, width: right - left, height: bottom - top }, svg);
    const label = (v) => (log ? `1e${v}`.replace("-", "−") : `${Number(v.toPrecision(6))}`.replace("-", "−"));
    const whole = (list) => (log ? list.filter(Number.isInteger) : list);
    for (const v of whole(ticks(xr, Math.max(2, Math.floor(width / 90))))) element("text", { x: px(v), y: bottom + 15, "text-anchor": "middle" }, svg, label(v));
    for (const v of whole(ticks(yr, Math.max(2, Math.floor(height / 50))))) element("text", { x: left - 5, y: py(v) + 4, "text-anchor": "end" }, svg, label(v));
    element("text", { class: "key", x: (left + right) / 2, y: height - 4, "text-anchor": "middle" }, svg, xName);
    element("text", { class: "key", x: left + 4, y: top + 14 }, svg, yName);
    return { svg: inside, px, py, xr, yr };
  }

  const line = (points, { px, py }) => points.map(([x, y], k) => `${k ? "L" : "M"}${px(x).toFixed(1)} ${py(y).toFixed(1)}`).join("");
  const bounded = (v) => Math.max(-1e9, Math.min(1e9, v));

  function nothing(name, words) {
    const svg = bench.querySelector(`[data-picture="${name}"] svg`);
    svg.replaceChildren();
    svg.removeAttribute("viewBox");
    svg.setAttribute("aria-label", words);
    element("text", { class: "key", x: 8, y: 24 }, svg, words.length > 60 ? "Not drawn: the verdict says why." : words);
  }

  function drawFilms(s, r) {
    const films = r.films.map((f) => f.value).filter(Boolean);
    const kinds = r.films.map((f) => (f.value ? ["one", "two"][r.films.indexOf(f)] : null)).filter(Boolean);
    if (!films.length) { nothing("film", "No film: both routes are refused."); nothing("plane", "No film: both routes are refused."); return; }
    const n = r.flow.n;
    const ends = films.map((f) => f.states.at(-1));
    const words = films.map((f, i) => `the ${kinds[i] === "one" ? "first" : "second"} route's film ends at ${vector(ends[i])}${f.states.length <= f.count ? ", where it is cut off because it grows beyond all bounds" : ""}`).join("; ");
    const plot = framed("film", wide([0, Math.max(...films.map((f) => f.clock * f.count))]), extent(films.flatMap((f) => f.states.flat().map(bounded))), `${n} ${n === 1 ? "unit" : "units"} against time: ${words}.`, { x: s.first.includes("R") || s.other.includes("R") ? "clock of each route" : "time", y: "h" });
    films.forEach((f, i) => B.range(n).forEach((u) => element("path", { class: kinds[i], d: line(f.states.map((h, k) => [k * f.clock, bounded(h[u])]), plot) }, plot.svg)));
    const { value: at } = get("clock");
    const now = element("path", { class: "now", d: "" }, plot.svg);
    const two = n > 1 || films.length < 2;
    const paths = two ? films.map((f) => f.states.map((h) => [bounded(h[0]), bounded(h[1] ?? h[0])])) : [B.range(Math.min(...films.map((f) => f.states.length))).map((k) => [bounded(films[0].states[k][0]), bounded(films[1].states[k][0])])];
    const plane = framed("plane", extent(paths.flat().map(([x]) => x)), extent(paths.flat().map(([, y]) => y)), n > 1 ? `The first two units against each other: ${words}.` : `The second film against the first: ${words}.`, n > 1 ? { x: "unit 1", y: "unit 2" } : { x: "first film", y: "second film" });
    paths.forEach((p, i) => element("path", { class: kinds[i], d: line(p, plane) }, plane.svg));
    const dots = paths.map(() => element("circle", { class: "now", r: 4 }, plane.svg));
    result.marks = { plot, plane, now, dots, paths, films };
    showFrame(Number(at));
  }

  function showFrame(k) {
    if (!result?.marks) return;
    const { plot, plane, now, dots, paths, films } = result.marks;
    const x = plot.px(k * films[0].clock);
    now.setAttribute("d", `M${x} 0V999`);
    dots.forEach((dot, i) => {
      const [a, b] = paths[i][Math.min(k, paths[i].length - 1)];
      dot.setAttribute("cx", plane.px(a));
      dot.setAttribute("cy", plane.py(b));
    });
    const told = films.map((f) => vector(f.states[Math.min(k, f.states.length - 1)])).join(" and ");
    get("frame").textContent = `at ${short(k * films[0].clock)}: ${told}`;
    get("clock").setAttribute("aria-valuetext", get("frame").textContent);
  }

  const corner = (steps) => [..."RDL"].filter((step) => steps.includes(step)).join("");

  function drawCube(s) {
    const svg = bench.querySelector('[data-picture="cube"] svg');
    const places = JSON.parse(svg.dataset.corners);
    const walked = get("walked");
    walked.replaceChildren();
    [s.first, s.other].forEach((route, i) => {
      // The second a little beside the first, so that both show where they share an edge.
      const points = B.range(route.length + 1).map((k) => places[corner(route.slice(0, k))].map((v) => v + 7 * i));
      element("path", { class: ["one", "two"][i], d: points.map(([x, y], k) => `${k ? "L" : "M"}${x} ${y}`).join("") }, walked);
      element("circle", { class: ["dot1", "dot2"][i], cx: points.at(-1)[0], cy: points.at(-1)[1], r: 9 - 4 * i }, walked);
    });
    svg.setAttribute("aria-label", `The cube of systems: the first route applies ${letters(s.first)}, the second ${letters(s.other)}.`);
  }

  function drawGaps(r) {
    const said = r.said?.value;
    const seen = said?.gaps.map((g, k) => [said.steps[k], g]).filter(([, g]) => g > 0);
    if (!seen?.length) { nothing("gap", said ? "The gap is 0 at each of nine steps." : "No gap: the verdict says why."); return; }
    const logs = seen.map((p) => p.map(Math.log10));
    const ys = [Math.floor(Math.min(...logs.map(([, y]) => y))), Math.ceil(Math.max(...logs.map(([, y]) => y)) + 1e-9)];
    const words = `The gap at nine steps, each half the one before: ${said.gaps.map(short).join(", ")}${said.slope === null ? "" : `; fitted slope ${said.slope.toFixed(2)}`}.`;
    const xs = [Math.floor(Math.min(...logs.map(([x]) => x))), Math.ceil(Math.max(...logs.map(([x]) => x)) + 1e-9)];
    const plot = framed("gap", xs, ys[1] - ys[0] < 2 ? [ys[0] - 1, ys[1] + 1] : ys, words, { log: true, x: "step Δ", y: "gap" });
    element("path", { class: "axis", d: line([[xs[0], -10], [xs[1], -10]], plot) }, plot.svg);
    if (said.constant) element("path", { class: "two", d: line(xs.map((x) => [x, Math.log10(said.constant) + said.slope * x]), plot) }, plot.svg);
    logs.forEach(([x, y]) => element("circle", { class: "dot1", cx: plot.px(x), cy: plot.py(y), r: 4 }, plot.svg));
  }

  function drawFlow(s, r) {
    const R = B.stability(s.method);
    if (r.flowValues.refused) { nothing("flow", r.flowValues.refused); return; }
    const z = r.flowValues.value.map((v) => v.map((part) => s.delta * part));
    const reach = Math.max(3.2, ...z.map(B.size).map((v) => Math.min(v, 40))) * 1.1;
    const outside = R ? z.filter((v) => B.size(R(v)) > 1 + 1e-12).length : 0;
    const where = R ? `${outside ? `${outside} of ${z.length}` : "none"} outside of the method's region of stability` : "the method has no region of its own: it depends on the decay";
    const plot = framed("flow", [-reach, reach * 0.55], [-reach * 0.7, reach * 0.7], `Step times eigenvalue of the flow, at ${vector(r.at.h)}: ${z.map(complex).join(", ")}; ${where}.`, { square: true, x: "real", y: "imaginary" });
    if (R) element("path", { class: "region", d: region(R, plot) }, plot.svg);
    element("path", { class: "axis", d: `${line([[0, plot.yr[0]], [0, plot.yr[1]]], plot)}${line([[plot.xr[0], 0], [plot.xr[1], 0]], plot)}` }, plot.svg);
    z.forEach(([x, y]) => element("circle", { class: "dot1", cx: plot.px(bounded(x)), cy: plot.py(bounded(y)), r: 4 }, plot.svg));
  }

  // Where |R| <= 1, row by row: runs of points, their ends found to a fiftieth of a cell.
  function region(R, { px, py, xr, yr }) {
    const [across, down] = [60, 90];
    const cell = (xr[1] - xr[0]) / across;
    const within = (x, y) => B.size(R([x, y])) <= 1;
    const end = (inside, out, y) => { for (let k = 0; k < 6; k++) { const m = (inside + out) / 2; if (within(m, y)) inside = m; else out = m; } return inside; };
    const height = Math.abs(py(0) - py((yr[1] - yr[0]) / down)) + 0.6;
    let d = "";
    for (let row = 0; row < down; row++) {
      const y = yr[0] + ((row + 0.5) / down) * (yr[1] - yr[0]);
      let from = null;
      for (let c = 0; c <= across; c++) {
        const x = xr[0] + c * cell;
        const is = c < across && within(x, y);
        if (is && from === null) from = c ? end(x, x - cell, y) : x;
        if (!is && from !== null) {
          const to = c === across ? xr[1] : end(x - cell, x, y);
          d += `M${px(from).toFixed(1)} ${(py(y) - height / 2).toFixed(1)}H${px(to).toFixed(1)}v${height.toFixed(1)}H${px(from).toFixed(1)}z`;
          from = null;
        }
      }
    }
    return d;
  }

  function drawMap(r) {
    const kinds = r.ends.map((e) => e.value?.kind);
    const known = r.spectra.map((v, i) => (v.value ? { values: v.value, mark: i } : null)).filter(Boolean);
    if (!known.length) { nothing("map", r.spectra[0].refused ?? "No spectrum."); return; }
    const isMap = kinds.includes("map");
    const all = known.flatMap(({ values }) => values);
    const reach = Math.max(isMap ? 1.2 : 0.5, ...all.map(B.size).map((v) => Math.min(v * 1.15, 1e3)));
    const words = known.map(({ values, mark }) => `${["first", "second"][mark]} route: ${values.map(complex).join(", ")}`).join("; ");
    const plot = framed("map", [-reach, reach], [-reach, reach], `Eigenvalues of the Jacobian at ${vector(r.at.h)}, ${words}; stable ${isMap ? "within the unit circle" : "left of zero"}.`, { square: true, x: "real", y: "imaginary" });
    element("path", { class: "axis", d: `${line([[0, plot.yr[0]], [0, plot.yr[1]]], plot)}${line([[plot.xr[0], 0], [plot.xr[1], 0]], plot)}` }, plot.svg);
    if (isMap) element("circle", { class: "circle", cx: plot.px(0), cy: plot.py(0), r: plot.px(1) - plot.px(0) }, plot.svg);
    for (const { values, mark } of known) {
      for (const [x, y] of values) {
        const [cx, cy] = [plot.px(bounded(x)), plot.py(bounded(y))];
        if (mark === 0) element("circle", { class: "dot1", cx, cy, r: 5 }, plot.svg);
        else element("path", { class: "dot2", d: `M${cx - 5} ${cy - 5}l10 10m0 -10l-10 10` }, plot.svg);
      }
    }
  }

  function table(s, r) {
    const said = (q, form) => (q.refused ? `refused: ${q.refused}` : form(q.value));
    const ends = r.films.map((f) => (f.refused ? f : { value: f.value.states.at(-1) }));
    // The name, the words, and the number in full, which tests and copied text can take.
    const rows = [
      ["Relative gap at this step", said(r.apart, (v) => `${v.toPrecision(6)}`.replace("-", "−")), r.apart.value],
      ["Slope, steps from", r.said ? said(r.said, (v) => `${v.slope === null ? "none" : v.slope.toFixed(3)}, ${short(v.steps[0])} to ${short(v.steps[8])}`) : "…", r.said?.value],
      ["First film ends at", said(ends[0], vector), ends[0].value],
      ["Second film ends at", said(ends[1], vector), ends[1].value],
      ["Line of L at", s.line === "sub" ? "no point: the substitution" : said(r.about, ({ h, x }) => `${vector(h)}${x.length ? `, input ${vector(x)}` : ""}`)],
      ["Eigenvalues of the flow", said(r.flowValues, (v) => v.map(complex).join(", "))],
      ["… of the first route's end", said(r.spectra[0], (v) => v.map(complex).join(", ")), r.spectra[0].value],
      ["… of the second route's end", said(r.spectra[1], (v) => v.map(complex).join(", ")), r.spectra[1].value],
      ["States of rest", r.rests ? said(r.rests, (v) => v.map(({ h, stable }) => `${vector(h)} ${stable ? "stable" : "not stable"}`).join("; ") || "none was found") : "…"],
      ["Largest stable step", r.rests ? said(r.largest, (v) => v) : "…"],
    ];
    get("numbers").replaceChildren(...rows.map(([name, value, full]) => {
      const row = document.createElement("tr");
      const [th, td] = [document.createElement("th"), document.createElement("td")];
      th.scope = "row";
      th.textContent = name;
      td.textContent = value;
      if (full !== undefined) td.dataset.full = JSON.stringify(full);
      row.append(th, td);
      return row;
    }));
  }

  // Slower things, when the reader has let go: the slope, the states of rest, the largest step.
  function later(s, r) {
    r.said = r.apart.refused || r.ends.some((e) => e.refused) ? { refused: r.apart.refused ?? "a route is refused" } : ladder(s, r);
    r.rests = held(() => B.rests(r.flow, r.x0, s.start).map((h) => {
      const values = held(() => B.eigenvalues(r.flow.jacobian(h, r.x0)));
      return { h, values, stable: Boolean(values.value?.every(([re]) => re < 0)) };
    }));
    r.largest = held(() => largestStep(s, r.rests.value ?? []));
    if (!complaint) say(s, r);
    drawGaps(r);
    table(s, r);
    bench.dataset.settled = "yes";
  }

  function largestStep(s, rests) {
    if (!B.stability(s.method)) return "the method has no stability function of its own";
    const stable = rests.filter((p) => p.stable);
    if (!stable.length) return "no state of rest is stable";
    return stable.map((p) => {
      const step = B.largestStep(p.values.value, s.method);
      return `${step === Infinity ? "none: stable at every step" : short(step)} at ${vector(p.h)}`;
    }).join("; ");
  }

  // -- Python ------------------------------------------------------------------------------------

  const float = (v) => (Number.isInteger(v) && Math.abs(v) < 1e16 ? `${v}.0` : `${v}`);
  const list = (v) => `[${v.map(float).join(", ")}]`;
  const nested = (rows) => (rows[0]?.length === 0 ? `np.zeros((${rows.length}, 0))` : `[${rows.map(list).join(", ")}]`);
  const each = (v) => (v.every((one) => one === v[0]) ? float(v[0]) : list(v));

  function pythonRoute(s, route) {
    if (!route) return "network";
    let speed = false;
    const steps = [...route].map((letter) => {
      if (letter === "R") { speed = true; return "Rescale(tau)"; }
      if (letter === "L") return "L";
      return `Discretise(delta${speed && s.aligned ? " / tau" : ""}, method)`;
    });
    return `(${steps.reverse().join(" @ ")})(network)`;
  }

  function pythonInput(s) {
    const time = "    times = spacing * np.arange(count)";
    if (s.kind === "pulse") return `${time}\n    on = (times >= ${float(s.from)} - 1e-9) & (times < ${float(s.to)} - 1e-9)\n    return np.outer(on, ${list(s.size)})`;
    if (s.kind === "sine") return `${time}\n    return np.outer(np.sin(${float(s.frequency)} * times), ${list(s.size)})`;
    if (s.kind === "samples") return `    samples = np.array(${nested(s.rows)})\n    number = np.floor(spacing * np.arange(count) / ${float(s.every)} + 1e-9).astype(int)\n    return samples[np.minimum(len(samples) - 1, number)]`;
    return `    return np.tile(${list(s.size)}, (count, 1))`;
  }

  function python(s, r) {
    const form = s.form === "activation" ? "ActivationRNN" : "RNN";
    const films = r.films.map((f) => f.value);
    const about = { sub: "Linearise()", start: "Linearise(about=(start, x0))", rest: "Linearise(about=(rest, x0))", point: `Linearise(about=(${list(s.pointh)}, ${list(s.pointx)}))` }[s.line];
    const rest = s.line === "rest" && r.about.value ? `rest = fixed_point(network, x0, guess=${list(r.about.value.h)}).h\n` : "";
    const steps = r.said?.value?.steps;
    const shots = films.map((f, i) => {
      if (!f) return null;
      const name = ["first", "other"][i];
      const rows = `drive(${float(f.own)}, ${f.count})`;
      return r.ends[i].value.kind === "map" ? `simulate(${name}, start, ${rows}).h` : `simulate(${name}, start, ${rows}, t=${float(f.clock)} * np.arange(${f.count + 1})).h`;
    }).filter(Boolean);
    const names = [form, "Discretise", "Linearise", "Rescale", ...(rest ? ["fixed_point"] : []), "gap", "simulate"];
    return `import numpy as np

from helpers import ${names.join(", ")}
from helpers.analysis.equivalence import verdict

network = ${form}(
    w=${nested(s.w)},
    omega=${nested(s.omega)},
    b=${list(s.b)},
    decay=${each(s.decay)},
    activation="${s.activation}",
    rate=${each(s.rate)},
)
start, x0 = np.array(${list(s.start)}), np.array(${list(r.x0)})
tau, method = ${float(s.tau)}, "${s.method}"
${rest}L = ${s.line === "rest" && !rest ? "Linearise(about=(None, x0))  # no state of rest was found" : about}


def routes(delta):
    one = ${pythonRoute(s, s.first)}
    two = ${pythonRoute(s, s.other)}
    return one, two


def drive(spacing, count):  # the input, read at the start of each step and held
${pythonInput(s)}


first, other = routes(${float(s.delta)})
apart = gap(first, other)
${steps ? `steps = ${float(steps[0])} / 2.0 ** np.arange(9)\ngaps = [gap(*routes(step)) for step in steps]\n${r.said.value.word === "too near rounding" ? 'word = "too near rounding"' : "word = verdict(steps, gaps)"}\n` : ""}films = [
${shots.map((shot) => `    ${shot},\n`).join("")}]
apart${steps ? ", word" : ""}
`;
  }

  // -- Together ----------------------------------------------------------------------------------

  function fill(s) {
    for (const [name, e] of Object.entries(fields)) {
      if (name === "preset") e.value = s.preset ?? "";
      else if (name === "aligned") e.checked = s.aligned;
      else if (e !== document.activeElement) e.value = MATRICES.includes(name) ? rowsText(s[name], "\n").replace(/,/g, ", ") : shown(s, name).replace(/,/g, ", ");
      e.removeAttribute("aria-invalid");
    }
    sliders(s);
    foldInputs(s);
  }

  function sliders(s) {
    for (const range of bench.querySelectorAll("[data-range]")) {
      if (range !== document.activeElement) range.value = Math.log10(s[range.dataset.range]);
      range.setAttribute("aria-valuetext", short(s[range.dataset.range]));
    }
  }

  function foldInputs(s) {
    const needed = { size: s.kind !== "samples", from: s.kind === "pulse", to: s.kind === "pulse", frequency: s.kind === "sine", rows: s.kind === "samples", every: s.kind === "samples", pointh: s.line === "point", pointx: s.line === "point" };
    for (const [name, is] of Object.entries(needed)) bench.querySelector(`[data-of="${name}"]`).hidden = !is;
  }

  function draw(s, r) {
    drawCube(s);
    drawFilms(s, r);
    drawFlow(s, r);
    drawMap(r);
    if (r.said) drawGaps(r);
  }

  function show(s, { write = true } = {}) {
    state = s;
    complaint = "";
    delete bench.dataset.settled;
    result = compute(s);
    const count = Math.max(1, ...result.films.map((f) => (f.value ? f.value.states.length - 1 : 1)));
    get("clock").max = count;
    say(s, result);
    draw(s, result);
    table(s, result);
    foldInputs(s);
    sliders(s);
    clearTimeout(timers.later);
    const mine = result;
    timers.later = setTimeout(() => { later(s, mine); get("python").textContent = python(s, mine); }, 120);
    if (!write) return;
    clearTimeout(timers.address);
    timers.address = setTimeout(() => history.replaceState(null, "", location.pathname + address(s)), 250);
  }

  function complain(text, name) {
    complaint = text;
    const verdict = get("verdict");
    verdict.dataset.word = "unread";
    verdict.textContent = `Not computed. ${text}`;
    if (name) fields[name].setAttribute("aria-invalid", "true");
    clearTimeout(timers.said);
    timers.said = setTimeout(() => { get("said").textContent = verdict.textContent; }, 700);
  }

  function changed(name) {
    const raw = Object.fromEntries(Object.entries(fields).filter(([key]) => key !== "preset").map(([key, e]) => [key, key === "aligned" ? (e.checked ? "1" : "0") : e.value]));
    Object.values(fields).forEach((e) => e.removeAttribute("aria-invalid"));
    try {
      const s = { ...read(raw, state), preset: "" };
      fields.preset.value = "";
      show(s);
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      complain(error.message, name);
    }
  }

  // Of the routes, another set of procedures on one side asks for the same set on the other.
  function matched(name) {
    const [mine, theirs] = name === "first" ? ["first", "other"] : ["other", "first"];
    const letters = [...fields[mine].value].sort().join("");
    if ([...fields[theirs].value].sort().join("") !== letters) fields[theirs].value = [...fields[mine].value].reverse().join("");
  }

  for (const [name, e] of Object.entries(fields)) {
    e.addEventListener(e.tagName === "TEXTAREA" || e.type === "text" ? "input" : "change", () => {
      if (name === "preset") {
        const preset = told.presets.find((p) => p.preset === e.value);
        if (preset) { fill(preset); show(preset); }
        return;
      }
      if (name === "first" || name === "other") matched(name);
      changed(name);
    });
  }
  for (const range of bench.querySelectorAll("[data-range]")) {
    range.addEventListener("input", () => {
      fields[range.dataset.range].value = `${Number((10 ** Number(range.value)).toPrecision(3))}`;
      changed(range.dataset.range);
    });
  }
  // A click on an edge takes the first route along it, as on the home page.
  for (const edge of bench.querySelectorAll("[data-from]")) {
    edge.addEventListener("click", () => {
      const { from, by } = edge.dataset;
      fields.first.value = corner(state.first) === from ? state.first + by : from + by;
      matched("first");
      changed("first");
    });
  }
  get("clock").addEventListener("input", (event) => showFrame(Number(event.target.value)));
  get("here").addEventListener("click", () => {
    const film = result?.films.find((f) => f.value)?.value;
    if (!film) return;
    const k = Math.min(Number(get("clock").value), film.states.length - 1);
    const input = B.input(state.kind, state, result.flow.m);
    const s = { ...state, preset: "", line: "point", pointh: film.states[k].map((v) => Number(v.toPrecision(6))), pointx: input(k * film.own) };
    fill(s);
    show(s);
  });

  async function copy(button, text) {
    const before = button.dataset.words ??= button.textContent;
    try { await navigator.clipboard.writeText(text); button.textContent = "Copied"; } catch { button.textContent = "Not copied: the browser refuses"; }
    setTimeout(() => { button.textContent = before; }, 2000);
  }
  get("copy").addEventListener("click", (event) => copy(event.target, get("python").textContent));
  get("link").addEventListener("click", (event) => {
    const here = new URL(location.href);
    here.search = "";
    here.hash = address(state);
    copy(event.target, here.href);
  });

  function open() {
    const { raw, preset } = fromAddress();
    let s = preset;
    try {
      s = "w" in raw ? { ...read(raw, preset), preset: "" } : preset;
      fill(s);
      show(s, { write: false });
    } catch (error) {
      if (!(error instanceof Unread)) throw error;
      fill(preset);
      show(preset, { write: false });
      complain(`The address could not be read. ${error.message} Shown is ${preset.preset}.`);
    }
  }
  addEventListener("hashchange", () => location.hash.includes("w=") && open());
  let size = innerWidth;
  addEventListener("resize", () => { if (innerWidth !== size) { size = innerWidth; if (result) draw(state, result); } });
  if (matchMedia("(max-width: 600px)").matches) bench.querySelectorAll("details").forEach((d) => { d.open = false; });
  open();
})();
