// The page of the text-to-speech service: a text becomes speech that is heard while it is made.

import { byId, call, keyHeader, post, pythonClient, quoted, address, showError, showExamples, start, whenReady } from "./service.js";
import { Player } from "./player.js";
import { followText, readAgain } from "./reading.js";

const ROUTE = "v1/audio/speech";
let running = null;
let downloadUrl = "";
const player = new Player(byId("wave"), byId("audio"), showState);
let model = "demo";

const wanted = () => ({
  model,
  input: byId("text").value,
  voice: byId("voice").value || "default",
  response_format: byId("format").value,
  speed: Number(byId("speed").value),
});

async function speak() {
  stop();
  const body = wanted();
  const control = (running = new AbortController());
  const beganMs = performance.now();
  begin();
  try {
    player.prepare(body.response_format);
    const response = await post(ROUTE, body, control.signal);
    const result = await player.play(response, (firstMs) => {
      byId("first").textContent = milliseconds(firstMs - beganMs);
      byId("progress").textContent = `First audio after ${byId("first").textContent}.`;
    });
    if (running === control) finish(result, performance.now() - beganMs, body.response_format);
  } catch (error) {
    if (running === control) fail(error);
  } finally {
    if (running === control) {
      running = null;
      showState();
    }
  }
}

/** Ends the request, whose work the service stops then, and the sound. */
function stop() {
  player.stop();
  if (running === null) return;
  running.abort();
  running = null;
  showState();
  byId("figures").hidden = byId("wave").hidden = true;
  byId("progress").textContent = "Stopped.";
}

function fail(error) {
  player.stop();
  byId("figures").hidden = byId("wave").hidden = true;
  showError("speak-error", error);
}

function showState() {
  byId("stop").disabled = running === null && !player.isPlaying;
  byId("speak-form").setAttribute("aria-busy", String(running !== null));
}

function begin() {
  showState();
  showError("speak-error", null);
  for (const id of ["first", "whole", "duration", "pace"]) byId(id).textContent = "…";
  byId("figures").hidden = byId("wave").hidden = false;
  byId("audio").hidden = byId("download").hidden = byId("played").hidden = true;
  showExamples(examples(wanted()));
}

function finish({ blob, seconds, gaps, isStreamed }, tookMs, format) {
  URL.revokeObjectURL(downloadUrl);
  downloadUrl = URL.createObjectURL(blob);
  byId("download").href = downloadUrl;
  byId("download").download = `speech.${format}`;
  byId("whole").textContent = milliseconds(tookMs);
  byId("duration").textContent = `${seconds.toFixed(1)} s`;
  byId("pace").textContent = `${((seconds * 1000) / tookMs).toFixed(1)}×`;
  byId("download").hidden = byId("audio").hidden = false;
  const told = [];
  if (!isStreamed) told.push("This browser plays this format only once it is whole. WAV and PCM are heard while they arrive.");
  if (gaps > 0) told.push(`It fell silent ${gaps === 1 ? "once" : `${gaps} times`}: the speech was made more slowly than it is spoken.`);
  byId("played").textContent = told.join(" ");
  byId("played").hidden = told.length === 0;
  byId("progress").textContent = `${seconds.toFixed(1)} seconds of speech after ${milliseconds(tookMs)}.`;
}

const milliseconds = (ms) => (ms < 10000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`);

function examples(body) {
  const named = Object.entries(body).map(([name, value]) => `    ${name}=${JSON.stringify(value)},`);
  return {
    curl: `curl ${address(ROUTE)}${keyHeader()} \\\n  -H "Content-Type: application/json" \\\n  -d ${quoted(JSON.stringify(body))} \\\n  --output speech.${body.response_format}`,
    python: `${pythonClient()}\nwith client.audio.speech.with_streaming_response.create(\n${named.join("\n")}\n) as speech:\n    speech.stream_to_file("speech.${body.response_format}")`,
  };
}

whenReady(async (served) => {
  model = served.id;
  const languages = await (await call("v1/audio/list_voices")).json();
  const chosen = byId("voice").value;
  byId("voice").replaceChildren(
    ...Object.entries(languages).map(([language, { voices }]) => {
      const group = document.createElement("optgroup");
      group.label = language;
      group.append(...voices.map((name) => new Option(name)));
      return group;
    }),
  );
  if (chosen) byId("voice").value = chosen;
  readAgain();
  showExamples(examples(wanted()));
});

byId("speak-form").addEventListener("submit", (event) => {
  event.preventDefault();
  speak();
});
byId("text").addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !byId("speak").disabled) speak();
});
byId("stop").addEventListener("click", stop);
byId("speed").addEventListener("input", () => {
  byId("speed-shown").textContent = `${byId("speed").value}×`;
});
showExamples(examples(wanted()));
followText(byId("text"));
start();
