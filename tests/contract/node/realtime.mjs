// OpenAI's own client in live sessions over TLS: prints as JSON what it got.
// node realtime.mjs ws|websocket ADDRESS model|intent SPEECH PAUSED, the last two files of PCM at 24 kHz.
import { Buffer } from "node:buffer";
import fs from "node:fs";
import OpenAI from "openai";
import { OpenAIRealtimeWebSocket } from "openai/realtime/websocket";
import { OpenAIRealtimeWS } from "openai/realtime/ws";
import { WebSocket } from "ws";

globalThis.WebSocket ??= WebSocket; // browsers have it, and Node from 22

const [transport, address, named, speechFile, pausedFile] = process.argv.slice(2);
const baseURL = `${address}/v1`;
const what = named === "intent" ? { intent: "transcription" } : { model: "gpt-realtime-whisper" };
const PIECE_BYTES = 4800; // a tenth of a second
const TRANSCRIPTION = "conversation.item.input_audio_transcription";
const PATIENCE_MS = 30_000;

// A session, and the events of the service in the order in which they came.
class Live {
    constructor(apiKey) {
        const client = new OpenAI({ baseURL, apiKey, maxRetries: 0 });
        const Kind = transport === "ws" ? OpenAIRealtimeWS : OpenAIRealtimeWebSocket;
        this.events = [];
        this.failures = [];
        this.waiting = [];
        this.session = new Kind(what, client);
        this.session.on("event", (event) => this.add(event));
        this.failed = new Promise((resolve) => {
            this.session.on("error", ({ message, error }) => {
                this.failures.push({ message, error: error ?? null });
                resolve();
            });
        });
        this.closed = new Promise((resolve) => {
            const told = (code) => resolve(typeof code === "number" ? code : code.code);
            if (transport === "ws") this.session.socket.on("close", told);
            else this.session.socket.addEventListener("close", told);
        });
    }

    add(event) {
        this.events.push(event);
        this.waiting = this.waiting.filter(([type, resolve]) => type !== event.type || resolve(event));
    }

    // The next event of this type.
    until(type) {
        return new Promise((resolve, reject) => {
            const late = setTimeout(() => reject(new Error(`no ${type}: ${JSON.stringify(this)}`)), PATIENCE_MS);
            this.waiting.push([type, (event) => (clearTimeout(late), resolve(event), false)]);
        });
    }

    update(input) {
        this.session.send({ type: "session.update", session: { type: "transcription", audio: { input } } });
    }

    say(file) {
        const pcm = fs.readFileSync(file);
        for (let at = 0; at < pcm.length; at += PIECE_BYTES) {
            const audio = Buffer.from(pcm.subarray(at, at + PIECE_BYTES)).toString("base64");
            this.session.send({ type: "input_audio_buffer.append", audio });
        }
    }

    toJSON() {
        return { events: this.events, failures: this.failures };
    }
}

async function committed() {
    const live = new Live("sesame");
    await live.until("session.created");
    live.update({
        format: { type: "audio/pcm", rate: 24000 },
        transcription: { model: "gpt-realtime-whisper", language: "en" },
        turn_detection: null,
    });
    await live.until("session.updated");
    live.say(speechFile);
    live.session.send({ type: "input_audio_buffer.commit" });
    await live.until(`${TRANSCRIPTION}.completed`);
    live.update({ turn_detection: { type: "server_vad", threshold: 7 } });
    await live.until("error");
    live.say(speechFile);
    live.session.send({ type: "input_audio_buffer.commit" });
    await live.until(`${TRANSCRIPTION}.completed`);
    live.session.close();
    return { ...live.toJSON(), closeCode: await live.closed };
}

async function detected() {
    const live = new Live("sesame");
    await live.until("session.created");
    live.update({ turn_detection: { type: "server_vad", silence_duration_ms: 300 } });
    await live.until("session.updated");
    live.say(pausedFile);
    await live.until(`${TRANSCRIPTION}.completed`);
    live.session.close();
    await live.closed;
    return live;
}

async function refused() {
    const live = new Live("wrong");
    await live.failed; // Node's own WebSocket reports no close of what was never open
    return live;
}

const models = [];
for await (const model of new OpenAI({ baseURL, apiKey: "sesame", maxRetries: 0 }).models.list()) {
    models.push(model.id);
}
console.log(
    JSON.stringify({
        node: process.versions.node,
        models,
        committed: await committed(),
        detected: await detected(),
        refused: await refused(),
    }),
);
