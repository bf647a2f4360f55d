// How the text is read: asked for while it is typed, and compared with what is written.

import { byId, post, showError } from "./service.js";

const PAUSE_MS = 350;
const MOST_PHRASES = 100;
const MOST_WORDS = 400; // of a phrase, whose comparison takes their product
let box = null;
let timer = 0;
let asking = null;

/** Shows the reading of what a text area holds, whenever it changes. */
export function followText(textarea) {
  box = textarea;
  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(readAgain, PAUSE_MS);
  });
}

/** Asks for the reading of the present text. */
export async function readAgain() {
  asking?.abort();
  const text = box.value;
  const control = (asking = new AbortController());
  if (text.trim() === "" || document.body.dataset.ready === "false") return show([], text);
  try {
    const { phrases } = await (await post("v1/audio/reading", { text }, control.signal)).json();
    showError("reading-error", null);
    show(phrases, text);
  } catch (error) {
    if (error.name === "AbortError") return;
    show([], text);
    showError("reading-error", error);
  }
}

function show(phrases, text) {
  const characters = Array.from(text); // the service counts characters, not halves of them
  const shown = phrases.slice(0, MOST_PHRASES).map((phrase) => {
    const item = document.createElement("li");
    item.append(...marked(characters.slice(phrase.start, phrase.end).join(""), phrase.text));
    return item;
  });
  if (phrases.length > MOST_PHRASES) {
    const rest = document.createElement("li");
    rest.textContent = `… and ${phrases.length - MOST_PHRASES} more phrases`;
    shown.push(rest);
  }
  byId("reading").replaceChildren(...shown);
}

function marked(written, spoken) {
  const words = spoken.split(/\s+/).filter(Boolean).slice(0, MOST_WORDS);
  const kept = common(written.split(/\s+/).slice(0, MOST_WORDS), words);
  const nodes = [];
  for (let place = 0; place < words.length; ) {
    let end = place;
    while (end < words.length && kept.has(end) === kept.has(place)) end += 1;
    const stretch = words.slice(place, end).join(" ");
    const node = kept.has(place) ? document.createTextNode(stretch) : document.createElement("mark");
    if (!kept.has(place)) node.textContent = stretch;
    nodes.push(node, document.createTextNode(" "));
    place = end;
  }
  return nodes;
}

const plain = (word) => word.toLowerCase().replace(/[^\p{L}\p{N}]/gu, "");

/** The places of the spoken words that are written so too: the longest common subsequence. */
function common(written, spoken) {
  const [a, b] = [written.map(plain), spoken.map(plain)];
  const lengths = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i][j] = a[i] === b[j] ? lengths[i + 1][j + 1] + 1 : Math.max(lengths[i + 1][j], lengths[i][j + 1]);
    }
  }
  const kept = new Set();
  for (let i = 0, j = 0; i < a.length && j < b.length; ) {
    if (a[i] === b[j]) kept.add(j), i++, j++;
    else if (lengths[i + 1][j] >= lengths[i][j + 1]) i++;
    else j++;
  }
  return kept;
}
