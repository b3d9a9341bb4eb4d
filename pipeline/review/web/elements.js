// Building the page. Text only ever becomes text nodes: nothing in this script parses markup.

const byId = (id) => document.getElementById(id);

// An element with attributes and children; strings become text. `false` and null children are left out.
const make = (tag, attributes = {}, ...children) => {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== false && child !== undefined),
  );
  return element;
};

// Somebody's text: it runs in its own direction and cannot turn what stands beside it.
const foreign = (text, language = null) => make("bdi", { lang: language }, text);

// The lines of a caption, one under the other.
const captionText = (cue, language) =>
  make(
    "div",
    { class: "text", lang: language, dir: "auto" },
    cue.lines.map((_, line) => captionLine(cue, line)),
  );

const captionLine = (cue, line) => {
  const text = [...cue.lines[line]];
  const parts = [];
  let at = 0;
  for (let i = 0; i < cue.italics.length; i += 3) {
    const [own, start, end] = cue.italics.slice(i, i + 3);
    if (own !== line) continue;
    parts.push(text.slice(at, start).join(""), make("i", {}, text.slice(start, end).join("")));
    at = end;
  }
  parts.push(text.slice(at).join(""));
  return make("span", { class: "line", dir: "auto" }, parts);
};

const option = (value, text) => make("option", { value }, text);

const SVG = "http://www.w3.org/2000/svg";
const ICONS = {
  play: "M5 3.2v9.6a.6.6 0 0 0 .92.5l7.4-4.8a.6.6 0 0 0 0-1L5.92 2.7A.6.6 0 0 0 5 3.2z",
  pause: "M4 2.8h2.8v10.4H4zM9.2 2.8H12v10.4H9.2z",
  back: "M3.2 3h1.9v10H3.2zM13 3.6v8.8a.5.5 0 0 1-.8.4L6.4 8.4a.5.5 0 0 1 0-.8l5.8-4.4a.5.5 0 0 1 .8.4z",
  on: "M10.9 3h1.9v10h-1.9zM3 3.6v8.8a.5.5 0 0 0 .8.4l5.8-4.4a.5.5 0 0 0 0-.8L3.8 3.2a.5.5 0 0 0-.8.4z",
  sound: "M2 6h2.6L8 3v10L4.6 10H2zM10 5.2c1.6.6 2.4 1.6 2.4 2.8S11.6 10.2 10 10.8V9.2c.6-.3.9-.7.9-1.2s-.3-.9-.9-1.2z",
  muted: "M2 6h2.6L8 3v10L4.6 10H2zM9.6 6.6l1-1L12 7l1.4-1.4 1 1L13 8l1.4 1.4-1 1L12 9l-1.4 1.4-1-1L11 8z",
  fullscreen:
    "M2.5 2.5h4v1.6H4.1v2.4H2.5zM9.5 2.5h4v4h-1.6V4.1H9.5zM2.5 9.5h1.6v2.4h2.4v1.6h-4zM11.9 9.5h1.6v4h-4v-1.6h2.4z",
};

const icon = (name) => {
  const drawn = document.createElementNS(SVG, "svg");
  drawn.setAttribute("viewBox", "0 0 16 16");
  drawn.setAttribute("aria-hidden", "true");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", ICONS[name]);
  drawn.append(path);
  return drawn;
};
