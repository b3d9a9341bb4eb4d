// What the timeline's canvases share: size in device pixels, colours of the style sheet, and the waveform.

const COLOURS = "text muted line wave accent accent-soft error error-soft warning warning-soft dub dub-soft".split(" ");
const colours = {};

const readColours = () => {
  const style = getComputedStyle(document.documentElement);
  for (const name of COLOURS) colours[name] = style.getPropertyValue(`--${name}`).trim();
};

const scheduled = (draw) => {
  let isDue = false;
  return () => {
    if (isDue) return;
    isDue = true;
    requestAnimationFrame(() => {
      isDue = false;
      draw();
    });
  };
};

// A canvas of two layers: what seldom changes is drawn once and kept until it is forgotten or the size is another;
// what moves is drawn on top of it every time. One unit is one CSS pixel.
const layered = (box, drawStill, drawMoving) => {
  const canvas = box.firstElementChild;
  let still = null;
  const drawNow = () => {
    const [width, height] = [box.clientWidth, box.clientHeight];
    if (!width || !height) return;
    const ratio = window.devicePixelRatio || 1;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (!still || still.width !== w || still.height !== h) {
      still = new OffscreenCanvas(w, h);
      const behind = still.getContext("2d");
      behind.scale(ratio, ratio);
      drawStill(behind, width, height);
      canvas.width = w;
      canvas.height = h;
    }
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, w, h);
    context.drawImage(still, 0, 0);
    context.scale(ratio, ratio);
    drawMoving(context, width, height);
  };
  const draw = scheduled(drawNow);
  const redraw = () => {
    still = null;
    draw();
  };
  return { drawNow, draw, redraw };
};

// The envelope, mirrored around its middle; a column shows the loudest step that it covers.
const drawWave = (context, { startMs, msPerPixel, width, middle, reach, colour }) => {
  context.fillStyle = colour;
  for (let x = 0; x < width; x += 1) {
    const from = Math.floor((startMs + x * msPerPixel) / island.levelStepMs);
    const to = Math.max(from + 1, Math.floor((startMs + (x + 1) * msPerPixel) / island.levelStepMs));
    let loudest = 0;
    for (let at = Math.max(0, from); at < to && at < levels.length; at += 1) {
      if (levels[at] > loudest) loudest = levels[at];
    }
    const half = Math.max(0.5, (loudest / 255) ** 1.6 * reach);
    context.fillRect(x, middle - half, 1, half * 2);
  }
};
