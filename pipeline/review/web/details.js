// The panel under the player: the selected caption, the title as a whole, and the voices and mixes of its dubs.

const TABS = ["cue", "title", "voices"];
const details = { tab: "title" };

const fact = (label, ...value) => make("div", { class: "fact" }, make("dt", {}, label), make("dd", {}, value));

const facts = (...pairs) => make("dl", { class: "fact-list" }, pairs);

const heading = (text) => make("h3", {}, text);

const timeLink = (ms) => {
  const link = make("button", { type: "button", class: "time-link" }, clockTime(ms));
  link.addEventListener("click", () => seek(ms));
  return link;
};

const span = (startMs, endMs) => [
  `${clockTime(startMs)} – ${clockTime(endMs)}`,
  make("span", { class: "dim" }, ` ${inSeconds(endMs - startMs)}`),
  frames ? make("span", { class: "dim" }, ` · ${frames.timecode(Math.round((startMs / 1000) * frames.rate))}`) : null,
];

const speedFact = (cue, track) =>
  `${speedText(cue.speed)} ${track.unit}${track.limit === null ? "" : `, at most ${track.limit}`}`;

const reading = (cue, track) =>
  make("div", { class: "reading" }, make("span", { class: "tag" }, track.language), captionText(cue, track.language));

const cueFacts = (cue, track) =>
  facts(fact("On screen", span(cue.startMs, cue.endMs)), fact("To be read at", speedFact(cue, track)));

const words = (list, language) => list.flatMap((word, at) => [at ? ", " : "", foreign(word, language)]);

const translationNotes = (row) => {
  const { language } = state.target;
  return (state.target.notesOfRow.get(row) || EMPTY).flatMap((note) => [
    note.failure ? fact("Not translated", foreign(note.failure)) : null,
    note.unknown.length ? fact("Unknown words", words(note.unknown)) : null,
    note.missed.length ? fact("Terms missed", words(note.missed, source.language)) : null,
    note.used.length ? fact("Terms used", words(note.used, source.language)) : null,
    note.shorter.length
      ? fact(
          "Shorter wordings",
          note.shorter.map((text) => make("div", { lang: language }, foreign(text))),
        )
      : null,
  ]);
};

const dubFacts = (line, language) =>
  facts(
    fact(
      "Outcome",
      line.isFlagged
        ? make("strong", { class: "bad" }, "not dubbed: the original speech stays")
        : `${line.outcome}, ${line.tempo.toFixed(2)} × natural tempo`,
    ),
    line.reason ? fact("Because", foreign(line.reason)) : null,
    line.text === null
      ? null
      : fact(
          "Says",
          make("span", { lang: language }, foreign(line.text)),
          line.wording ? ` (shorter wording ${line.wording})` : "",
        ),
    fact("Slot", span(line.slotStartMs, line.slotEndMs)),
    line.isFlagged ? null : fact("Placed", span(line.startMs, line.endMs)),
    line.naturalMs ? fact("Natural length", inSeconds(line.naturalMs)) : null,
    line.borrowedMs ? fact("Borrowed", `${line.borrowedMs} ms of the gap that follows`) : null,
    fact(
      "Voice",
      line.voice ? foreign(line.voice) : "none",
      ` (${line.kind}${line.consent ? ", consent " : ""}`,
      line.consent ? foreign(line.consent) : "",
      ")",
    ),
    fact("Takes", String(line.attempts)),
    line.rows.length > 1 ? fact("Speaks for", `captions ${line.rows.map((row) => row + 1).join(", ")}`) : null,
  );

const cuePanel = () => {
  const { row } = state;
  if (row < 0) return [make("p", { class: "hint" }, "Choose a caption in the table or on the timeline.")];
  const notes = notesOf(row);
  const dub = shownDub();
  const button = (text, told, act) => {
    const made = make("button", { type: "button", title: told, "aria-label": told }, text);
    made.addEventListener("click", act);
    return made;
  };
  const buttons = [
    button("‹", "The one before that needs a human (p)", () => selectHuman(-1)),
    button("›", "The next one that needs a human (n)", () => selectHuman(1)),
    button("Play", "Play this caption, and stop (r)", () => playRow(row)),
  ];
  const speakers = speakersOf(row);
  const translated = (state.target && state.target.cuesOfRow.get(row)) || EMPTY;
  return [
    make(
      "div",
      { class: "panel-head" },
      make("h2", {}, `Caption ${row + 1}`),
      speakers.length ? make("span", { class: "dim" }, words(speakers)) : null,
      make("span", { class: "buttons" }, buttons),
    ),
    reading(source.cues[row], source),
    translated.map((cue) => reading(cue, state.target)),
    notes.length ? make("div", { class: "panel-notes" }, notes) : null,
    heading(source.name),
    cueFacts(source.cues[row], source),
    state.target ? heading(state.target.name) : null,
    translated.map((cue) => cueFacts(cue, state.target)),
    state.target ? facts(...translationNotes(row).filter(Boolean)) : null,
    dub ? dubLinesOf(row).flatMap((line) => [heading(`${dub.name} dub`), dubFacts(line, dub.language)]) : null,
  ].flat();
};

const wholeFindings = () => [
  ...titleFindings.map((finding) => [finding, null]),
  ...tracks.flatMap((track) => track.findings.filter((one) => one.cue < 0).map((finding) => [finding, track.language])),
  ...dubs.flatMap((dub) =>
    dub.findings.filter((one) => one.cue < 0).map((finding) => [finding, `${dub.language} dub`]),
  ),
];

const wholeNote = ([finding, language]) => {
  const note = noteLine(SEVERITIES[finding.severity], finding.rule, finding.message, language);
  if (finding.startMs >= 0) note.append(" ", timeLink(finding.startMs));
  return note;
};

