// The lines under a search result: a formula once, not three times (for the eye, the ear, and in TeX).
"use strict";

(() => {
  const plain = Search.htmlToText;
  Search.htmlToText = (html, anchor) => {
    const page = new DOMParser().parseFromString(html, "text/html");
    page.querySelectorAll(".katex-html, annotation").forEach((copy) => copy.remove());
    return plain(page.documentElement.outerHTML, anchor);
  };
})();
