// The loudness of the speech over time, drawn while it arrives, and how much of it has been heard.

const PEAKS_PER_S = 50;
const BAR_PX = 3;

export class Wave {
  constructor(canvas, position) {
    this.canvas = canvas;
    this.position = position;
    this.clear();
    new ResizeObserver(() => this.draw()).observe(canvas);
    const follow = () => {
      if (this.heard() !== this.drawn.heard || this.peaks.length !== this.drawn.count) this.draw();
      requestAnimationFrame(follow);
    };
    follow();
  }

  clear() {
    this.peaks = [];
    this.peak = 0;
    this.taken = 0;
    this.drawn = {};
  }

  /** How many of the peaks have been heard. */
  heard() {
    return Math.min(this.peaks.length, this.position() * PEAKS_PER_S);
  }

  /** Adds samples; they may end within a bar. */
  add(samples, rate) {
    const each = Math.round(rate / PEAKS_PER_S);
    for (const sample of samples) {
      this.peak = Math.max(this.peak, Math.abs(sample));
      this.taken += 1;
      if (this.taken === each) {
        this.peaks.push(this.peak);
        this.peak = this.taken = 0;
      }
    }
  }

  draw() {
    const { canvas } = this;
    const scale = devicePixelRatio || 1;
    const [width, height] = [canvas.clientWidth, canvas.clientHeight];
    const heard = this.heard();
    this.drawn = { heard, count: this.peaks.length };
    if (width === 0) return;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    context.fillStyle = getComputedStyle(canvas).color;
    const bars = Math.floor(width / (BAR_PX + 1));
    const perBar = Math.max(1, this.peaks.length / bars);
    for (let bar = 0; bar * perBar < this.peaks.length; bar++) {
      const first = Math.floor(bar * perBar);
      const most = Math.max(...this.peaks.slice(first, Math.max(first + 1, Math.floor(first + perBar))));
      const tall = Math.max(2, most * (height - 12));
      context.globalAlpha = first < heard ? 1 : 0.35;
      context.beginPath();
      context.roundRect(bar * (BAR_PX + 1), (height - tall) / 2, BAR_PX, tall, 1.5);
      context.fill();
    }
    context.globalAlpha = 1;
  }
}