const titlePanel = () => {
  const whole = wholeFindings().sort((one, other) => one[0].severity - other[0].severity);
  const file = (name) => make("a", { href: encodeURIComponent(name) }, name);
  return [
    heading(whole.length ? "About the title as a whole" : "Nothing is wrong with the title as a whole"),
    whole.length ? make("div", { class: "panel-notes" }, whole.map(wholeNote)) : null,
    heading("Captions"),
    facts(
      ...tracks.map((track) =>
        fact(
          track.name,
          `${track.cues.length} captions, ${track.profile}`,
          track.files.flatMap((name) => [" · ", file(name)]),
        ),
      ),
    ),
    heading("Source"),
    facts(
      fact("File", foreign(title.name)),
      fact("Length", clockTime(title.lengthMs)),
      title.format ? fact("Format", title.format) : null,
      title.startTimecode ? fact("Starts at", `${title.startTimecode} (clock times count from 0)`) : null,
      fact("Asset", make("code", {}, title.assetId)),
      fact("Release", make("code", {}, title.releaseId)),
    ),
    heading("Made by"),
    facts(
      ...island.stages
        .filter(([, engine]) => engine)
        .map(([stage, engine, revision]) =>
          fact(stage, foreign(engine), make("span", { class: "dim" }, " ", foreign(revision || ""))),
        ),
    ),
  ];
};

const lufs = (value) => `${value.toFixed(1).replace("-", "−")} LUFS`;
const dbtp = (value) => `${value.toFixed(1).replace("-", "−")} dBTP`;

const mixFacts = (mix) =>
  facts(
    fact("Mix", mix.name, make("span", { class: "dim" }, ` ${mix.channelLayout}`)),
    fact(
      "Loudness",
      lufs(mix.lufs),
      make(
        "span",
        { class: "dim" },
        ` target ${mix.target}: ${lufs(mix.targetLufs)}${mix.isDialogueMeasured ? " of the dialogue" : ""}`,
      ),
    ),
    fact("True peak", dbtp(mix.peakDbtp), make("span", { class: "dim" }, ` at most ${dbtp(mix.limitDbtp)}`)),
    fact("Dialogue", lufs(mix.dialogueLufs)),
    fact("Range", `${mix.rangeLu.toFixed(1)} LU`),
    fact(
      "Gain",
      `${mix.gainDb >= 0 ? "+" : "−"}${Math.abs(mix.gainDb).toFixed(1)} dB`,
      mix.limitedMs ? make("span", { class: "dim" }, ` limiter at work for ${inSeconds(mix.limitedMs)}`) : null,
    ),
  );

const voiceFacts = (voice) =>
  fact(
    voice.speaker === null ? "Unsure who" : foreign(voice.speaker),
    make("strong", {}, voice.kind),
    voice.pitchHz > 0
      ? make(
          "span",
          { class: "dim" },
          ` ${voice.pitchHz} Hz, ${voice.pace > 0 ? `${voice.pace} syllables/s` : "pace unknown"}`,
        )
      : null,
    make("div", {}, foreign(voice.reason)),
    make(
      "div",
      { class: "dim" },
      voice.consent ? ["Consent ", foreign(voice.consent)] : "No consent record: never cloned",
    ),
    voice.referenceMs >= 0
      ? make(
          "div",
          { class: "dim" },
          "Reference ",
          timeLink(voice.referenceMs),
          ` ${inSeconds(voice.referenceLengthMs)}`,
        )
      : null,
  );

const outcomes = (dub) => {
  const counts = counted(dub.lines.map((line) => line.outcome));
  return OUTCOMES.filter((name) => counts.has(name))
    .map((name) => `${counts.get(name)} ${name}`)
    .join(", ");
};

const voicesPanel = () => {
  if (!dubs.length) return [make("p", { class: "hint" }, "This release has no dub.")];
  return dubs.flatMap((dub) => [
    heading(`${dub.name} dub`),
    make("p", { class: "hint" }, `${isSpoken(dub) ? "Synthetic speech" : "No synthetic speech"}. ${dub.lines.length} lines: ${outcomes(dub) || "none"}.`),
    dub.mix ? mixFacts(dub.mix) : null,
    facts(...dub.voices.map(voiceFacts)),
  ]);
};

const PANELS = { cue: cuePanel, title: titlePanel, voices: voicesPanel };

const showTab = (tab) => {
  details.tab = tab;
  for (const name of TABS) {
    const button = byId(`tab-${name}`);
    button.setAttribute("aria-selected", String(name === tab));
    button.tabIndex = name === tab ? 0 : -1;
  }
  const panel = byId("panel");
  panel.setAttribute("aria-labelledby", `tab-${tab}`);
  panel.replaceChildren(...PANELS[tab]().filter((child) => child !== null && child !== undefined));
  panel.scrollTop = 0;
};

const setUpDetails = () => {
  byId("tab-voices").hidden = dubs.length === 0;
  const serious = wholeFindings().filter(([finding]) => finding.severity <= 1).length;
  if (serious) byId("tab-title").append(make("span", { class: "pill" }, String(serious)));
  for (const name of TABS) byId(`tab-${name}`).addEventListener("click", () => showTab(name));
  document.querySelector(".tabs").addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const open = TABS.filter((name) => !byId(`tab-${name}`).hidden);
    const next = open[(open.indexOf(details.tab) + step + open.length) % open.length];
    showTab(next);
    byId(`tab-${next}`).focus();
    event.stopPropagation();
  });
  on("selected", () => showTab("cue"));
  on("target", () => showTab(details.tab));
  showTab("title");
};
