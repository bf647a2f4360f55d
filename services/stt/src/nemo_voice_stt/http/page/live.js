// The microphone, and what is heard in it: in italics while it may change, then final.

import { ServiceError, address, byId, keyHeader, lookAgain, pythonClient, quoted, showError, showExamples } from "./service.js";
import { Heard } from "./heard.js";
import { Session, sessionOf } from "./session.js";

const RATE = 24000; // OpenAI's; this service takes any from 8000 to 48000
const SOUND = { channelCount: 1, echoCancellation: false, noiseSuppression: false, autoGainControl: true };

let isOn = false;
let microphone = null;
let session = null;

/** Wires the button; says why where the browser gives no microphone. */
export function offerMicrophone() {
  const button = byId("listen");
  if (!navigator.mediaDevices) {
    button.removeAttribute("data-needs-ready");
    button.setAttribute("aria-describedby", "insecure");
    byId("insecure").textContent = whyNone();
    byId("insecure").hidden = false;
  }
  button.addEventListener("click", () => (isOn ? stop() : listen()));
}

function whyNone() {
  if (isSecureContext) return "This browser has no microphone for pages. Files can be transcribed all the same.";
  return `Browsers give pages the microphone at https:// addresses and on localhost only, and this page is at ${location.origin}. Serve it with TLS, or bring the service to this machine, such as by "kubectl port-forward", and open it at http://localhost. Files can be transcribed all the same.`;
}

async function listen() {
  showError("live-error", null);
  show(true, "Opening the microphone.");
  try {
    const opened = await openMicrophone();
    if (!isOn) return closed(opened); // stopped while the browser asked for its permission
    microphone = opened;
    const rate = microphone.context.sampleRate;
    showExamples(examples(rate));
    const heard = new Heard(byId("utterances"), byId("finals"));
    const begun = await Session.open(rate, (told) => heard.tell(told), (error) => {
      heard.end();
      if (session === begun) ended(error);
      else showError("live-error", error); // of one that was stopped: another may be open by now
    });
    if (!isOn) return begun.stop();
    session = begun;
    microphone.node.port.onmessage = ({ data }) => {
      byId("level").value = data.peak;
      session?.append(data.bytes);
    };
    show(true, "Listening.");
  } catch (error) {
    ended(refused(error));
  }
  return undefined;
}

async function openMicrophone() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: SOUND });
  let context = new AudioContext({ sampleRate: RATE });
  let source;
  try {
    source = context.createMediaStreamSource(stream);
  } catch {
    // Firefox does not change the rate of a microphone: then the service does.
    await context.close();
    context = new AudioContext();
    source = context.createMediaStreamSource(stream);
  }
  await context.audioWorklet.addModule(address("page/microphone.js"));
  const node = new AudioWorkletNode(context, "microphone", { numberOfOutputs: 0 });
  source.connect(node);
  return { stream, context, node };
}

function refused(error) {
  if (error instanceof ServiceError) return error;
  if (error.name === "NotAllowedError") return new ServiceError("The browser was not allowed to use the microphone. Allow it for this page, in the browser's settings of this site, and start again.");
  if (error.name === "NotFoundError") return new ServiceError("There is no microphone.");
  return new ServiceError(`The microphone cannot be opened: ${error.message}`);
}

function stop() {
  closeMicrophone();
  session?.stop();
  session = null;
  show(false, "The microphone is off.");
}

function ended(error) {
  session = null;
  closeMicrophone();
  show(false, "The microphone is off.");
  showError("live-error", error);
  if (error) lookAgain();
}

function closed({ stream, context }) {
  for (const track of stream.getTracks()) track.stop();
  context.close();
}

function closeMicrophone() {
  if (microphone) closed(microphone);
  microphone = null;
  byId("level").value = 0;
}

function show(isNowOn, text) {
  isOn = isNowOn;
  byId("listen").setAttribute("aria-pressed", String(isOn));
  byId("listen").textContent = isOn ? "Stop the microphone" : "Start the microphone";
  byId("live-state").textContent = text;
}

function examples(rate) {
  const { session: settings, ...rest } = sessionOf(rate);
  const route = "v1/realtime/client_secrets";
  return {
    curl: `# a short-lived key for a browser; the sound itself goes over the WebSocket ${address("v1/realtime").replace("http", "ws")}\ncurl ${address(route)}${keyHeader()} \\\n  -H "Content-Type: application/json" \\\n  -d ${quoted(JSON.stringify({ ...rest, session: settings }))}`,
    python: `# pip install 'openai[realtime]'\nimport base64, wave\n${pythonClient()}\nwith (\n    wave.open("speech.wav") as file,\n    client.realtime.connect(extra_query={"intent": "transcription"}) as live,\n):\n    form = {"type": "audio/pcm", "rate": file.getframerate()}\n    sound = {"format": form, "turn_detection": None}\n    live.session.update(session={"type": "transcription", "audio": {"input": sound}})\n    samples = file.readframes(file.getnframes())\n    live.input_audio_buffer.append(audio=base64.b64encode(samples).decode())\n    live.input_audio_buffer.commit()\n    for event in live:\n        if event.type == "conversation.item.input_audio_transcription.completed":\n            print(event.transcript)\n            break`,
  };
}
