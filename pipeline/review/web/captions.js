// Captions over the picture, in their place and with their line breaks.

const overlay = byId("overlay");
const areas = new Map(PLACEMENTS.map((placement) => [placement, make("div", { class: `area ${placement}` })]));
overlay.append(...areas.values());

const captions = { track: null, drawn: "" };

// A cue may still be on screen when the next has begun, but not for longer than the longest of its track.
const longestMs = new Map(
  tracks.map((track) => [track, track.cues.reduce((most, cue) => Math.max(most, cue.endMs - cue.startMs), 0)]),
);

const onScreen = (track, ms) => {
  const end = firstAfter(track.cues, ms);
  const found = [];
  for (let at = end - 1; at >= 0 && track.cues[at].startMs > ms - longestMs.get(track); at -= 1) {
    if (track.cues[at].endMs > ms) found.unshift(track.cues[at]);
  }
  return found;
};

const drawCaptions = (ms) => {
  const cues = captions.track ? onScreen(captions.track, ms) : [];
  const drawn = cues.map((cue) => cue.index).join();
  if (drawn === captions.drawn) return;
  captions.drawn = drawn;
  for (const area of areas.values()) area.replaceChildren();
  for (const cue of cues) areas.get(cue.placement).append(captionText(cue, captions.track.language));
};

const chooseCaptions = (language) => {
  captions.track = tracks.find((track) => track.language === language) || null;
  captions.drawn = "?";
  byId("caption-choice").value = captions.track ? language : "";
  drawCaptions(nowMs());
};

const setUpCaptions = () => {
  const choice = byId("caption-choice");
  choice.append(option("", "Off"), ...tracks.map((track) => option(track.language, track.name)));
  choice.addEventListener("change", () => chooseCaptions(choice.value));
  chooseCaptions((targets[0] || source).language);
  on("time", drawCaptions);
};
