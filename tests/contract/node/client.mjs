// OpenAI's own client against both services: prints as JSON what it got.
import { Buffer, File } from "node:buffer";
import fs from "node:fs";
import OpenAI, { toFile } from "openai";

globalThis.File ??= File; // Node 18 has it in a module only

const [ttsAddress, sttAddress, clip] = process.argv.slice(2);
const options = { apiKey: "sesame", maxRetries: 0 };
const tts = new OpenAI({ baseURL: `${ttsAddress}/v1`, ...options });
const stt = new OpenAI({ baseURL: `${sttAddress}/v1`, ...options });
const order = { model: "tts-1", voice: "alloy", input: "Hello there." };

async function refusal(work) {
    try {
        await work;
    } catch (error) {
        const { status, code, param, type, requestID } = error;
        return { name: error.constructor.name, status, code, param, type, requestID };
    }
    return null;
}

async function streamed(events) {
    const found = [];
    for await (const event of events) {
        found.push(event);
    }
    return found;
}

const wholeSpeech = Buffer.from(await (await tts.audio.speech.create(order)).arrayBuffer());
const pcm = await tts.audio.speech.create({ ...order, response_format: "pcm" });
let chunks = 0;
let pcmBytes = 0;
for await (const chunk of pcm.body) {
    chunks += 1;
    pcmBytes += chunk.length;
}

const heard = (more = {}, file = fs.createReadStream(clip)) =>
    stt.audio.transcriptions.create({ model: "whisper-1", file, ...more });
const bytes = await toFile(fs.readFileSync(clip), "clip.wav");
const wrongKey = new OpenAI({ baseURL: `${sttAddress}/v1`, ...options, apiKey: "wrong" });

const models = [];
for await (const model of tts.models.list()) {
    models.push(model.id);
}

console.log(
    JSON.stringify({
        models,
        model: (await stt.models.retrieve("demo")).id,
        wholeSpeech: { head: wholeSpeech.subarray(0, 3).toString("latin1"), bytes: wholeSpeech.length },
        pcm: { chunks, bytes: pcmBytes, type: pcm.headers.get("content-type") },
        json: await heard(),
        fromBytes: await heard({}, bytes),
        text: await heard({ response_format: "text" }),
        srt: await heard({ response_format: "srt" }),
        vtt: await heard({ response_format: "vtt" }),
        verbose: await heard({
            response_format: "verbose_json",
            timestamp_granularities: ["word", "segment"],
        }),
        events: await streamed(await heard({ stream: true })),
        badVoice: await refusal(tts.audio.speech.create({ ...order, voice: "nobody" })),
        emptyText: await refusal(tts.audio.speech.create({ ...order, input: "" })),
        badFile: await refusal(heard({}, await toFile(Buffer.from("noise"), "clip.wav"))),
        badKey: await refusal(wrongKey.models.list()),
        noModel: await refusal(stt.models.retrieve("whisper-2")),
    }),
);
