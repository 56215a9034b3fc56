// The newest answer to the driver's question; when the server is out of reach the last one stays, with its age.
import { effect, signal } from "../core/ui.js";
import { getJson } from "../core/api.js";
import { settledPath } from "./question.js";

const REFRESH_MS = 15000;

/** `{body, at}` of the last answer, or null. */
export const answer = signal(null);
export const refusal = signal(null);
export const isAsking = signal(false);

let control = new AbortController();
let timer = 0;

export function followQuestion() {
  effect(() => ask(settledPath.value));
}

export function askAgain() {
  ask(settledPath.peek());
}

async function ask(path) {
  control.abort();
  clearTimeout(timer);
  if (path === null) {
    answer.value = null;
    refusal.value = null;
    return;
  }
  const mine = new AbortController();
  control = mine;
  isAsking.value = true;
  try {
    const body = await getJson(path, { signal: mine.signal });
    answer.value = { body, at: Date.now(), path };
    refusal.value = null;
  } catch (error) {
    if (mine.signal.aborted) return;
    refusal.value = error;
    // A question that cannot be answered must not keep showing the answer to another one.
    if (error.status) answer.value = null;
  }
  isAsking.value = false;
  timer = setTimeout(askAgain, REFRESH_MS);
}
