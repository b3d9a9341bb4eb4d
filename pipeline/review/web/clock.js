// Time for people: clock times of the caption files, and timecode of the frames where their rate is constant.

const padded = (number, width) => String(number).padStart(width, "0");

const clockTime = (ms) => {
  const whole = Math.max(0, Math.round(ms));
  const seconds = Math.floor(whole / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return `${h}:${padded(m, 2)}:${padded(s, 2)}.${padded(whole % 1000, 3)}`;
};

const shortTime = (ms) => {
  const seconds = Math.floor(ms / 1000);
  const [h, m, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h ? `${h}:${padded(m, 2)}:${padded(s, 2)}` : `${m}:${padded(s, 2)}`;
};

const inSeconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

// Drop-frame timecode (SMPTE ST 12-1) leaves out numbers so that it keeps pace with the clock at 29.97 and 59.94.
const frames = (() => {
  if (!title.rate) return null;
  const [numerator, denominator] = title.rate;
  const rate = numerator / denominator;
  const base = Math.round(rate);
  const isFractional = denominator === 1001;
  const canDrop = isFractional && base % 30 === 0;
  const stated = /^(\d\d):(\d\d):(\d\d)([:;])(\d\d)$/.exec(title.startTimecode || "");
  const drops = canDrop && (stated ? stated[4] === ";" : true);
  const droppedPerMinute = drops ? base / 15 : 0;

  const toNumber = ([, h, m, s, , f]) => {
    const minutes = Number(h) * 60 + Number(m);
    const skipped = droppedPerMinute * (minutes - Math.floor(minutes / 10));
    return (minutes * 60 + Number(s)) * base + Number(f) - skipped;
  };
  const first = stated ? toNumber(stated) : 0;

  // A start that was rounded down to a whole millisecond still counts to its own frame.
  const at = (ms) => Math.floor(((ms + 0.6) / 1000) * rate);
  const startMs = (frame) => (frame * 1000) / rate;
  const timecode = (frame) => {
    let number = first + frame;
    if (drops) {
      const perMinute = base * 60 - droppedPerMinute;
      const perTen = perMinute * 10 + droppedPerMinute;
      const tens = Math.floor(number / perTen);
      const rest = number % perTen;
      number += droppedPerMinute * 9 * tens;
      if (rest >= droppedPerMinute) number += droppedPerMinute * Math.floor((rest - droppedPerMinute) / perMinute);
    }
    const seconds = Math.floor(number / base);
    const parts = [Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60, seconds % 60];
    return parts.map((part) => padded(part, 2)).join(":") + (drops ? ";" : ":") + padded(number % base, 2);
  };
  return { at, startMs, timecode, rate };
})();
