// The whole title in a strip: where the findings are, and what the timeline shows; and the pointer on both.

const overview = { box: byId("overview") };

const standingColour = ({ worst, needsHuman }) => {
  if (worst === 0) return "error";
  if (worst === 1) return "warning";
  return needsHuman ? "error" : null;
};

const drawWhole = (context, width, height) => {
  const scale = width / title.lengthMs;
  drawWave(context, {
    startMs: 0,
    msPerPixel: title.lengthMs / width,
    width,
    middle: height / 2,
    reach: height / 2 - 2,
    colour: colours.wave,
  });
  context.fillStyle = colours.warning;
  for (const part of dropped) {
    context.fillRect(part.startMs * scale, height - 3, Math.max(2, (part.endMs - part.startMs) * scale), 3);
  }
  for (let row = 0; row < rowCount; row += 1) {
    const bad = standingColour(standing[row]);
    if (!bad) continue;
    context.fillStyle = colours[bad];
    context.fillRect(source.cues[row].startMs * scale, 0, 2, height);
  }
};

const drawView = (context, width, height) => {
  const scale = width / title.lengthMs;
  context.fillStyle = colours["accent-soft"];
  context.globalAlpha = 0.45;
  const view = [timeline.startMs * scale, Math.max(4, timeline.spanMs * scale)];
  context.fillRect(view[0], 0, view[1], height);
  context.globalAlpha = 1;
  context.strokeStyle = colours.accent;
  context.strokeRect(view[0] + 0.5, 0.5, view[1] - 1, height - 1);
  context.fillStyle = colours.accent;
  context.fillRect(timeline.atMs * scale - 1, 0, 2, height);
};

const localX = (event, box) => event.clientX - box.getBoundingClientRect().left;

const wirePointer = () => {
  const { box } = timeline;
  let grabbed = null;
  box.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    grabbed = { x: event.clientX, startMs: timeline.startMs, isDragged: false };
    box.setPointerCapture(event.pointerId);
  });
  box.addEventListener("pointermove", (event) => {
    if (!grabbed) return;
    grabbed.isDragged ||= Math.abs(event.clientX - grabbed.x) >= DRAG_FROM;
    if (grabbed.isDragged) showSpan(grabbed.startMs - (event.clientX - grabbed.x) * msPerPixel(), timeline.spanMs);
  });
  box.addEventListener("pointerup", (event) => {
    if (grabbed && !grabbed.isDragged) {
      const [x, y] = [localX(event, box), event.clientY - box.getBoundingClientRect().top];
      const row = rowAt(x, y);
      if (row >= 0) select(row);
      else seek(toMs(x));
    }
    grabbed = null;
  });
  box.addEventListener("pointercancel", () => (grabbed = null));
  box.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      if (event.ctrlKey || event.metaKey) zoom(Math.exp(event.deltaY * 0.01), toMs(localX(event, box)));
      else showSpan(timeline.startMs + (event.deltaX + event.deltaY) * msPerPixel(), timeline.spanMs);
    },
    { passive: false },
  );
  const jump = (event) =>
    showSpan(
      (localX(event, overview.box) / overview.box.clientWidth) * title.lengthMs - timeline.spanMs / 2,
      timeline.spanMs,
    );
  overview.box.addEventListener("pointerdown", (event) => {
    overview.box.setPointerCapture(event.pointerId);
    jump(event);
  });
  overview.box.addEventListener("pointermove", (event) => {
    if (event.buttons & 1) jump(event);
  });
};

const followTime = (ms) => {
  timeline.atMs = ms;
  const isOutside = ms < timeline.startMs || ms > timeline.startMs + timeline.spanMs * 0.92;
  const canFollow = timeline.startMs + timeline.spanMs < title.lengthMs || ms < timeline.startMs;
  if (!video.paused && isOutside && canFollow) showSpan(ms - timeline.spanMs * 0.1, timeline.spanMs);
  timeline.box.setAttribute("aria-valuenow", String(Math.round(ms)));
  timeline.box.setAttribute("aria-valuetext", clockTime(ms));
};

const setUpTimeline = () => {
  readColours();
  const near = layered(timeline.box, drawTimeline, drawPlayhead);
  const whole = layered(overview.box, drawWhole, drawView);
  timeline.box.setAttribute("aria-valuemax", String(title.lengthMs));
  byId("zoom-in").addEventListener("click", () => zoom(0.5));
  byId("zoom-out").addEventListener("click", () => zoom(2));
  byId("zoom-fit").addEventListener("click", () => showSpan(0, title.lengthMs));
  wirePointer();
  on("time", (ms) => {
    followTime(ms);
    near.draw();
    whole.draw();
  });
  on("selected", () => {
    const cue = source.cues[state.row];
    reveal(cue.startMs, cue.endMs);
    near.redraw();
  });
  on("view", () => {
    near.redraw();
    whole.draw();
  });
  const redrawAll = () => {
    readColours();
    near.redraw();
    whole.redraw();
  };
  on("target", redrawAll);
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", redrawAll);
  new ResizeObserver(near.draw).observe(timeline.box);
  new ResizeObserver(whole.draw).observe(overview.box);
  near.drawNow();
  whole.drawNow();
};
