// What is wider than its box scrolls in it (formulas, tables, code); the keyboard must get there too.
"use strict";

(() => {
  const scrollable = "article :is(.math-scroll, .pst-scrollable-table-container, pre)";
  const boxes = [...document.querySelectorAll(scrollable)];
  const marks = { tabindex: "0", role: "group", "aria-label": "Scrolls sideways" };

  function sort() {
    const wide = boxes.map((box) => box.scrollWidth > box.clientWidth); // all looked at before any is changed
    boxes.forEach((box, i) => {
      for (const [name, value] of Object.entries(marks)) {
        if (wide[i]) box.setAttribute(name, value);
        else if (box.hasAttribute("role")) box.removeAttribute(name);
      }
    });
  }

  addEventListener("load", () => document.fonts.ready.then(sort));
  addEventListener("resize", sort);
  document.addEventListener("toggle", sort, true);
})();
