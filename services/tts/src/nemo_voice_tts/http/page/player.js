// Plays speech while it arrives: bare samples and WAV by Web Audio, other formats as far as the browser can.

import { Wave } from "./wave.js";
import { SampleReader, wavOf } from "./samples.js";

const LEAD_S = 0.06; // before the first samples: the next ones must come in that time
const DECODED_RATE = 24000; // only to be drawn
const MEDIA_TYPES = { mp3: "audio/mpeg", aac: "audio/aac", opus: "audio/ogg", flac: "audio/flac" };

export class Player {
  /** `changed` is called whenever the sound begins or ends. */
  constructor(canvas, audio, changed) {
    this.audio = audio;
    this.changed = changed;
    this.context = null;
    this.beganAt = null; // by the clock of the context
    this.restAt = 0; // the position while nothing plays
    this.isSounding = false; // by Web Audio
    this.url = "";
    this.wave = new Wave(canvas, () => this.position());
    audio.addEventListener("play", () => this.silence());
    for (const event of ["play", "pause", "ended"]) audio.addEventListener(event, changed);
  }

  get isPlaying() {
    return this.isSounding || !this.audio.paused;
  }

  /** Makes ready for a format; to be called in the click, which allows the page to sound. */
  prepare(format) {
    this.stop();
    this.format = format;
    this.wave.clear();
    this.context = new AudioContext({ latencyHint: "interactive" });
  }

  /** Plays a response while it arrives; returns what it was once it is whole. */
  async play(response, onFirst) {
    if (this.format === "wav" || this.format === "pcm") return this.playSamples(response, onFirst);
    return this.playEncoded(response, onFirst);
  }

  async playSamples(response, onFirst) {
    const context = this.context;
    const reader = new SampleReader(this.format);
    let [last, endsAt, gaps] = [null, 0, 0];
    for await (const chunk of chunksOf(response)) {
      const samples = reader.read(chunk);
      if (samples.length === 0) continue;
      if (reader.count === samples.length) onFirst(performance.now());
      this.wave.add(samples, reader.rate);
      if (context !== this.context) continue; // silenced: the rest is only kept
      const isLate = endsAt < context.currentTime;
      if (last !== null && isLate) gaps += 1;
      const startsAt = isLate ? context.currentTime + LEAD_S : endsAt;
      if (last === null) this.beganAt = startsAt;
      last = scheduled(context, samples, reader.rate, startsAt);
      endsAt = startsAt + last.buffer.duration;
      this.isSounding = true;
    }
    if (this.isSounding && context === this.context) {
      last.addEventListener("ended", () => context === this.context && this.sounded());
    }
    const wav = wavOf(reader.pieces, reader.rate);
    this.show(wav);
    const blob = this.format === "wav" ? wav : new Blob(reader.pieces, { type: "audio/pcm" });
    return { blob, seconds: reader.seconds, gaps, isStreamed: true };
  }

  async playEncoded(response, onFirst) {
    const type = MEDIA_TYPES[this.format];
    const media = await this.openMedia(type);
    const pieces = [];
    for await (const chunk of chunksOf(response)) {
      if (pieces.length === 0) onFirst(performance.now());
      pieces.push(chunk);
      if (media) await appended(media, chunk);
      if (media && pieces.length === 1) this.audio.play().catch(() => {});
    }
    const blob = new Blob(pieces, { type });
    const sound = await new OfflineAudioContext(1, 1, DECODED_RATE).decodeAudioData(await blob.arrayBuffer());
    this.wave.add(sound.getChannelData(0), sound.sampleRate);
    if (media?.source.readyState === "open") media.source.endOfStream();
    else if (!media) {
      this.show(blob);
      await this.audio.play().catch(() => {});
    }
    return { blob, seconds: sound.duration, gaps: 0, isStreamed: media !== null };
  }

  /** Returns what takes pieces of a format while they arrive; null where the browser takes none. */
  async openMedia(type) {
    if (!globalThis.MediaSource?.isTypeSupported(type)) return null;
    const source = new MediaSource();
    this.show(source);
    await once(source, "sourceopen");
    return { source, buffer: source.addSourceBuffer(type) };
  }

  show(content) {
    URL.revokeObjectURL(this.url);
    this.url = URL.createObjectURL(content);
    this.audio.src = this.url;
  }

  /** How many seconds of the speech have been heard. */
  position() {
    if (this.context === null || this.beganAt === null) return this.audio.currentTime || this.restAt;
    return this.context.currentTime - this.beganAt;
  }

  /** All that Web Audio was given has been heard. */
  sounded() {
    this.silence();
    this.restAt = Infinity;
    this.changed();
  }

  /** Ends what Web Audio plays: the page's own player goes on from its place. */
  silence() {
    this.context?.close();
    this.context = null;
    this.beganAt = null;
    this.restAt = 0;
    this.isSounding = false;
  }

  stop() {
    this.silence();
    this.audio.pause();
    this.changed();
  }
}

function scheduled(context, samples, rate, startsAt) {
  const buffer = context.createBuffer(1, samples.length, rate);
  buffer.copyToChannel(samples, 0);
  const node = new AudioBufferSourceNode(context, { buffer });
  node.connect(context.destination);
  node.start(startsAt);
  return node;
}

async function* chunksOf(response) {
  const reader = response.body.getReader();
  try {
    for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Error("The speech broke off: the service failed, or the connection to it. The service's log says why.");
  }
}

async function appended({ buffer }, chunk) {
  buffer.appendBuffer(chunk);
  await once(buffer, "updateend");
}

const once = (target, name) => new Promise((resolve) => target.addEventListener(name, resolve, { once: true }));
