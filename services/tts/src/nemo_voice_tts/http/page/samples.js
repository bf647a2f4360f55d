// Samples of 16 bits out of a stream of bytes, with or without the header of a WAV file.

const PCM_RATE = 24000;
const HEADER_BYTES = 44;

/** Reads pieces of a stream, whose borders fall anywhere. */
export class SampleReader {
  constructor(format) {
    this.rate = format === "pcm" ? PCM_RATE : 0;
    this.rest = new Uint8Array(0);
    this.pieces = []; // the bytes of the samples, for a file of them all
    this.count = 0;
  }

  get seconds() {
    return this.count / this.rate;
  }

  /** Returns the samples that a piece completes, from -1 to 1. */
  read(chunk) {
    let bytes = joined(this.rest, chunk);
    if (this.rate === 0) {
      const start = dataStart(bytes);
      if (start === 0) {
        this.rest = bytes;
        return new Float32Array(0);
      }
      this.rate = viewOf(bytes).getUint32(24, true);
      bytes = bytes.subarray(start);
    }
    const whole = bytes.subarray(0, bytes.length - (bytes.length % 2));
    this.rest = bytes.slice(whole.length);
    if (whole.length > 0) this.pieces.push(whole);
    this.count += whole.length / 2;
    const view = viewOf(whole);
    return Float32Array.from({ length: whole.length / 2 }, (_, place) => view.getInt16(place * 2, true) / 32768);
  }
}

/** Returns a WAV file that states its true length, which a stream cannot. */
export function wavOf(pieces, rate) {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const header = new DataView(new ArrayBuffer(HEADER_BYTES));
  const text = (at, word) => [...word].forEach((letter, place) => header.setUint8(at + place, letter.charCodeAt(0)));
  text(0, "RIFF");
  header.setUint32(4, HEADER_BYTES - 8 + length, true);
  text(8, "WAVEfmt ");
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true); // whole numbers
  header.setUint16(22, 1, true); // one channel
  header.setUint32(24, rate, true);
  header.setUint32(28, rate * 2, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  text(36, "data");
  header.setUint32(40, length, true);
  return new Blob([header, ...pieces], { type: "audio/wav" });
}

/** Where the samples of a WAV file begin; 0 as long as its header is not whole. */
function dataStart(bytes) {
  const view = viewOf(bytes);
  for (let at = 12; at + 8 <= bytes.length; ) {
    if (String.fromCharCode(...bytes.subarray(at, at + 4)) === "data") return at + 8;
    at += 8 + view.getUint32(at + 4, true);
  }
  return 0;
}

const viewOf = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.length);

function joined(first, second) {
  if (first.length === 0) return second;
  const both = new Uint8Array(first.length + second.length);
  both.set(first);
  both.set(second, first.length);
  return both;
}
