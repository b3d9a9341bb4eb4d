// The title's data: the JSON island (pipeline/review/island.py says how it is laid out) as objects with names.

const island = JSON.parse(document.getElementById("title-data").textContent);
const title = island.title;

const SEVERITIES = island.severities; // the worst first
const NO_FINDING = SEVERITIES.length;
const PLACEMENTS = island.placements;
const OUTCOMES = island.outcomes;
const VOICE_KINDS = { stock: "stock voice", matched: "voice-matched", cloned: "cloned voice" };

const speakerName = (number) => (number < 0 ? null : island.speakers[number]);

const languageName = (() => {
  const names = new Intl.DisplayNames(["en"], { type: "language" });
  return (tag) => {
    try {
      return names.of(tag);
    } catch {
      return tag;
    }
  };
})();

const readCue = (raw, index) => ({
  index,
  startMs: raw[0],
  endMs: raw[0] + raw[1],
  lines: raw[2].split("\n"),
  speed: raw[3],
  speakers: (raw[4] || []).map(speakerName),
  placement: raw[5] === undefined ? "bottom" : PLACEMENTS[raw[5]],
  italics: raw[6] || [],
});

const readFinding = (raw) => ({ rule: raw[0], severity: raw[1], cue: raw[2], startMs: raw[3], message: raw[4] });

const grouped = (items, keyOf) => {
  const groups = new Map();
  for (const item of items) {
    const key = keyOf(item);
    if (groups.has(key)) groups.get(key).push(item);
    else groups.set(key, [item]);
  }
  return groups;
};

const readTrack = (raw) => {
  const track = {
    language: raw.language,
    name: languageName(raw.language),
    profile: raw.profile,
    limit: raw.limit,
    unit: raw.unit,
    files: raw.files,
    cues: raw.cues.map(readCue),
    findings: raw.findings.map(readFinding),
  };
  const rows = raw.rows.length ? raw.rows : null;
  track.rowOf = (cue) => (rows ? rows[cue] : cue);
  track.cuesOfRow = grouped(track.cues, (cue) => track.rowOf(cue.index));
  track.findingsOfRow = grouped(
    track.findings.filter((finding) => finding.cue >= 0),
    (finding) => track.rowOf(finding.cue),
  );
  track.notesOfRow = grouped(
    raw.notes.map(([row, failure, unknown, missed, used, shorter]) => ({
      row,
      failure,
      unknown,
      missed,
      used,
      shorter,
    })),
    (note) => note.row,
  );
  return track;
};

const readDubLine = (raw, index) => ({
  index,
  rows: raw[0],
  slotStartMs: raw[1],
  slotEndMs: raw[1] + raw[2],
  startMs: raw[3],
  endMs: raw[3] < 0 ? -1 : raw[3] + raw[4],
  tempo: raw[5],
  borrowedMs: raw[6],
  naturalMs: raw[7],
  isFlagged: OUTCOMES[raw[8]] === "flagged",
  outcome: OUTCOMES[raw[8]],
  wording: raw[9],
  attempts: raw[10],
  speaker: speakerName(raw[11]),
  kind: VOICE_KINDS[island.voiceKinds[raw[12]]],
  text: raw[13],
  reason: raw[14],
  voice: raw[15],
  consent: raw[16],
});

const readVoice = (raw) => ({
  speaker: speakerName(raw[0]),
  kind: VOICE_KINDS[island.voiceKinds[raw[1]]],
  pitchHz: raw[2],
  pace: raw[3],
  referenceMs: raw[4],
  referenceLengthMs: raw[5],
  consent: raw[6],
  reason: raw[7],
});

const readDub = (raw) => {
  const dub = {
    language: raw.language,
    name: languageName(raw.language),
    preview: raw.preview,
    lines: raw.lines.map(readDubLine),
    findings: raw.findings.map(readFinding),
    voices: raw.voices.map(readVoice),
    mix: raw.mix,
  };
  const track = tracks.find((one) => one.language === dub.language);
  dub.linesOfRow = new Map();
  for (const line of dub.lines) {
    for (const row of line.rows) {
      if (dub.linesOfRow.has(row)) dub.linesOfRow.get(row).push(line);
      else dub.linesOfRow.set(row, [line]);
    }
  }
  dub.findingsOfRow = grouped(
    dub.findings.filter((finding) => finding.cue >= 0),
    (finding) => track.rowOf(finding.cue),
  );
  return dub;
};

const readScene = (raw, index) => ({
  index,
  startMs: raw[0],
  endMs: raw[0] + raw[1],
  title: raw[2],
  synopsis: raw[3],
  sound: raw[4],
  speakers: raw[5].map(speakerName),
  jpeg: raw[6],
  who: raw[7] ?? [],
  moods: raw[8] ?? [],
  sounds: raw[9] ?? [],
  written: raw[10] ?? [],
});

const source = readTrack(island.source);
const targets = island.targets.map(readTrack);
const tracks = [source, ...targets];
const dubs = island.dubs.map(readDub);
const scenes = island.scenes.map(readScene);
const cuts = island.cuts;
const dropped = island.dropped.map(([startMs, lengthMs, reason]) => ({ startMs, endMs: startMs + lengthMs, reason }));
const titleFindings = island.findings.map(readFinding);
const levels = Uint8Array.from(atob(island.levels), (char) => char.charCodeAt(0));
const rowCount = source.cues.length;

// Whether any of the dub is synthetic: of a line that could not be dubbed the original speech stays.
const isSpoken = (dub) => dub.lines.some((line) => !line.isFlagged);

// Index of the first item that starts after a time; items are in order of time.
const firstAfter = (items, ms) => {
  let low = 0;
  let high = items.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (items[middle].startMs > ms) high = middle;
    else low = middle + 1;
  }
  return low;
};
