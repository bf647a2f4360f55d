// What both pages know of their service: its state, its model, the key, and how it is called.

const POLL_MS = 1000;
const WATCH_MS = 15000;
const PHASES = {
  fetching: "fetching the model's files",
  loading: "loading the model",
  warming: "warming up",
  draining: "shutting down",
  failed: "failed",
};

let key = "";
let isReady = false;
let isRefused = false; // by its key: the service is not asked again before another one is given
let timer = 0;
const listeners = [];

/** An error of the service, or of the way to it: its message is meant to be read. */
export class ServiceError extends Error {
  constructor(message, { status = 0, param = null } = {}) {
    super(message);
    this.status = status;
    this.param = param;
  }
}

export const byId = (id) => document.getElementById(id);

/** Whether a key was given: examples then show `$KEY`. */
export const hasKey = () => key !== "";

/** An address of the service, below whatever path the page itself is. */
export const address = (path) => new URL(path, document.baseURI).href;

/** Calls the service; raises `ServiceError` unless it succeeds. */
export async function call(path, options = {}) {
  const headers = new Headers(options.headers);
  if (hasKey()) headers.set("Authorization", `Bearer ${key}`);
  let response;
  try {
    response = await fetch(address(path), { ...options, headers, cache: "no-store" });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    watch(0);
    throw new ServiceError("The service cannot be reached.");
  }
  if (response.ok) return response;
  throw await refusal(response);
}

/** Posts a body as JSON. */
export const post = (path, body, signal) =>
  call(path, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
    signal,
  });

async function refusal(response) {
  const body = await response.json().catch(() => null);
  const error = body?.error ?? {};
  if (response.status === 401) return needsKey();
  if (response.status === 503) watch(0);
  const message = error.message ?? `The service, or a proxy before it, answered ${response.status}.`;
  return new ServiceError(message, { status: response.status, param: error.param });
}

const needsKey = () =>
  new ServiceError(
    hasKey() ? "The service does not know this API key." : "The service asks for an API key: enter it above.",
    { status: 401 },
  );

/** Calls the listener with the model, now or as soon as the service is ready and has a valid key. */
export function whenReady(listener) {
  listeners.push(listener);
}

/** Follows the state of the service, for as long as the page is open. */
export function start() {
  byId("key-form").addEventListener("submit", (event) => {
    event.preventDefault();
    key = byId("key").value.trim();
    isReady = isRefused = false;
    watch(0);
  });
  for (const button of document.querySelectorAll("[data-copies]")) {
    button.addEventListener("click", () => copy(button));
  }
  document.addEventListener("visibilitychange", () => document.hidden || watch(0));
  watch(0);
}

/** Looks at the state of the service now: something has gone wrong. */
export const lookAgain = () => watch(0);

function watch(delayMs) {
  clearTimeout(timer);
  timer = setTimeout(look, delayMs);
}

async function look() {
  const state = await stateNow();
  if (state.name !== "ready") isReady = false;
  else if (isRefused) Object.assign(state, { name: "key", text: needsKey().message });
  else if (!isReady) await greet(state);
  show(state);
  watch(isReady || isRefused ? WATCH_MS : POLL_MS);
}

async function stateNow() {
  try {
    const response = await fetch(address("v1/health/ready"), { cache: "no-store" });
    const body = await response.json();
    if (response.ok) return { name: "ready", text: "ready" };
    const reason = body.reason ? `: ${body.reason}` : "";
    const text = `${PHASES[body.phase] ?? body.phase}${reason}`;
    return { name: body.phase, text, seconds: Math.round(body.seconds?.[body.phase] ?? 0) };
  } catch {
    return { name: "unreachable", text: "the service cannot be reached; trying again" };
  }
}

async function greet(state) {
  try {
    const models = await (await call("v1/models")).json();
    const model = models.data[0];
    document.body.dataset.ready = "true";
    describe(model);
    for (const listener of listeners) await listener(model);
    isReady = true; // else all of this is tried again
  } catch (error) {
    isRefused = error.status === 401;
    if (isRefused) byId("key-part").open = true;
    Object.assign(state, { name: isRefused ? "key" : "asking", text: error.message });
  }
}

function describe(model) {
  const about = [model.kind, model.languages.join(", ")].filter(Boolean).join(" · ");
  byId("model").textContent = about ? `${model.id} · ${about}` : model.id;
  byId("model").hidden = false;
  for (const note of document.querySelectorAll("[data-model]")) {
    note.hidden = note.dataset.model !== model.id;
  }
}

function show({ name, text, seconds }) {
  byId("state").dataset.state = name;
  // Readers of screens say what changed: not the seconds of a phase.
  if (byId("state-text").textContent !== text) byId("state-text").textContent = text;
  byId("state-seconds").textContent = seconds === undefined ? "" : `(${seconds} s)`;
  document.body.dataset.ready = String(isReady);
  for (const control of document.querySelectorAll("[data-needs-ready]")) control.disabled = !isReady;
}

/** Shows how to do the same from a program. */
export function showExamples({ curl, python }) {
  byId("curl").textContent = curl;
  byId("python").textContent = python;
}

/** The header of curl for the key, if there is one, as the start of a line. */
export const keyHeader = () => (hasKey() ? ' \\\n  -H "Authorization: Bearer $KEY"' : "");

/** The first lines of a program in Python. */
export const pythonClient = () =>
  [
    ...(hasKey() ? ["import os", ""] : []),
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${JSON.stringify(address("v1"))}, api_key=${hasKey() ? 'os.environ["KEY"]' : '"none"'})`,
  ].join("\n");

/** A value as one word of a shell. */
export const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

async function copy(button) {
  const told = byId("copied");
  try {
    await navigator.clipboard.writeText(byId(button.dataset.copies).textContent);
    told.textContent = "Copied.";
  } catch {
    getSelection().selectAllChildren(byId(button.dataset.copies));
    told.textContent = "This browser does not let the page copy: the lines are selected.";
  }
  button.dataset.done = "";
  setTimeout(() => delete button.dataset.done, 1500);
}

/** Shows an error of a section, or none. */
export function showError(id, error) {
  const element = byId(id);
  element.textContent = error ? error.message : "";
  element.hidden = !error;
}
