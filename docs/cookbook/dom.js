// Elements, for the pages without a framework; text is text, whatever characters it holds.

/** An element with attributes and children: `h("p", { class: "quiet" }, "Click a parcel.")`. */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Fill the page's panel with a title, a legend of [color, label] pairs, and what else it is given. */
export function showPanel(title, pairs, ...more) {
  const items = pairs.map(([color, label]) => {
    return h("p", {}, h("span", { class: "swatch", style: `background: ${color}` }), label);
  });
  document.getElementById("panel").replaceChildren(h("h1", {}, title), ...items, ...more);
}
