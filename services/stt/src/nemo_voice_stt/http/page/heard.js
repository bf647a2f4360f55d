// What one live session has heard: an entry for each utterance, in italics while it may change.

const MOST_SHOWN = 200;

export class Heard {
  /** Shows utterances in a list, and says final ones in a live region. */
  constructor(list, finals) {
    this.list = list;
    this.finals = finals;
    this.open = new Map();
  }

  tell({ what, item, text }) {
    const one = this.open.get(item) ?? this.begin(item);
    if (what === "stopped" || what === "committed") one.overMs ??= performance.now();
    if (what === "partial") one.words.textContent = one.text += text;
    if (what === "final" || what === "failed") this.finish(item, one, what, text);
  }

  /** Leaves nothing that waits for more: the session is over. */
  end() {
    for (const { element, about, text } of this.open.values()) {
      if (text === "") element.remove();
      else about.textContent = "not final: the session ended before";
    }
    this.open.clear();
  }

  begin(item) {
    const element = document.createElement("li");
    const words = document.createElement("span");
    const about = document.createElement("small");
    words.className = "partial";
    words.textContent = "…";
    element.append(words, about);
    this.list.append(element);
    if (this.list.children.length > MOST_SHOWN) this.list.firstElementChild.remove();
    const one = { element, words, about, text: "", overMs: undefined };
    this.open.set(item, one);
    return one;
  }

  finish(item, one, what, text) {
    this.open.delete(item);
    const tookMs = Math.round(performance.now() - (one.overMs ?? performance.now()));
    one.words.className = what;
    one.words.textContent = text || "(no words)";
    one.about.textContent = what === "final" ? `final ${tookMs} ms after the end of speech was found` : "not transcribed";
    this.finals.textContent = one.words.textContent;
  }
}
