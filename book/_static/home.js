// Walks the cube of systems. Each step is a procedure; the corner reached is the set of steps taken, so
// that any order of the three ends at the same corner, and the line of text below says what stands there.
"use strict";

(() => {
  const cube = document.getElementById("cube");
  const systems = document.querySelector(".systems");
  const words = {
    R: "Rescale: the same film, at τ times the speed.",
    D: "Discretise: steps of Δ in place of time that flows.",
    L: "Linearise: the curve σ gives way to a straight line.",
  };
  const corners = [...cube.querySelectorAll(".corner")];
  const edges = [...cube.querySelectorAll(".edge")];
  const buttons = [...cube.querySelectorAll("[data-step]")];
  const orders = [...cube.querySelectorAll("input")];
  const here = cube.querySelector(".cube-here");
  const terms = [...systems.querySelectorAll("dd")];
  const pause = matchMedia("(prefers-reduced-motion: reduce)").matches ? 0 : 650;
  const tried = new Set();
  let path = "";
  let goal = "";
  let timer;

  const corner = (steps) => [..."RDL"].filter((step) => steps.includes(step)).join("");
  const name = (steps) =>
    corners.find((c) => c.dataset.system === corner(steps)).querySelector("text").textContent;

  function show(hint) {
    const at = corner(path);
    corners.forEach((c, i) => {
      c.classList.toggle("here", c.dataset.system === at);
      terms[i].classList.toggle("here", c.dataset.system === at);
    });
    const walked = [...path].map((step, i) => [corner(path.slice(0, i)), step].join());
    edges.forEach((e) =>
      e.classList.toggle("walked", walked.includes([e.dataset.from, e.dataset.by].join())));
    buttons.forEach((b) => b.setAttribute("aria-disabled", path.includes(b.dataset.step)));
    if (path.length === 3) tried.add(path);
    orders.forEach((order) => {
      order.checked = order.value === (goal || path);
      order.parentElement.classList.toggle("tried", tried.has(order.value));
    });
    here.textContent = hint ?? sentence();
  }

  function sentence() {
    const route = [...path].reduce((text, _, i) => `${text} → ${name(path.slice(0, i + 1))}`, name(""));
    if (path.length < 3) return path ? `${words[path.at(-1)]} ${route}.` : "You stand at RNN. Take a step.";
    const count = tried.size === 6
      ? "All six orders have ended here."
      : `${tried.size} of 6 orders tried; ${tried.size === 1 ? "it" : "each"} ended at ${name(path)}.`;
    return `${route}. ${count}`;
  }

  function walk(order) {
    clearTimeout(timer);
    goal = order;
    path = "";
    if (!pause) path = order;
    show();
    const step = () => {
      if (path.length === order.length) return;
      path = order.slice(0, path.length + 1);
      show();
      timer = setTimeout(step, pause);
    };
    timer = setTimeout(step, pause);
  }

  function take(step) {
    clearTimeout(timer);
    if (path.includes(step)) return;
    goal = "";
    path += step;
    show();
  }

  buttons.forEach((b) => b.addEventListener("click", () => take(b.dataset.step)));
  cube.querySelector("[data-again]").addEventListener("click", () => walk(""));
  orders.forEach((order) => order.addEventListener("change", () => walk(order.value)));
  edges.forEach((edge) => {
    const { from, by } = edge.dataset;
    const kin = (on) => edges.forEach((e) => e.classList.toggle("kin", on && e.dataset.by === by));
    edge.addEventListener("pointerenter", () => { kin(true); show(words[by]); });
    edge.addEventListener("pointerleave", () => { kin(false); show(); });
    edge.addEventListener("click", () => {
      kin(false);
      if (corner(path) === from) take(by);
      else walk(from + by);
    });
  });
  cube.classList.add("alive");
  systems.classList.add("alive");
  show();
})();
