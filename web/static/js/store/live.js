// Ties the event stream to the board, the feeds and the figures, and says how far any of it may be believed.
import { batch, computed, effect, signal } from "../core/ui.js";
import { API, ApiError } from "../core/api.js";
import { now, setServerTime } from "../core/clock.js";
import { openStream } from "../core/stream.js";
import { applyDelta, applySnapshot, board } from "./board.js";
import { loadCity } from "./city.js";
import { addToFeed, clearFeeds, signs } from "./feeds.js";

// Events come every second. Past the first limit a value is shown with its age, past the second it is greyed.
const LATE_S = 5;
export const STALE_S = 30;

/** The newest `kpi` body, or null before the first. */
export const kpi = signal(null);
export const phase = signal("connecting");
/** Whether a snapshot has been drawn: until then the page is loading, not empty. */
export const loaded = signal(false);
const heardAt = signal(0);

/** Seconds since the server last spoke to this page. */
export const silence = computed(() => (now.value, heardAt.value ? (Date.now() - heardAt.value) / 1000 : 0));

/** Seconds since the street was last heard, by the server's own word and the time since; null when it never was. */
export const dataAge = computed(() => {
  const figures = kpi.value;
  return figures?.as_of ? Math.max(0, (now.value - Date.parse(figures.as_of)) / 1000) : null;
});

/** "loading", "live", "late" (shown with its age) or "stale" (greyed: nothing on screen may be taken for current). */
export const trust = computed(() => {
  if (!loaded.value || !kpi.value) return "loading";
  if (!kpi.value.fresh || silence.value > STALE_S) return "stale";
  return phase.value === "open" && silence.value <= LATE_S ? "live" : "late";
});

/** Whether this reader may see money, stays and violations: to others the server leaves those figures out. */
export const seesAll = computed(() => {
  const figures = kpi.value;
  return !figures || figures.database !== "ok" || figures.stays_open !== null || figures.bills_today !== null;
});

let knownExpired = new Set();

/** Ids of the signs that show their own fallback by now; of all when the page has long heard nothing of them. */
export const expired = computed(() => {
  const found = signs.value
    .filter((sign) => silence.value > STALE_S || Date.parse(sign.expires_at) <= now.value)
    .map((sign) => sign.sign_id);
  // The same set while nothing changes, or every sign would be drawn again every second.
  if (found.length !== knownExpired.size || found.some((id) => !knownExpired.has(id))) knownExpired = new Set(found);
  return knownExpired;
});

const RELOAD_MS = 3000;

/** Why the city cannot be shown at all, or null; reading it goes on. */
export const failure = signal(null);

// Events that came before the places they speak of were read.
let pending = [];
let isReading = false;

export function goLive() {
  const stream = openStream(`${API}/live`, {
    snapshot: (body) => receive(takeSnapshot, body),
    delta: (body) => receive(applyDelta, body),
    kpi: (body) => receive(takeFigures, body),
    bill: (body) => receive((bill) => addToFeed("bill", bill), body),
    violation: (body) => receive((violation) => addToFeed("violation", violation), body),
    sign: (body) => receive((sign) => addToFeed("sign", sign), body),
  });
  effect(() => {
    phase.value = stream.phase.value;
    heardAt.value = stream.heardAt.value;
  });
  readPlaces("");
}

function receive(take, body) {
  if (body.layout && body.layout !== board.layout) readPlaces(body.layout);
  if (body.layout) pending = [];
  if (isReading) pending.push([take, body]);
  else batch(() => take(body));
}

/** Read the city until it is there, in the layout that the stream speaks of. */
async function readPlaces(layout) {
  if (isReading) return;
  isReading = true;
  while (!(await couldRead())) await new Promise((resolve) => setTimeout(resolve, RELOAD_MS));
  isReading = false;
  const waiting = pending;
  pending = [];
  const spoken = waiting.find(([, body]) => body.layout)?.[1].layout ?? layout;
  if (spoken && spoken !== board.layout) {
    pending = waiting;
    setTimeout(readPlaces, RELOAD_MS, spoken);
    return;
  }
  batch(() => waiting.forEach(([take, body]) => take(body)));
}

async function couldRead() {
  try {
    await loadCity();
    failure.value = null;
    return true;
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    failure.value = error;
    return false;
  }
}

function takeSnapshot(body) {
  clearFeeds();
  applySnapshot(body);
  takeFigures({ at: body.at, ...body.kpi });
  loaded.value = true;
}

function takeFigures(body) {
  setServerTime(body.at);
  kpi.value = body;
}
