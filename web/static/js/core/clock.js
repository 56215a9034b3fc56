// The server's time on this screen: the device's own clock may be wrong, so every event from the server corrects it.
import { signal } from "./ui.js";

let offset = 0;

/** The present instant by the server's clock, in milliseconds; ticks once a second. */
export const now = signal(Date.now());

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
