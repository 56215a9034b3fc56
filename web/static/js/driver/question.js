// What the driver asks: kept in the URL, so that a search is a link, and asked again whenever it changes.
import { computed, effect, signal } from "../core/ui.js";

export const STAYS_MIN = [30, 60, 120, 240, 480];
export const ARRIVALS_MIN = [0, 10, 20, 30, 60];
export const SORTS = ["best", "cheap", "near", "free"];
const QUIET_MS = 300;

const given = new URLSearchParams(location.search);
/** The berth whose code was scanned: the address is /p/b/<berth>. */
export const scannedBerth = decodeURIComponent(location.pathname.match(/^\/p\/b\/([^/]+)$/)?.[1] ?? "");

export const place = signal(given.get("place") ?? scannedBerth);
/** `{lat, lon}` of the driver, used when no place is named. */
export const position = signal(null);
export const stayMin = signal(within(given.get("stay"), 15, 1440, 60));
export const arriveInMin = signal(within(given.get("arrive"), 0, 180, 0));
export const energy = signal(given.get("energy") === "nev" ? "nev" : "fuel");
export const sort = signal(SORTS.includes(given.get("sort")) ? given.get("sort") : "best");

function within(text, least, most, otherwise) {
  const number = Number.parseInt(text, 10);
  return Number.isNaN(number) ? otherwise : Math.min(most, Math.max(least, number));
}

/** Path of the API for the question as it stands, or null while nothing is asked. */
export const path = computed(() => {
  const query = new URLSearchParams({
    stay_min: stayMin.value,
    arrive_in_min: arriveInMin.value,
    energy: energy.value,
    limit: 20,
  });
  if (place.value.trim()) query.set("place", place.value.trim());
  else if (position.value) {
    query.set("lat", position.value.lat.toFixed(5));
    query.set("lon", position.value.lon.toFixed(5));
  } else return null;
  return `/nearby?${query}`;
});

/** `path`, once the driver has stopped typing or sliding for a moment. */
export const settledPath = signal(path.value);

let timer = 0;

effect(() => {
  const next = path.value;
  clearTimeout(timer);
  timer = setTimeout(() => (settledPath.value = next), QUIET_MS);
});

effect(() => {
  const query = new URLSearchParams(location.search);
  keep(query, "place", place.value === scannedBerth ? "" : place.value);
  keep(query, "stay", stayMin.value === 60 ? "" : stayMin.value);
  keep(query, "arrive", arriveInMin.value || "");
  keep(query, "energy", energy.value === "fuel" ? "" : energy.value);
  keep(query, "sort", sort.value === "best" ? "" : sort.value);
  const text = query.toString();
  history.replaceState(null, "", `${location.pathname}${text && `?${text}`}`);
});

function keep(query, name, value) {
  if (value) query.set(name, value);
  else query.delete(name);
}
