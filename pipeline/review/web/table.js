// The table of captions. Only rows near the view are in the document; their heights are guessed until drawn.

const OVERSCAN = 300; // pixels above and below the view that are drawn too
const MAX_PASSES = 5; // drawing may show that a guess was wrong, which moves what is in view
const HANDS_OFF_MS = 4000; // who has just scrolled is not scrolled back

const grid = byId("grid");
const table = {
  box: byId("rows"),
  heights: new Float64Array(rowCount),
  isMeasured: new Uint8Array(rowCount),
  offsets: new Float64Array(1),
  place: new Int32Array(rowCount).fill(-1), // position of a row among those shown
  nodes: new Map(),
  shapes: new Int32Array(rowCount),
  typical: new Map(), // height of the last drawn row of each shape
  width: 0,
  scrolledAt: -HANDS_OFF_MS,
};

// Heights before rows were ever drawn; drawing them tells the true ones.
const guessHeights = () => {
  table.isMeasured.fill(0);
  table.typical.clear();
  for (let row = 0; row < rowCount; row += 1) {
    const { lines, notes } = shapeOf(row);
    table.shapes[row] = lines * 100 + notes;
    table.heights[row] = 17 + lines * 19 + (notes ? 3 + notes * 20 : 0);
  }
};

// A first row of its shape has been drawn: those of that shape are taken to be like it until they are drawn.
const learnHeight = (shape, height) => {
  table.typical.set(shape, height);
  for (let row = 0; row < rowCount; row += 1) {
    if (table.shapes[row] === shape && !table.isMeasured[row]) table.heights[row] = height;
  }
};

const addUp = () => {
  const { offsets } = table;
  state.shown.forEach((row, at) => (offsets[at + 1] = offsets[at] + table.heights[row]));
  table.box.style.height = `${offsets[state.shown.length]}px`;
};

// Position of the row that covers a height.
const placeAt = (y) => {
  let low = 0;
  let high = state.shown.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (table.offsets[middle + 1] > y) high = middle;
    else low = middle + 1;
  }
  return Math.min(low, state.shown.length - 1);
};

const viewHeight = () => grid.clientHeight - table.box.offsetTop;

const drawRows = () => {
  for (let pass = 0; pass < MAX_PASSES && drawOnce(); pass += 1);
  markFound();
};

// Draws what is near the view; true when heights turned out to be other than guessed.
const drawOnce = () => {
  const top = grid.scrollTop;
  const first = Math.max(0, placeAt(top - OVERSCAN));
  const last = placeAt(top + viewHeight() + OVERSCAN);
  const kept = new Set(state.shown.slice(first, last + 1));
  for (const [row, node] of table.nodes) {
    if (!kept.has(row)) {
      node.remove();
      table.nodes.delete(row);
    }
  }
  let next = table.box.firstElementChild;
  for (const row of kept) {
    let node = table.nodes.get(row);
    if (!node) {
      node = makeRow(row);
      table.nodes.set(row, node);
    }
    if (node === next) next = node.nextElementSibling;
    else table.box.insertBefore(node, next);
    node.style.transform = `translateY(${table.offsets[table.place[row]]}px)`;
  }
  return measure(kept, top);
};

const measure = (rows, top) => {
  let hasChanged = false;
  for (const row of rows) {
    if (table.isMeasured[row]) continue;
    const height = table.nodes.get(row).offsetHeight;
    if (height === 0) return false; // the table is not shown at all
    table.isMeasured[row] = 1;
    if (!table.typical.has(table.shapes[row])) learnHeight(table.shapes[row], height);
    if (Math.abs(height - table.heights[row]) > 0.5) {
      table.heights[row] = height;
      hasChanged = true;
    }
  }
  if (!hasChanged) return false;
  const anchor = placeAt(top);
  const inside = top - table.offsets[anchor];
  addUp();
  const wanted = table.offsets[anchor] + inside;
  if (top > 0 && Math.abs(wanted - top) > 0.5) grid.scrollTop = wanted;
  return true;
};

