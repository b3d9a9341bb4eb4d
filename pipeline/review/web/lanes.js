// The lanes of the timeline: captions of both languages, and dubbed lines with their slots.

const LANE_HEIGHT = 17;
const LANE_GAP = 4;
const PLAIN_BELOW = 5; // pixels; narrower blocks are drawn as columns
const WORST_FIRST = ["error", "warning", "accent", "dub"];
const LABEL_FROM = 22; // pixels; a narrower one has no text

const lanes = () => {
  const found = [{ kind: "cues", track: source }];
  if (state.target) found.push({ kind: "cues", track: state.target });
  const dub = shownDub();
  if (dub) found.push({ kind: "dub", dub });
  return found;
};

const laneTop = (index, count, height) => height - (count - index) * (LANE_HEIGHT + LANE_GAP) - 2;

const labelled = (context, text, x, end, y) => {
  const left = Math.max(x, 0) + 5;
  context.save();
  context.beginPath();
  context.rect(left, y - LANE_HEIGHT, Math.max(0, Math.min(end, timeline.width) - left - 4), LANE_HEIGHT * 2);
  context.clip();
  context.fillText(text, left, y + 0.5);
  context.restore();
};

// `kind` is the name of a colour; `label` makes the text, which few blocks have room for.
const drawBlock = (context, y, { startMs, endMs, kind, label, isSelected }) => {
  const x = toX(startMs);
  const width = Math.max(2, toX(endMs) - x - 1);
  context.fillStyle = colours[`${kind}-soft`];
  context.beginPath();
  context.roundRect(x, y, width, LANE_HEIGHT, Math.min(3, width / 2));
  context.fill();
  context.lineWidth = isSelected ? 2 : 1;
  context.strokeStyle = colours[isSelected ? "accent" : kind];
  context.stroke();
  if (width > LABEL_FROM) {
    context.fillStyle = colours.text;
    labelled(context, label(), x, x + width, y + LANE_HEIGHT / 2);
  }
};

// Blocks too narrow to tell apart become columns, a pixel each, of the worst that is there.
const drawLane = (context, y, blocks) => {
  const columns = new Map();
  const selected = [];
  for (const block of blocks) {
    if (block.isSelected) selected.push(block);
    else if ((block.endMs - block.startMs) / msPerPixel() >= PLAIN_BELOW) drawBlock(context, y, block);
    else {
      for (let x = Math.floor(toX(block.startMs)); x < toX(block.endMs); x += 1) {
        if (!columns.has(x) || WORST_FIRST.indexOf(block.kind) < WORST_FIRST.indexOf(columns.get(x))) {
          columns.set(x, block.kind);
        }
      }
    }
  }
  for (const [x, kind] of columns) {
    context.fillStyle = colours[kind];
    context.fillRect(x, y, 1, LANE_HEIGHT);
  }
  for (const block of selected) drawBlock(context, y, block);
};

const worstKind = (findings) => {
  const worst = (findings || EMPTY).reduce((found, one) => Math.min(found, one.severity), NO_FINDING);
  return ["error", "warning"][worst] || "accent";
};

const drawCueLane = (context, track, y) => {
  const blocks = inView(track.cues, longestMs.get(track)).map((cue) => {
    const row = track.rowOf(cue.index);
    return {
      startMs: cue.startMs,
      endMs: cue.endMs,
      kind: worstKind(track.findingsOfRow.get(row)),
      label: () => `${cue.index + 1}  ${cue.lines.join(" ")}`,
      isSelected: row === state.row,
    };
  });
  drawLane(context, y, blocks);
};

const longestSlotMs = new Map(
  dubs.map((dub) => [dub, dub.lines.reduce((most, line) => Math.max(most, line.slotEndMs - line.slotStartMs), 0)]),
);
const dubBlocks = new Map(
  dubs.map((dub) => [
    dub,
    dub.lines
      .map((line) => ({
        line,
        startMs: line.isFlagged ? line.slotStartMs : line.startMs,
        endMs: line.isFlagged ? line.slotEndMs : line.endMs,
      }))
      .sort((one, other) => one.startMs - other.startMs),
  ]),
);

const dubLabel = (line) => {
  if (line.isFlagged) return "not dubbed";
  return `×${line.tempo.toFixed(2)}${line.borrowedMs ? ` +${line.borrowedMs} ms` : ""}`;
};

// A line under a block is its slot: what stands out behind it is borrowed.
const drawSlot = (context, line, y) => {
  const [x, end] = [toX(line.slotStartMs), toX(line.slotEndMs)];
  if (end - x < PLAIN_BELOW) return;
  context.fillStyle = colours[line.isFlagged ? "error" : "dub"];
  context.fillRect(x, y + LANE_HEIGHT + 1, end - x - 1, 2);
};

const drawDubLane = (context, dub, y) => {
  const blocks = inView(dubBlocks.get(dub), longestSlotMs.get(dub) * 2).map(({ line, startMs, endMs }) => {
    drawSlot(context, line, y);
    const isSelected = line.rows.includes(state.row);
    return { startMs, endMs, kind: line.isFlagged ? "error" : "dub", label: () => dubLabel(line), isSelected };
  });
  drawLane(context, y, blocks);
};

const drawLanes = (context, height) => {
  const all = lanes();
  all.forEach((lane, index) => {
    const y = laneTop(index, all.length, height);
    if (lane.kind === "dub") drawDubLane(context, lane.dub, y);
    else drawCueLane(context, lane.track, y);
  });
};

// The row whose block is at a place on the timeline; -1 where there is none.
const rowAt = (x, y) => {
  const all = lanes();
  const ms = toMs(x);
  const index = all.findIndex((_, at) => {
    const top = laneTop(at, all.length, timeline.box.clientHeight);
    return y >= top && y < top + LANE_HEIGHT;
  });
  if (index < 0) return -1;
  const lane = all[index];
  if (lane.kind === "dub") {
    const block = dubBlocks.get(lane.dub).find((one) => one.startMs <= ms && ms < one.endMs);
    return block ? (block.line.rows[0] ?? -1) : -1;
  }
  const [cue] = onScreen(lane.track, ms);
  return cue ? lane.track.rowOf(cue.index) : -1;
};
