// The server's time on this screen: the device's own clock may be wrong, so every event from the server corrects it.
import { computed, signal } from "./ui.js";

let offset = 0;

/** The present instant by the server's clock, in milliseconds; ticks once a second. */
export const now = signal(Date.now());

/** The present minute, for whatever would not look different every second. */
export const minute = computed(() => Math.floor(now.value / 60000) * 60000);

export function serverTime() {
  return Date.now() + offset;
}

export function setServerTime(instant) {
  offset = Date.parse(instant) - Date.now();
  tick();
}

function tick() {
  now.value = serverTime();
}

setInterval(tick, 1000);
