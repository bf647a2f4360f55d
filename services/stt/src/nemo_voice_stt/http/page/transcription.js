// A file becomes words that can be played, and subtitles.

import { address, byId, call, keyHeader, pythonClient, quoted, showError, showExamples, whenReady } from "./service.js";
import { Words } from "./words.js";

const ROUTE = "v1/audio/transcriptions";
const words = new Words(byId("words"), byId("audio"));
let model = "demo";
let running = null;
let transcribed = null;
let url = "";

/** Wires the form. */
export function offerFiles() {
  whenReady((served) => {
    model = served.id;
    if (transcribed === null) showExamples(examples("speech.wav"));
  });
  byId("file-form").addEventListener("submit", (event) => {
    event.preventDefault();
    transcribe(byId("file").files[0]);
  });
  byId("cancel").addEventListener("click", () => running?.abort());
  byId("audio").addEventListener("error", () => {
    if (!byId("audio").hidden) byId("words-hint").textContent = "This browser cannot play this file: its words are shown without their sound.";
  });
  for (const button of document.querySelectorAll("[data-subtitles]")) {
    button.addEventListener("click", () => run(() => subtitles(button.dataset.subtitles)));
  }
}

const transcribe = (file) =>
  run(async (signal) => {
    hideResult();
    const beganMs = performance.now();
    showExamples(examples(file.name));
    const transcript = await (await transcriptOf(file, signal)).json();
    const tookMs = performance.now() - beganMs;
    transcribed = file;
    byId("took").textContent = tookMs < 10000 ? `${Math.round(tookMs)} ms` : `${(tookMs / 1000).toFixed(1)} s`;
    byId("duration").textContent = `${transcript.duration.toFixed(1)} s`;
    byId("pace").textContent = `${((transcript.duration * 1000) / tookMs).toFixed(1)}×`;
    URL.revokeObjectURL(url);
    url = URL.createObjectURL(file);
    byId("audio").src = url;
    words.show(transcript);
    byId("words-hint").textContent = "Choose a word to play from it. Arrow keys go from word to word, Enter plays.";
    for (const id of ["figures", "audio", "words", "words-hint"]) byId(id).hidden = false;
    for (const button of document.querySelectorAll("[data-subtitles]")) button.hidden = !transcript.words?.length;
    byId("progress").textContent = transcript.text ? `Transcribed: ${transcript.text.slice(0, 500)}` : "Nothing was said in it.";
  });

async function transcriptOf(file, signal) {
  try {
    return await send(file, { response_format: "verbose_json", "timestamp_granularities[]": ["word", "segment"] }, signal);
  } catch (error) {
    // Some models give no times of words: then the stretches between silences are what can be played.
    if (!error.param?.startsWith("timestamp_granularities")) throw error;
    return send(file, { response_format: "verbose_json" }, signal);
  }
}

async function subtitles(format) {
  const response = await send(transcribed, { response_format: format }, running.signal);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(await response.blob());
  link.download = `${transcribed.name.replace(/\.[^.]*$/, "")}.${format}`;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
  byId("progress").textContent = `${link.download} is ready.`;
}

function send(file, fields, signal) {
  const form = new FormData();
  form.append("file", file, file.name);
  form.append("model", model);
  for (const [name, value] of Object.entries(fields)) {
    for (const one of [value].flat()) form.append(name, one);
  }
  return call(ROUTE, { method: "POST", body: form, signal });
}

async function run(work) {
  running?.abort();
  const control = (running = new AbortController());
  showError("file-error", null);
  show({ isRunning: true });
  byId("progress").textContent = "Transcribing.";
  try {
    await work(control.signal);
  } catch (error) {
    if (running !== control) return; // another one has taken its place
    if (error.name === "AbortError") byId("progress").textContent = "Cancelled.";
    else showError("file-error", error);
  } finally {
    if (running === control) {
      running = null;
      show({ isRunning: false });
    }
  }
}

function show({ isRunning }) {
  byId("cancel").disabled = !isRunning;
  byId("file-form").setAttribute("aria-busy", String(isRunning));
}

function hideResult() {
  for (const id of ["figures", "audio", "words", "words-hint"]) byId(id).hidden = true;
  for (const button of document.querySelectorAll("[data-subtitles]")) button.hidden = true;
}

function examples(name) {
  return {
    curl: `curl ${address(ROUTE)}${keyHeader()} \\\n  -F ${quoted(`file=@${name}`)} \\\n  -F ${quoted(`model=${model}`)} \\\n  -F response_format=verbose_json \\\n  -F 'timestamp_granularities[]=word'`,
    python: `${pythonClient()}\nwith open(${JSON.stringify(name)}, "rb") as file:\n    transcript = client.audio.transcriptions.create(\n        model=${JSON.stringify(model)},\n        file=file,\n        response_format="verbose_json",\n        timestamp_granularities=["word"],\n    )\nprint(transcript.text)`,
  };
}
