// On paper: the captions that the filters show, all of them, with what is wrong.

const printedRow = (row) => {
  const cue = source.cues[row];
  const translated = state.target ? state.target.cuesOfRow.get(row) || EMPTY : EMPTY;
  return make(
    "tr",
    {},
    make("td", {}, String(row + 1)),
    make("td", {}, clockTime(cue.startMs), make("br"), clockTime(cue.endMs)),
    make(
      "td",
      {},
      speakersOf(row).map((name) => foreign(name)),
    ),
    make("td", {}, captionText(cue, source.language)),
    state.target
      ? make(
          "td",
          {},
          translated.map((one) => captionText(one, state.target.language)),
        )
      : null,
    make("td", {}, notesOf(row)),
  );
};

const setUpPrint = () => {
  window.addEventListener("beforeprint", () => {
    const heads = ["#", "Time", "Who", source.name, state.target && state.target.name, "Findings"].filter(Boolean);
    const printed = make(
      "table",
      {},
      make(
        "thead",
        {},
        make(
          "tr",
          {},
          heads.map((text) => make("th", {}, text)),
        ),
      ),
      make("tbody", {}, state.shown.map(printedRow)),
    );
    byId("print").replaceChildren(make("p", {}, byId("shown").textContent), ...wholeFindings().map(wholeNote), printed);
  });
  window.addEventListener("afterprint", () => byId("print").replaceChildren());
};
