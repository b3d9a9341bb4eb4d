// The player: one media element, our own controls, and the clock.

const NUDGE_MS = 1; // a start that was rounded down to a millisecond still lands in its own frame
const STEP_MS = 40; // a step where there are no frames, or none of one length

const player = { untilMs: null, wantedMs: 0 };

// While a jump is under way the element still tells where it was; after it, it stands a nudge further.
const nowMs = () => {
  const ms = video.currentTime * 1000;
  const isThere = video.paused && Math.abs(ms - player.wantedMs) < NUDGE_MS * 2;
  return video.seeking || video.readyState === 0 || isThere ? player.wantedMs : ms;
};

const seek = (ms) => {
  player.wantedMs = Math.max(0, Math.min(ms, title.lengthMs));
  player.untilMs = null;
  if (video.readyState > 0) video.currentTime = (player.wantedMs + NUDGE_MS) / 1000;
  showTime();
};

const playOrPause = () => {
  player.untilMs = null;
  if (video.paused) video.play().catch(() => {});
  else video.pause();
};

const playRow = (row) => {
  if (row < 0) return;
  const cue = source.cues[row];
  seek(cue.startMs);
  player.untilMs = cue.endMs;
  video.play().catch(() => {});
};

const stepFrames = (count) => {
  video.pause();
  if (frames) seek(frames.startMs(Math.max(0, frames.at(nowMs()) + count) + 0.5));
  else seek(nowMs() + count * STEP_MS);
};

const showTime = () => {
  const ms = Math.min(nowMs(), title.lengthMs);
  byId("timecode").textContent = frames ? frames.timecode(frames.at(ms)) : clockTime(ms);
  byId("clock").textContent = frames ? `${clockTime(ms)} · frame ${frames.at(ms)}` : `of ${clockTime(title.lengthMs)}`;
  tell("time", ms);
};

const tick = () => {
  showTime();
  keepTogether();
  if (player.untilMs !== null && nowMs() >= player.untilMs) {
    player.untilMs = null;
    video.pause();
  }
  if (!video.paused) requestAnimationFrame(tick);
};

const showStageMessage = (text) => {
  byId("stage-message").textContent = text;
  byId("stage-message").hidden = false;
};

const showPlaying = () => {
  const play = byId("play");
  play.replaceChildren(icon(video.paused ? "play" : "pause"));
  play.setAttribute("aria-label", video.paused ? "Play" : "Pause");
};

const setUpPlayer = () => {
  byId("stage").classList.toggle("no-picture", !title.hasPicture);
  byId("frame-back").append(icon("back"));
  byId("frame-on").append(icon("on"));
  byId("fullscreen").append(icon("fullscreen"));
  byId("mute").addEventListener("click", toggleMute);
  byId("play").addEventListener("click", playOrPause);
  byId("frame-back").addEventListener("click", () => stepFrames(-1));
  byId("frame-on").addEventListener("click", () => stepFrames(1));
  byId("fullscreen").addEventListener("click", () => {
    if (document.fullscreenElement) document.exitFullscreen();
    else
      byId("stage")
        .requestFullscreen()
        .catch(() => {});
  });
  byId("stage").addEventListener("click", playOrPause);
  byId("rate-choice").addEventListener("change", (event) => {
    video.defaultPlaybackRate = Number(event.target.value);
    video.playbackRate = Number(event.target.value);
  });
  video.addEventListener("play", () => requestAnimationFrame(tick));
  for (const name of ["play", "pause", "ended"]) video.addEventListener(name, showPlaying);
  for (const name of ["seeked", "loadeddata", "pause"]) video.addEventListener(name, showTime);
  video.addEventListener("loadedmetadata", () => seek(player.wantedMs));
  on("seek", seek);
  showPlaying();
  if (title.preview) {
    video.addEventListener("error", () => {
      showStageMessage(`The title cannot be played: ${title.preview} is not beside this page, or cannot be read.`);
    });
    video.src = encodeURIComponent(title.preview);
  } else {
    showStageMessage("This release has no preview to play.");
  }
};
