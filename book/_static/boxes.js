// What is wider than its box scrolls in it (formulas, tables, code); the keyboard must get there too.
"use strict";

(() => {
  const boxes = [...document.querySelectorAll("article :is(.math-scroll, .pst-scrollable-table-container, pre)")];
  const sort = () => boxes.forEach((box) => {
    const wide = box.scrollWidth > box.clientWidth;
    const marks = { tabindex: "0", role: "group", "aria-label": "Scrolls sideways" };
    for (const [name, value] of Object.entries(marks)) {
      if (wide) box.setAttribute(name, value);
      else box.removeAttribute(name);
    }
  });
  addEventListener("load", sort);
  addEventListener("resize", sort);
  document.addEventListener("toggle", sort, true);
  document.fonts.ready.then(sort);
})();
