// What is selected and shown, and who wants to know when it changes.

const state = {
  row: -1, // the selected row, -1 for none
  current: -1, // the row that is on screen now, -1 for none
  target: targets.length ? targets[0] : null, // the translation that the table shows
  shown: [], // rows that the filters let through, in the order of the table
};

const listeners = new Map();

const on = (name, listener) => {
  if (listeners.has(name)) listeners.get(name).push(listener);
  else listeners.set(name, [listener]);
};

const tell = (name, detail) => (listeners.get(name) || []).forEach((listener) => listener(detail));

const dubOf = (track) => (track ? dubs.find((dub) => dub.language === track.language) : undefined) || null;

// Dubs of a language without captions of its own stand in no column; the first one shows beside the source.
const shownDub = () => (state.target ? dubOf(state.target) : dubs[0] || null);

const EMPTY = [];

// All that is wrong with a row in the languages that the table shows.
const findingsOf = (row) => {
  const own = source.findingsOfRow.get(row) || EMPTY;
  const translated = (state.target && state.target.findingsOfRow.get(row)) || EMPTY;
  const dub = shownDub();
  const dubbed = (dub && dub.findingsOfRow.get(row)) || EMPTY;
  return translated.length || dubbed.length ? [...own, ...translated, ...dubbed] : own;
};

const dubLinesOf = (row) => {
  const dub = shownDub();
  return (dub && dub.linesOfRow.get(row)) || EMPTY;
};

const failuresOf = (row) =>
  ((state.target && state.target.notesOfRow.get(row)) || EMPTY).filter((note) => note.failure);

// Worst severity of every row, and whether it needs a human: an error, a warning, no translation, or no dub.
let standing = [];

const judge = () => {
  standing = Array.from({ length: rowCount }, (_, row) => {
    let worst = NO_FINDING;
    for (const finding of findingsOf(row)) worst = Math.min(worst, finding.severity);
    const isStuck = dubLinesOf(row).some((line) => line.isFlagged) || failuresOf(row).length > 0;
    return { worst, needsHuman: worst <= 1 || isStuck };
  });
};

const showTarget = (language) => {
  state.target = targets.find((track) => track.language === language) || null;
  judge();
  tell("target");
};

// Select a row; `seek` moves the player there.
const select = (row, { seek = true, reveal = true } = {}) => {
  if (row < 0 || row >= rowCount) return;
  state.row = row;
  rememberRow(row);
  if (seek) tell("seek", source.cues[row].startMs);
  tell("selected", { reveal });
};

// The address names the selected caption, so that it can be passed on.
const rememberRow = (row) => {
  try {
    history.replaceState(null, "", `#cue=${row + 1}`);
  } catch {
    // Where a page from disk may not change its address, it keeps the one it has.
  }
};

const rowOfAddress = () => {
  const found = /^#cue=(\d+)$/.exec(location.hash);
  return found ? Number(found[1]) - 1 : -1;
};
