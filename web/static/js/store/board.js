// What this page holds of every berth, as arrays in the server's order: places are set once, states change.
import { signal } from "../core/ui.js";

export const FREE = 0;
export const OCCUPIED = 1;
export const UNKNOWN = 2;
export const CLOSED = 3;
/** Shown only: an occupied berth with an open overstay. Never on the wire. */
export const OVERSTAY = 4;
export const STATES = ["free", "occupied", "unknown", "closed", "overstay"];

export const board = {
  layout: "",
  ids: [],
  numberOf: new Map(),
  x: new Float64Array(0), // Mercator, 0 to 1 round the world, so that a zoom is one multiplication
  y: new Float64Array(0),
  heading: new Float32Array(0), // radians clockwise from east on the screen, along the kerb
  sectionOf: new Uint16Array(0),
  states: new Uint8Array(0),
  sections: [], // {section_id, name, name_en, zone_id, path: [[x, y]], counts: [4], berths: [numbers]}
  sectionNo: new Map(),
};

/** Bumped when places, states or counts changed; read it to follow the board. */
export const placesVersion = signal(0);
export const statesVersion = signal(0);
/** Numbers of the berths with an open overstay. */
export const overstays = signal(new Set());

const listeners = new Set();

/** Call `listen(numbers)` with the berths of every delta; returns a function that stops it. */
export function onChange(listen) {
  listeners.add(listen);
  return () => listeners.delete(listen);
}

/** The state a berth is shown in. */
export function shown(number) {
  const state = board.states[number];
  return state === OCCUPIED && overstays.value.has(number) ? OVERSTAY : state;
}

export function applySnapshot({ states, sections }) {
  const bytes = Uint8Array.from(atob(states), (character) => character.charCodeAt(0));
  board.states.set(bytes.subarray(0, board.states.length));
  applyCounts(sections);
  statesVersion.value += 1;
}

export function applyDelta({ berths, sections }) {
  const changed = [];
  for (const [number, state] of berths) {
    if (board.states[number] === state) continue;
    board.states[number] = state;
    changed.push(number);
  }
  applyCounts(sections);
  statesVersion.value += 1;
  if (changed.length) for (const listen of listeners) listen(changed);
}

function applyCounts(sections) {
  for (const [id, counts] of Object.entries(sections)) {
    const number = board.sectionNo.get(id);
    if (number !== undefined) board.sections[number].counts = counts;
  }
}

export function findBerth(id) {
  return board.numberOf.get(id);
}

export function findSection(id) {
  return board.sections[board.sectionNo.get(id)];
}
