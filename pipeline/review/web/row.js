// One row of the table: a source cue with its translation, dub, and all that is wrong with it.

const cell = (name, ...children) => make("div", { class: name, role: "gridcell" }, children);

const speedText = (speed) => speed.toFixed(speed < 100 ? 1 : 0);

const speedMeter = (cue, track) => {
  const isOver = track.limit !== null && cue.speed > track.limit;
  const limit = track.limit === null ? "" : ` of at most ${track.limit}`;
  const bar = make("span", { class: "meter", "aria-hidden": "true" }, make("span"));
  if (track.limit) bar.firstElementChild.style.width = `${Math.min(100, (cue.speed / track.limit) * 80)}%`;
  return make(
    "div",
    { class: isOver ? "speed over" : "speed", title: `${speedText(cue.speed)}${limit} ${track.unit}` },
    make("span", {}, speedText(cue.speed)),
    bar,
  );
};

const speakersOf = (row) => [...new Set(source.cues[row].speakers)];

const dubNote = (row) =>
  dubLinesOf(row).map((line) => {
    if (line.isFlagged) return make("span", { class: "dub flagged", title: line.reason }, "not dubbed");
    const told = `×${line.tempo.toFixed(2)}`;
    const how = line.outcome === "borrowed" ? `+${line.borrowedMs} ms` : line.outcome;
    const first = line.rows[0];
    if (row !== first)
      return make("span", { class: "dub with", title: "One sentence, dubbed as one" }, `with ${first + 1}`);
    return make("span", { class: `dub ${line.outcome}` }, make("b", {}, told), ` ${how}`);
  });

const noteLine = (severity, rule, message, language) =>
  make(
    "p",
    { class: `note ${severity}` },
    make("span", { class: "severity" }, severity),
    make("span", { class: "rule" }, rule),
    language ? make("span", { class: "tag" }, language) : null,
    foreign(message),
  );

const notesOf = (row) => {
  const notes = [];
  const add = (findings, language) => {
    for (const one of findings || [])
      notes.push([one.severity, SEVERITIES[one.severity], one.rule, one.message, language]);
  };
  const dub = shownDub();
  add(source.findingsOfRow.get(row), state.target ? source.language : null);
  if (state.target) add(state.target.findingsOfRow.get(row), state.target.language);
  if (dub) add(dub.findingsOfRow.get(row), `${dub.language} dub`);
  for (const note of failuresOf(row)) notes.push([0, "error", "not-translated", note.failure, state.target.language]);
  const isTold = notes.some((note) => note[2] === "dub-flagged");
  for (const line of dubLinesOf(row)) {
    if (line.isFlagged && line.rows[0] === row && !isTold)
      notes.push([1, "warning", "not-dubbed", line.reason, `${dub.language} dub`]);
  }
  return notes.sort((one, other) => one[0] - other[0]).map(([, ...parts]) => noteLine(...parts));
};

const translationCell = (row) => {
  const cues = state.target.cuesOfRow.get(row) || EMPTY;
  const texts = cues.map((cue) => captionText(cue, state.target.language));
  return [
    cell("translation", texts.length ? texts : make("span", { class: "missing" }, "no caption")),
    cell(
      "speeds",
      cues.map((cue) => speedMeter(cue, state.target)),
    ),
  ];
};

const makeRow = (row) => {
  const cue = source.cues[row];
  const { worst, needsHuman } = standing[row];
  const notes = notesOf(row);
  const mark = worst === 0 ? "error" : worst === 1 || needsHuman ? "warning" : "";
  const element = make(
    "div",
    { class: `row ${mark}`, role: "row", id: `row-${row + 1}`, "aria-rowindex": row + 2, "data-row": row },
    cell(
      "number",
      make("span", {}, String(row + 1)),
      make(
        "div",
        { class: "who", title: speakersOf(row).join(", ") },
        speakersOf(row).map((name) => foreign(name)),
      ),
    ),
    cell("times", make("span", {}, clockTime(cue.startMs)), make("span", {}, clockTime(cue.endMs))),
    cell("original", captionText(cue, source.language)),
    cell("speeds", speedMeter(cue, source)),
    state.target ? translationCell(row) : [],
    shownDub() ? cell("dubs", dubNote(row)) : null,
    notes.length ? make("div", { class: "notes", role: "gridcell" }, notes) : null,
  );
  showStanding(element, row);
  return element;
};

const showStanding = (element, row) => {
  element.setAttribute("aria-selected", String(row === state.row));
  element.classList.toggle("now", row === state.current);
};

// Rows of one shape are mostly of one height: it has so many lines of text, and so many findings under them.
const shapeOf = (row) => {
  const translated = state.target ? state.target.cuesOfRow.get(row) || EMPTY : EMPTY;
  const translatedLines = translated.reduce((sum, cue) => sum + cue.lines.length, 0);
  const lines = Math.max(2, source.cues[row].lines.length, translatedLines);
  const isStuck = dubLinesOf(row).some((line) => line.isFlagged && line.rows[0] === row);
  return { lines, notes: findingsOf(row).length + failuresOf(row).length + (isStuck ? 1 : 0) };
};
