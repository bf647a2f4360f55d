// The words of a transcript, each of which plays the sound from its place. One stop of the Tab key in all.

export class Words {
  constructor(box, audio) {
    this.box = box;
    this.audio = audio;
    this.words = [];
    this.now = null;
    box.addEventListener("click", ({ target }) => this.play(target.closest("button")));
    box.addEventListener("keydown", (event) => this.move(event));
    audio.addEventListener("timeupdate", () => this.follow());
  }

  show({ words, segments }) {
    const timed = words?.length ? words : (segments ?? []).map(({ text, start, end }) => ({ word: text.trim(), start, end }));
    const parts = segments?.length ? segments : [{ start: 0 }];
    const paragraphs = parts.map(({ start }) => paragraphAt(start));
    let part = 0;
    this.words = timed.map(({ word, start, end }) => {
      while (part + 1 < parts.length && start >= parts[part + 1].start) part += 1;
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = word;
      button.tabIndex = -1;
      paragraphs[part].lastElementChild.append(button, " ");
      return { button, start, end };
    });
    this.now = null;
    if (this.words.length > 0) this.words[0].button.tabIndex = 0;
    const nothing = document.createElement("p");
    nothing.textContent = "No words were found in it.";
    this.box.replaceChildren(...(this.words.length > 0 ? paragraphs : [nothing]));
  }

  play(button) {
    const word = this.words.find((one) => one.button === button);
    if (word === undefined) return;
    this.focus(word);
    this.audio.currentTime = word.start;
    this.audio.play().catch(() => {}); // a file that the browser cannot play has said so already
  }

  move(event) {
    const place = this.words.findIndex(({ button }) => button === document.activeElement);
    const last = this.words.length - 1;
    const to = { ArrowRight: place + 1, ArrowLeft: place - 1, Home: 0, End: last }[event.key];
    if (place < 0 || to === undefined) return;
    event.preventDefault();
    this.focus(this.words[Math.max(0, Math.min(last, to))]);
  }

  focus(word) {
    for (const { button } of this.words) if (button.tabIndex === 0) button.tabIndex = -1;
    word.button.tabIndex = 0;
    word.button.focus();
  }

  follow() {
    const at = this.audio.currentTime;
    const word = this.words.find(({ start, end }) => start <= at && at < end);
    if (word === this.now) return;
    this.now?.button.removeAttribute("aria-current");
    word?.button.setAttribute("aria-current", "true");
    this.now = word;
  }
}

function paragraphAt(seconds) {
  const paragraph = document.createElement("p");
  const time = document.createElement("span");
  const whole = Math.floor(seconds);
  time.className = "time";
  time.textContent = `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
  paragraph.append(time, document.createElement("span"));
  return paragraph;
}
