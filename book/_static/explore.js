// Moves the sliders of explore(): one range input per axis, over frames already drawn. Without this
// script the inputs are not shown; the start frame stands there, with the other frames in a fold.
"use strict";

(() => {
  const figures = [...document.querySelectorAll("figure.explore[data-axes]")].map(build);

  function build(figure) {
    const axes = JSON.parse(figure.dataset.axes);
    const picture = figure.querySelector("img");
    const fold = figure.querySelector("details");
    const frames = allFrames(axes, picture, fold);
    const place = axes.map((axis) => axis.start);
    const inputs = [...figure.querySelectorAll(".explore-controls input")];
    inputs.forEach((input, i) => input.addEventListener("input", () => {
      place[i] = Number(input.value);
      show();
      remember(figure.id, axes, place);
    }));
    figure.querySelector(".explore-start")?.remove();
    fold.remove();
    ["pointerenter", "focusin", "touchstart"].forEach((event) =>
      figure.addEventListener(event, () => frames.forEach(fetchFrame), { once: true, passive: true }));

    function show() {
      const frame = frames[place.reduce((at, value, i) => at * axes[i].texts.length + value, 0)];
      picture.src = frame.src;
      picture.alt = frame.alt;
      inputs.forEach((input, i) => {
        const text = axes[i].texts[place[i]];
        input.value = place[i];
        input.setAttribute("aria-valuetext", text);
        input.nextElementSibling.textContent = text;
      });
    }

    function go(position) {
      axes.forEach((axis, i) => {
        const index = axis.texts.indexOf(position.get(axis.name));
        if (index >= 0) place[i] = index;
      });
      show();
      figure.scrollIntoView({ block: "center" });
    }
    show();
    return { id: figure.id, go };
  }

  // The fold holds every frame but the start one, in the order of the axes, the last axis fastest.
  function allFrames(axes, picture, fold) {
    const frames = [...fold.querySelectorAll("img")].map((img) => ({ src: img.src, alt: img.alt }));
    const start = axes.reduce((at, axis) => at * axis.texts.length + axis.start, 0);
    frames.splice(start, 0, { src: picture.src, alt: picture.alt });
    return frames;
  }

  function fetchFrame(frame) {
    frame.image ??= Object.assign(new Image(), { src: frame.src });
  }

  // The address keeps the position, #explore-film?tau=2, so that it can be sent to someone.
  function remember(id, axes, place) {
    const position = new URLSearchParams(axes.map((axis, i) => [axis.name, axis.texts[place[i]]]));
    history.replaceState(null, "", `#${id}?${position}`);
  }

  function follow() {
    const [id, position] = decodeURI(location.hash.slice(1)).split("?");
    if (position) figures.find((figure) => figure.id === id)?.go(new URLSearchParams(position));
  }

  window.addEventListener("hashchange", follow);
  follow();
})();