const showRows = (rows) => {
  state.shown = rows;
  table.place.fill(-1);
  rows.forEach((row, at) => (table.place[row] = at));
  table.offsets = new Float64Array(rows.length + 1);
  grid.setAttribute("aria-rowcount", String(rows.length + 1));
  addUp();
  drawRows();
};

const forgetRows = () => {
  for (const node of table.nodes.values()) node.remove();
  table.nodes.clear();
};

const revealRow = (row) => {
  const at = table.place[row];
  if (at < 0) return;
  // Rows that come into view tell their heights, which may move the one that is wanted.
  for (let pass = 0; pass < MAX_PASSES; pass += 1) {
    const [top, bottom] = [table.offsets[at], table.offsets[at + 1]];
    const room = viewHeight();
    const margin = Math.min(72, room / 4);
    let wanted = grid.scrollTop;
    if (top < wanted + margin) wanted = Math.max(0, top - margin);
    else if (bottom > wanted + room - margin) wanted = bottom - room + margin;
    if (Math.abs(wanted - grid.scrollTop) < 1) break;
    grid.scrollTop = wanted;
    drawRows();
  }
};

const restand = () => {
  for (const [row, node] of table.nodes) showStanding(node, row);
  if (state.row >= 0) grid.setAttribute("aria-activedescendant", `row-${state.row + 1}`);
};

const showCurrent = (ms) => {
  const [cue] = onScreen(source, ms);
  const row = cue ? cue.index : -1;
  if (row === state.current) return;
  state.current = row;
  restand();
  if (row >= 0 && !video.paused && performance.now() - table.scrolledAt > HANDS_OFF_MS) revealRow(row);
};

const columnHeads = () => {
  const head = (name, ...children) => make("div", { class: name, role: "columnheader" }, children);
  const unit = source.unit === "words/min" ? "wpm" : "cps";
  const told = [
    head("number", make("span", { title: "Number of the caption, and who speaks" }, "#")),
    head("times", "Time"),
    head("original", source.name),
    head("speeds", unit),
  ];
  if (state.target) {
    const choice = make("select", { id: "target-choice", "aria-label": "Translation" });
    choice.append(...targets.map((track) => option(track.language, track.name)));
    choice.value = state.target.language;
    choice.addEventListener("change", () => showTarget(choice.value));
    told.push(head("translation", targets.length > 1 ? choice : state.target.name));
    told.push(head("speeds", state.target.unit === "words/min" ? "wpm" : "cps"));
  }
  if (shownDub()) told.push(head("dubs", "Dub"));
  byId("columns").replaceChildren(...told);
  grid.classList.toggle("with-target", state.target !== null);
  grid.classList.toggle("with-dub", shownDub() !== null);
};

const setUpTable = () => {
  columnHeads();
  guessHeights();
  grid.addEventListener("scroll", scheduled(drawRows), { passive: true });
  for (const name of ["wheel", "pointerdown", "touchmove"]) {
    grid.addEventListener(name, () => (table.scrolledAt = performance.now()), { passive: true });
  }
  table.box.addEventListener("click", (event) => {
    const node = event.target.closest("[data-row]");
    if (node && !String(getSelection())) select(Number(node.dataset.row), { reveal: false });
  });
  table.box.addEventListener("dblclick", (event) => {
    const node = event.target.closest("[data-row]");
    if (node) playRow(Number(node.dataset.row));
  });
  on("selected", ({ reveal: isRevealed }) => {
    restand();
    if (isRevealed) revealRow(state.row);
  });
  on("target", () => {
    columnHeads();
    forgetRows();
    guessHeights();
  });
  on("time", showCurrent);
  new ResizeObserver(() => {
    if (grid.clientWidth !== table.width) {
      table.width = grid.clientWidth;
      table.isMeasured.fill(0);
      table.typical.clear();
    }
    drawRows();
  }).observe(grid);
};
