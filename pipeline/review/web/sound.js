// What is heard: the title's own sound, or a dub in an audio element that is kept with the picture.

const JUMP_FROM_S = 0.25; // further apart than this, the dub jumps to the picture
const BEND_FROM_S = 0.03; // further apart, it runs a little faster or slower; EBU R 37 allows 40 ms early, 60 ms late
const BEND_UNTIL_S = 0.008; // until it is this near
const BEND = 0.08; // by so much; the pitch stays
const JUMP_PAUSE_MS = 400; // a jump needs time to take effect before it is judged

const sound = { dub: null, element: null, isMuted: false, bend: 0, jumpedAt: 0 };
const video = byId("video");

const applyMute = () => {
  video.muted = sound.isMuted || sound.element !== null;
  if (sound.element) sound.element.muted = sound.isMuted;
  byId("mute").replaceChildren(icon(sound.isMuted ? "muted" : "sound"));
  byId("mute").setAttribute("aria-pressed", String(sound.isMuted));
};

const toggleMute = () => {
  sound.isMuted = !sound.isMuted;
  applyMute();
};

const alignDub = () => {
  if (!sound.element) return;
  sound.element.currentTime = video.currentTime;
  sound.element.playbackRate = video.playbackRate;
  sound.jumpedAt = performance.now();
};

const isRunning = () => !video.paused && !video.ended && video.readyState > 2;

const followPicture = () => {
  if (!sound.element) return;
  // Every jump of the dub costs some time; where it is near enough already, bending brings it closer.
  const isNear = Math.abs(video.currentTime - sound.element.currentTime) < BEND_FROM_S;
  if (video.seeking || !isNear) alignDub();
  if (isRunning()) sound.element.play().catch(() => {});
  else sound.element.pause();
};

// Called with every drawn frame while the title plays.
const keepTogether = () => {
  const dub = sound.element;
  if (!dub || dub.paused || dub.seeking || video.seeking) return;
  const drift = video.currentTime - dub.currentTime;
  if (Math.abs(drift) > JUMP_FROM_S) {
    if (performance.now() - sound.jumpedAt > JUMP_PAUSE_MS) alignDub();
    return;
  }
  if (Math.abs(drift) > BEND_FROM_S) sound.bend = Math.sign(drift) * BEND;
  else if (Math.abs(drift) < BEND_UNTIL_S || Math.sign(drift) !== Math.sign(sound.bend)) sound.bend = 0;
  const rate = video.playbackRate * (1 + sound.bend);
  if (dub.playbackRate !== rate) dub.playbackRate = rate;
};

const chooseSound = (language) => {
  if (sound.element) {
    sound.element.pause();
    sound.element.removeAttribute("src");
    sound.element.load();
  }
  sound.dub = dubs.find((dub) => dub.language === language && dub.preview) || null;
  sound.element = null;
  if (sound.dub) {
    const { preview, name } = sound.dub;
    sound.element = make("audio", { src: encodeURIComponent(preview), preload: "auto" });
    sound.element.preservesPitch = true;
    sound.element.addEventListener("error", () => {
      showStageMessage(`The ${name} dub cannot be played: ${preview} is not beside this page, or cannot be read.`);
    });
    sound.element.addEventListener("loadedmetadata", followPicture);
  }
  byId("sound-choice").value = sound.dub ? language : "";
  applyMute();
  tell("sound");
};

const setUpSound = () => {
  const choice = byId("sound-choice");
  choice.append(option("", title.hasSound ? "Original" : "None"));
  choice.append(...dubs.filter((dub) => dub.preview).map((dub) => option(dub.language, `${dub.name} dub`)));
  choice.disabled = choice.options.length < 2;
  applyMute();
  choice.addEventListener("change", () => chooseSound(choice.value));
  for (const name of ["play", "playing", "pause", "waiting", "seeking", "seeked", "ended", "ratechange"]) {
    video.addEventListener(name, followPicture);
  }
};
