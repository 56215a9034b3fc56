// The newest bills, all open violations and all signs, as the stream tells them.
import { computed, signal } from "../core/ui.js";
import { board, overstays } from "./board.js";

const BILLS_KEPT = 60;
const VIOLATIONS_KEPT = 400;
const FLUSH_MS = 250;

export const bills = signal([]);
const violationsById = signal(new Map());
const signsById = signal(new Map());
/** Whether the stream has told these lists at least once since it opened. */
export const feedsReady = signal(false);

/** Violations that still hold, newest first. */
export const violations = computed(() =>
  [...violationsById.value.values()].filter((one) => one.state !== "withdrawn").sort((a, b) => b.event_no - a.event_no),
);
export const signs = computed(() =>
  [...signsById.value.values()].sort((a, b) => a.level - b.level || a.sign_id.localeCompare(b.sign_id)),
);

// A busy city bills several stays a second: the lists are drawn at most four times a second.
let waiting = { bill: [], violation: [], sign: [] };
let timer = 0;

export function addToFeed(kind, entry) {
  waiting[kind].push(entry);
  timer ||= setTimeout(flush, FLUSH_MS);
}

export function clearFeeds() {
  clearTimeout(timer);
  timer = 0;
  waiting = { bill: [], violation: [], sign: [] };
  bills.value = [];
  violationsById.value = new Map();
  signsById.value = new Map();
  feedsReady.value = false;
  // The stream tells the lists right after a snapshot; after this long they are known to be empty.
  timer = setTimeout(flush, 4 * FLUSH_MS);
}

function flush() {
  timer = 0;
  const { bill, violation, sign } = waiting;
  waiting = { bill: [], violation: [], sign: [] };
  if (bill.length) bills.value = newestBills(bill);
  if (violation.length) {
    violationsById.value = merged(violationsById.value, violation, "violation_id", VIOLATIONS_KEPT);
    overstays.value = overstayBerths();
  }
  if (sign.length) signsById.value = merged(signsById.value, sign, "sign_id", Infinity);
  feedsReady.value = true;
}

function newestBills(arrived) {
  // A stay that was charged again replaces its earlier bill.
  const again = new Set(arrived.map((bill) => bill.stay_id));
  const kept = bills.value.filter((bill) => !again.has(bill.stay_id));
  const latest = new Map(arrived.map((bill) => [bill.stay_id, bill]));
  return [...[...latest.values()].reverse(), ...kept].slice(0, BILLS_KEPT);
}

function merged(known, arrived, key, limit) {
  const next = new Map(known);
  for (const entry of arrived) {
    next.delete(entry[key]);
    next.set(entry[key], { ...known.get(entry[key]), ...entry });
  }
  for (const oldest of next.keys()) {
    if (next.size <= limit) break;
    next.delete(oldest);
  }
  return next;
}

function overstayBerths() {
  const found = new Set();
  for (const { rule, state, berth_id: berth } of violationsById.value.values()) {
    if (rule === "overstay" && state !== "withdrawn" && board.numberOf.has(berth)) found.add(board.numberOf.get(berth));
  }
  return found;
}
