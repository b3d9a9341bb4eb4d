// The keyboard.

const nextOf = (choice, choose) => {
  const values = [...choice.options].map((one) => one.value);
  choose(values[(values.indexOf(choice.value) + 1) % values.length]);
};

const KEYS = {
  " ": playOrPause,
  ArrowUp: () => selectNeighbour(-1),
  ArrowDown: () => selectNeighbour(1),
  ArrowLeft: () => seek(nowMs() - 1000),
  ArrowRight: () => seek(nowMs() + 1000),
  n: () => selectHuman(1),
  p: () => selectHuman(-1),
  r: () => playRow(state.row),
  ",": () => stepFrames(-1),
  ".": () => stepFrames(1),
  f: () => filterBy({ isHuman: !filters.isHuman }),
  "/": () => byId("search").select(),
  c: () => nextOf(byId("caption-choice"), chooseCaptions),
  s: () => nextOf(byId("sound-choice"), chooseSound),
  m: toggleMute,
  "+": () => zoom(0.5),
  "=": () => zoom(0.5),
  "-": () => zoom(2),
  0: () => showSpan(0, title.lengthMs),
  "?": () => byId("help").showModal(),
};

// Keys that a focused control needs for itself.
const OWN_KEYS = { BUTTON: [" ", "Enter"], A: ["Enter"], SELECT: null, TEXTAREA: null, INPUT: null };

const belongsTo = (element, key) => {
  if (!(element.tagName in OWN_KEYS)) return false;
  const own = OWN_KEYS[element.tagName];
  return own === null || own.includes(key);
};

// Who chose with the pointer goes on with the keyboard: focus returns from the control to the table.
const returnFocus = () => {
  let isPointer = false;
  const giveBack = (event) => {
    if (isPointer && !event.target.closest("dialog, .tabs, #search")) grid.focus({ preventScroll: true });
  };
  document.addEventListener("pointerdown", () => (isPointer = true), { capture: true });
  document.addEventListener("keydown", () => (isPointer = false), { capture: true });
  document.addEventListener("change", (event) => event.target.tagName === "SELECT" && giveBack(event));
  document.addEventListener("click", (event) => event.target.closest("button") && giveBack(event));
};

const setUpKeys = () => {
  returnFocus();
  document.addEventListener("keydown", (event) => {
    if (byId("help").open || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (document.fullscreenElement) return;
      clearFilters();
      grid.focus();
      return;
    }
    if (event.key === "Enter" && event.target === byId("search")) {
      grid.focus();
      selectNeighbour(1);
      return;
    }
    if (belongsTo(event.target, event.key)) return;
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act) return;
    event.preventDefault();
    act();
  });
  byId("help-open").addEventListener("click", () => byId("help").showModal());
};
