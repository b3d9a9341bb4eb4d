// The head of the page: which title this is, what made it, and how it stands.

const allFindings = [
  ...titleFindings,
  ...tracks.flatMap((track) => track.findings),
  ...dubs.flatMap((dub) => dub.findings),
];

const countButton = (severity, singular, plural) => {
  const count = allFindings.filter((finding) => finding.severity === SEVERITIES.indexOf(severity)).length;
  const button = make(
    "button",
    { type: "button", class: `count ${count ? severity : "none"}`, title: `Only captions with ${plural}` },
    make("b", {}, String(count)),
    ` ${count === 1 ? singular : plural}`,
  );
  button.addEventListener("click", () => filterBy({ severity: filters.severity === severity ? "" : severity }));
  button.disabled = ![...byId("severity").options].some((choice) => choice.value === severity);
  return button;
};

const mark = (text, why, kind = "") => make("li", { class: `mark ${kind}`, title: why }, text);

const unique = (values) => [...new Set(values.filter(Boolean))];

const dubMarks = (dub) => {
  const spoken = dub.lines.filter((line) => !line.isFlagged);
  const kinds = unique(spoken.map((line) => line.kind));
  const voices = unique(spoken.map((line) => line.voice)).join(", ");
  const consents = unique(spoken.map((line) => line.consent)).join(", ");
  const why = `Spoken by ${voices}; ${consents ? `consent ${consents}` : "no voice is cloned"}`;
  const marks = isSpoken(dub)
    ? [mark([`${dub.name} dub: synthetic speech`, ...kinds].join(", "), why, "synthetic")]
    : [mark(`${dub.name} dub: no line could be dubbed`, "All speech in it is the original")];
  if (!dub.mix) return marks;
  const { lufs: measured, peakDbtp, target, targetLufs, limitDbtp } = dub.mix;
  const wanted = `target ${target}: ${lufs(targetLufs)}, at most ${dbtp(limitDbtp)}`;
  return [...marks, mark(`${lufs(measured)} · ${dbtp(peakDbtp)}`, `Mix of the ${dub.name} dub; ${wanted}`)];
};

const titleFacts = () => {
  const translations = targets.map((track) => track.name).join(", ");
  const engines = unique(island.stages.map(([, engine]) => engine && engine.split("/")[0]));
  return [
    translations ? `${source.name} → ${translations}` : source.name,
    source.profile,
    shortTime(title.lengthMs),
    `asset ${title.assetId}`,
    `release ${title.releaseId}`,
    engines.join(", "),
  ].filter(Boolean);
};

const setUpMasthead = () => {
  document.title = `${title.name} – review`;
  byId("title-name").firstElementChild.textContent = title.name;
  byId("title-facts").title = titleFacts().join(" · ");
  byId("title-facts").append(...titleFacts().map((text) => make("span", {}, text)));
  const draft = mark("Draft", "The engine hears neither case nor punctuation: both were restored by rule", "draft");
  byId("marks").append(...(title.isDraft ? [draft] : []), ...dubs.flatMap(dubMarks));
  byId("counts").append(countButton("error", "error", "errors"), countButton("warning", "warning", "warnings"));
};
