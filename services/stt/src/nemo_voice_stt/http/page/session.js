// One live session over the WebSocket: OpenAI's transcription session, opened with a short-lived key.

import { ServiceError, address, post } from "./service.js";

const COMMITTED_WITHIN_MS = 300; // what was said last may only be found after the microphone is off
const FINAL_WITHIN_MS = 20000;
const MOST_WAITING_BYTES = 2 * 1024 * 1024;
const TRANSCRIPTION = "conversation.item.input_audio_transcription.";

/** The settings of a session whose samples have this rate. */
export const sessionOf = (rate) => ({
  expires_after: { anchor: "created_at", seconds: 60 },
  session: { type: "transcription", audio: { input: { format: { type: "audio/pcm", rate }, turn_detection: { type: "server_vad" } } } },
});

export class Session {
  /** Opens a session. `tell` is called with what is heard, `ended` once with an error or null. */
  static async open(rate, tell, ended) {
    const secret = await (await post("v1/realtime/client_secrets", sessionOf(rate))).json();
    return new Session(secret.value, tell, ended);
  }

  constructor(secret, tell, ended) {
    const url = new URL(address("v1/realtime?intent=transcription"));
    url.protocol = url.protocol.replace("http", "ws");
    this.tell = tell;
    this.ended = ended;
    this.open = new Set();
    this.isStopping = false;
    this.wasOpen = false;
    // Never in the address, which logs of proxies keep.
    this.socket = new WebSocket(url, ["realtime", `openai-insecure-api-key.${secret}`]);
    this.socket.addEventListener("open", () => (this.wasOpen = true));
    this.socket.addEventListener("message", ({ data }) => this.take(JSON.parse(data)));
    this.socket.addEventListener("close", (event) => this.closed(event));
  }

  /** Sends samples of 16 bits. */
  append(buffer) {
    if (this.socket.readyState !== WebSocket.OPEN || this.isStopping) return;
    if (this.socket.bufferedAmount > MOST_WAITING_BYTES) {
      this.end(new ServiceError("The connection is too slow for the sound of the microphone."));
      return;
    }
    this.send({ type: "input_audio_buffer.append", audio: base64(new Uint8Array(buffer)) });
  }

  /** Commits what was said last, waits for its text, and closes. */
  stop() {
    if (this.isStopping) return;
    this.isStopping = true;
    setTimeout(() => {
      if (this.open.size === 0) return this.end(null);
      this.send({ type: "input_audio_buffer.commit" });
      setTimeout(() => this.end(new ServiceError("The last words were not transcribed in time.")), FINAL_WITHIN_MS);
    }, COMMITTED_WITHIN_MS);
  }

  send(message) {
    if (this.socket.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify(message));
  }

  take(event) {
    const item = event.item_id;
    switch (event.type) {
      case "input_audio_buffer.speech_started":
        this.open.add(item);
        return this.tell({ what: "started", item });
      case "input_audio_buffer.speech_stopped":
        return this.tell({ what: "stopped", item });
      case "input_audio_buffer.committed":
        this.open.add(item);
        return this.tell({ what: "committed", item });
      case `${TRANSCRIPTION}delta`:
        return this.tell({ what: "partial", item, text: event.delta });
      case `${TRANSCRIPTION}completed`:
        return this.over(item, { what: "final", item, text: event.transcript });
      case `${TRANSCRIPTION}failed`:
        return this.over(item, { what: "failed", item, text: event.error.message });
      case "error":
        // The utterance ended by itself before the commit came.
        if (event.error.code === "input_audio_buffer_commit_empty") return undefined;
        return this.end(new ServiceError(event.error.message));
    }
    return undefined;
  }

  over(item, told) {
    this.open.delete(item);
    this.tell(told);
    if (this.isStopping && this.open.size === 0) this.end(null);
  }

  closed({ code, reason }) {
    if (!this.wasOpen) {
      this.end(new ServiceError("The live session was refused: the service has no place for another one, or a proxy before it does not pass WebSockets."));
    } else {
      this.end(new ServiceError(`The live session ended: ${reason || `the connection was lost (${code})`}.`));
    }
  }

  end(error) {
    if (this.ended === null) return;
    const ended = this.ended;
    this.ended = null;
    this.isStopping = true;
    this.socket.close();
    ended(error);
  }
}

function base64(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
