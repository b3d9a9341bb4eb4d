// The strip of scenes: a picture, a title and what happens, in order of time.

const sceneFacts = (scene) =>
  [
    ["People", scene.who],
    ["Mood", scene.moods],
    ["Sounds", scene.sounds],
    ["On screen", scene.written],
  ].filter(([, values]) => values.length);

const sceneTile = (scene) => {
  const picture = scene.jpeg
    ? make("img", { src: `data:image/jpeg;base64,${scene.jpeg}`, alt: "", loading: "lazy", decoding: "async" })
    : null;
  const speakers = scene.speakers.filter(Boolean);
  const facts = sceneFacts(scene);
  const told = [
    scene.title,
    scene.synopsis,
    speakers.length ? `Speakers: ${speakers.join(", ")}` : "",
    ...facts.map(([name, values]) => `${name}: ${values.join(", ")}`),
  ];
  const button = make(
    "button",
    { type: "button", class: "scene", title: told.filter(Boolean).join("\n") },
    make("span", { class: "scene-picture" }, picture, make("span", { class: "scene-time" }, shortTime(scene.startMs))),
    make(
      "span",
      { class: "scene-text" },
      make("strong", {}, foreign(scene.title)),
      make("span", { class: facts.length ? "synopsis short" : "synopsis" }, foreign(scene.synopsis)),
      facts.length
        ? make("span", { class: "scene-facts" }, foreign(facts.map(([, values]) => values.join(", ")).join(" · ")))
        : null,
    ),
  );
  button.addEventListener("click", () => {
    seek(scene.startMs);
    showSpan(scene.startMs, Math.min(scene.endMs - scene.startMs, FIRST_SPAN_MS * 5));
  });
  return make("li", {}, button);
};

const setUpScenes = () => {
  const strip = byId("scenes");
  strip.hidden = scenes.length === 0;
  const tiles = scenes.map(sceneTile);
  strip.append(...tiles);
  let shown = -1;
  on("time", (ms) => {
    const now = firstAfter(scenes, ms) - 1;
    if (now === shown || now < 0) return;
    if (shown >= 0) tiles[shown].firstElementChild.removeAttribute("aria-current");
    shown = now;
    const tile = tiles[now];
    tile.firstElementChild.setAttribute("aria-current", "true");
    const [left, right] = [tile.offsetLeft, tile.offsetLeft + tile.offsetWidth];
    if (left < strip.scrollLeft || right > strip.scrollLeft + strip.clientWidth) strip.scrollLeft = left - 16;
  });
};
