// Which captions the table shows, and in which order.

const filters = { text: "", isHuman: false, severity: "", rule: "", speaker: "", sort: "time" };

// Letters without case and accents, so that "cancion" finds "Canción".
const folded = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();

const searchedWords = () => folded(filters.text).split(/\s+/).filter(Boolean);

let haystacks = null;

const haystackOf = (row) => {
  const translated = state.target ? state.target.cuesOfRow.get(row) || EMPTY : EMPTY;
  const parts = [source.cues[row].lines.join(" "), ...translated.map((cue) => cue.lines.join(" ")), ...speakersOf(row)];
  for (const finding of findingsOf(row)) parts.push(finding.rule, finding.message);
  for (const line of dubLinesOf(row)) if (line.reason) parts.push(line.reason);
  return folded(parts.join("\n"));
};

const passes = (row) => {
  if (filters.isHuman && !standing[row].needsHuman) return false;
  if (filters.speaker && !source.cues[row].speakers.includes(filters.speaker)) return false;
  if (filters.severity || filters.rule) {
    const severity = SEVERITIES.indexOf(filters.severity);
    const isWanted = (one) =>
      (!filters.rule || one.rule === filters.rule) && (severity < 0 || one.severity === severity);
    if (!findingsOf(row).some(isWanted)) return false;
  }
  return true;
};

const speedShare = (row) => {
  const share = (cue, track) => (track.limit ? cue.speed / track.limit : 0);
  const translated = state.target ? state.target.cuesOfRow.get(row) || EMPTY : EMPTY;
  return Math.max(share(source.cues[row], source), ...translated.map((cue) => share(cue, state.target)));
};

const SORTS = {
  time: null,
  severity: (row) => standing[row].worst - (standing[row].needsHuman ? 0.5 : 0),
  speed: (row) => -speedShare(row),
};

const applyFilters = () => {
  let rows = Array.from({ length: rowCount }, (_, row) => row).filter(passes);
  if (filters.text) {
    haystacks ||= Array.from({ length: rowCount }, (_, row) => haystackOf(row));
    const wanted = searchedWords();
    rows = rows.filter((row) => wanted.every((word) => haystacks[row].includes(word)));
  }
  const key = SORTS[filters.sort];
  if (key) {
    const keys = new Map(rows.map((row) => [row, key(row)]));
    rows.sort((one, other) => keys.get(one) - keys.get(other) || one - other);
  }
  forgetRows();
  grid.scrollTop = 0;
  showRows(rows);
  if (state.row >= 0) revealRow(state.row);
  tellShown();
};

const whyNone = () => {
  if (!dropped.length) return title.hasSound ? "nobody was heard to speak" : "it has no sound";
  const lostMs = dropped.reduce((sum, part) => sum + part.endMs - part.startMs, 0);
  return `${inSeconds(lostMs)} of speech were heard and dropped (${unique(dropped.map((part) => part.reason)).join(", ")})`;
};

const tellShown = () => {
  const isFiltered = filters.text || filters.isHuman || filters.severity || filters.rule || filters.speaker;
  byId("shown").textContent = isFiltered ? `${state.shown.length} of ${rowCount}` : `${rowCount} captions`;
  byId("clear").hidden = !isFiltered;
  byId("empty").hidden = state.shown.length > 0;
  byId("empty").textContent = rowCount ? "No caption is like that." : `This title has no captions: ${whyNone()}.`;
  byId("human").setAttribute("aria-pressed", String(filters.isHuman));
};

const filterBy = (change) => {
  Object.assign(filters, change);
  byId("search").value = filters.text;
  for (const name of ["severity", "rule", "speaker", "sort"]) byId(name).value = filters[name];
  applyFilters();
};

const clearFilters = () => filterBy({ text: "", isHuman: false, severity: "", rule: "", speaker: "" });

const counted = (values) => {
  const counts = new Map();
  for (const value of values) counts.set(value, (counts.get(value) || 0) + 1);
  return counts;
};

const fillChoices = () => {
  const rows = Array.from({ length: rowCount }, (_, row) => row);
  byId("human-count").textContent = String(standing.filter((one) => one.needsHuman).length);
  const severities = counted(
    rows.flatMap((row) => [...new Set(findingsOf(row).map((one) => SEVERITIES[one.severity]))]),
  );
  const rules = counted(rows.flatMap((row) => [...new Set(findingsOf(row).map((one) => one.rule))]));
  const speakers = counted(rows.flatMap(speakersOf));
  const fill = (name, any, counts) => {
    const told = [...counts].map(([value, count]) => option(value, `${value} (${count})`));
    byId(name).replaceChildren(option("", any), ...told);
    byId(name).disabled = counts.size === 0;
    if (!counts.has(filters[name])) filters[name] = "";
    byId(name).value = filters[name];
  };
  fill(
    "severity",
    "Severity",
    new Map(SEVERITIES.filter((name) => severities.has(name)).map((name) => [name, severities.get(name)])),
  );
  fill("rule", "Rule", new Map([...rules].sort((one, other) => other[1] - one[1])));
  fill("speaker", "Speaker", new Map([...speakers].sort((one, other) => other[1] - one[1])));
};

// The next row that is shown and needs a human, before (-1) or after (1) the selected one.
const selectHuman = (direction) => {
  const rows = state.shown;
  const from =
    state.row >= 0 && table.place[state.row] >= 0 ? table.place[state.row] : direction > 0 ? -1 : rows.length;
  for (let at = from + direction; at >= 0 && at < rows.length; at += direction) {
    if (standing[rows[at]].needsHuman) {
      select(rows[at]);
      return;
    }
  }
};

const selectNeighbour = (direction) => {
  const rows = state.shown;
  if (!rows.length) return;
  const from = state.row >= 0 ? table.place[state.row] : -1;
  if (from >= 0) select(rows[Math.max(0, Math.min(rows.length - 1, from + direction))]);
  else select(rows[direction > 0 ? 0 : rows.length - 1]);
};

const setUpFilters = () => {
  fillChoices();
  byId("search").addEventListener("input", () => filterBy({ text: byId("search").value }));
  byId("human").addEventListener("click", () => filterBy({ isHuman: !filters.isHuman }));
  byId("clear").addEventListener("click", clearFilters);
  for (const name of ["severity", "rule", "speaker", "sort"]) {
    byId(name).addEventListener("change", () => filterBy({ [name]: byId(name).value }));
  }
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
  on("target", () => {
    haystacks = null;
    fillChoices();
    applyFilters();
  });
  applyFilters();
};
