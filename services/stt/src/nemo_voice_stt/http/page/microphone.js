// An audio worklet: passes the microphone's samples on, as 16-bit numbers, in pieces of 40 ms.

const PIECE_S = 0.04;

class Microphone extends AudioWorkletProcessor {
  constructor() {
    super();
    this.begin();
  }

  begin() {
    this.samples = new Int16Array(Math.round(sampleRate * PIECE_S));
    this.count = 0;
    this.peak = 0;
  }

  process([[channel]]) {
    for (const sample of channel ?? []) {
      const limited = Math.max(-1, Math.min(1, sample));
      this.peak = Math.max(this.peak, Math.abs(limited));
      this.samples[this.count++] = Math.round(limited * 32767);
      if (this.count === this.samples.length) {
        this.port.postMessage({ bytes: this.samples.buffer, peak: this.peak }, [this.samples.buffer]);
        this.begin();
      }
    }
    return true;
  }
}

registerProcessor("microphone", Microphone);
