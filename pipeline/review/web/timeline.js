// The zoomed timeline: time, cuts, waveform, what was dropped, and the lanes below (lanes.js).

const RULER_HEIGHT = 20;
const MIN_SPAN_MS = 1500; // closest view
const FIRST_SPAN_MS = 60_000; // what is shown at first
const TICKS_MS = [
  100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000, 3_600_000,
];
const TICK_ROOM = 92; // pixels that a label needs
const REASON_ROOM = 60; // pixels; less has no room for a word of why something was dropped
const REASON_HEIGHT = 16;
const DRAG_FROM = 4; // pixels; less is a click

const timeline = {
  box: byId("timeline"),
  width: byId("timeline").clientWidth, // pixels; asked of the document once per size, which is slow
  startMs: 0,
  spanMs: Math.min(FIRST_SPAN_MS, title.lengthMs),
  atMs: 0,
};

const msPerPixel = () => timeline.spanMs / Math.max(1, timeline.width);
const toX = (ms) => (ms - timeline.startMs) / msPerPixel();
const toMs = (x) => timeline.startMs + x * msPerPixel();

const showSpan = (startMs, spanMs) => {
  timeline.spanMs = Math.max(Math.min(MIN_SPAN_MS, title.lengthMs), Math.min(spanMs, title.lengthMs));
  timeline.startMs = Math.max(0, Math.min(startMs, title.lengthMs - timeline.spanMs));
  tell("view");
};

const zoom = (factor, aroundMs = null) => {
  const isNear = timeline.atMs >= timeline.startMs && timeline.atMs <= timeline.startMs + timeline.spanMs;
  const fixed = aroundMs ?? (isNear ? timeline.atMs : timeline.startMs + timeline.spanMs / 2);
  const span = Math.max(Math.min(MIN_SPAN_MS, title.lengthMs), Math.min(timeline.spanMs * factor, title.lengthMs));
  showSpan(fixed - ((fixed - timeline.startMs) * span) / timeline.spanMs, span);
};

const reveal = (startMs, endMs) => {
  const margin = timeline.spanMs * 0.08;
  if (startMs < timeline.startMs + margin || endMs > timeline.startMs + timeline.spanMs - margin) {
    showSpan((startMs + endMs) / 2 - timeline.spanMs / 2, timeline.spanMs);
  }
};

// Items that touch the view; they are in order of time and none is longer than `longest`.
const inView = (items, longest) => {
  const end = timeline.startMs + timeline.spanMs;
  const found = [];
  for (let at = firstAfter(items, timeline.startMs - longest); at < items.length && items[at].startMs < end; at += 1) {
    if (items[at].endMs > timeline.startMs) found.push(items[at]);
  }
  return found;
};

const drawRuler = (context, width, height) => {
  const step = TICKS_MS.find((ms) => ms / msPerPixel() >= TICK_ROOM) || TICKS_MS[TICKS_MS.length - 1];
  context.font = "11px system-ui, sans-serif";
  context.textBaseline = "middle";
  for (let ms = Math.ceil(timeline.startMs / step) * step; ms < timeline.startMs + timeline.spanMs; ms += step) {
    const x = Math.round(toX(ms)) + 0.5;
    context.fillStyle = colours.line;
    context.fillRect(x, 0, 1, height);
    context.fillStyle = colours.muted;
    context.fillText(step < 1000 ? clockTime(ms).slice(0, -2) : shortTime(ms), x + 5, RULER_HEIGHT / 2);
  }
};

const drawCuts = (context, bottom) => {
  context.fillStyle = colours.muted;
  context.globalAlpha = 0.55;
  if (timeline.spanMs < 20 * 60_000) {
    for (const ms of cuts) {
      if (ms >= timeline.startMs && ms <= timeline.startMs + timeline.spanMs)
        context.fillRect(Math.round(toX(ms)), RULER_HEIGHT, 1, bottom - RULER_HEIGHT);
    }
  }
  context.globalAlpha = 1;
};

const drawDropped = (context, bottom) => {
  for (const part of inView(dropped, title.lengthMs)) {
    const [x, end] = [toX(part.startMs), toX(part.endMs)];
    context.fillStyle = colours["warning-soft"];
    context.fillRect(x, RULER_HEIGHT, end - x, bottom - RULER_HEIGHT);
    context.fillStyle = colours.warning;
    context.fillRect(x, RULER_HEIGHT, end - x, 2);
  }
};

// Why, in front of the waveform and on a ground of its own.
const drawReasons = (context) => {
  for (const part of inView(dropped, title.lengthMs)) {
    const [x, end] = [Math.max(0, toX(part.startMs)), Math.min(timeline.width, toX(part.endMs))];
    if (end - x < REASON_ROOM) continue;
    const told = `dropped: ${part.reason}`;
    context.fillStyle = colours["warning-soft"];
    context.fillRect(x, RULER_HEIGHT + 2, Math.min(end - x, context.measureText(told).width + 10), REASON_HEIGHT);
    context.fillStyle = colours.warning;
    labelled(context, told, x, end, RULER_HEIGHT + 2 + REASON_HEIGHT / 2);
  }
};

const drawTimeline = (context, width, height) => {
  timeline.width = width;
  const bottom = laneTop(0, lanes().length, height) - 4;
  context.textBaseline = "middle";
  drawRuler(context, width, height);
  drawDropped(context, bottom);
  const room = { middle: (RULER_HEIGHT + bottom) / 2, reach: (bottom - RULER_HEIGHT) / 2 - 2 };
  drawWave(context, { startMs: timeline.startMs, msPerPixel: msPerPixel(), width, colour: colours.wave, ...room });
  drawCuts(context, bottom);
  drawReasons(context);
  drawLanes(context, height);
};

const drawPlayhead = (context, width, height) => {
  context.fillStyle = colours.accent;
  context.fillRect(Math.round(toX(timeline.atMs)) - 1, 0, 2, height);
};
