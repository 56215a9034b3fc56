// One server-sent event stream that never gives up: EventSource reconnects by itself after a dropped line, but not
// after an error answer (a restarting server behind a proxy) nor when a line is dead without saying so.
import { signal } from "./ui.js";

const SILENCE_MS = 12000;
const RETRY_MS = [1000, 2000, 4000, 8000, 15000];

/**
 * Open `url` and pass each named event's parsed data to `handlers[name](data)`.
 * Returns `{phase, heardAt, close}`: phase is a signal of "connecting", "open" or "lost", heardAt a signal of the
 * local time in milliseconds at which the last event came, 0 before the first.
 */
export function openStream(url, handlers) {
  const phase = signal("connecting");
  const heardAt = signal(0);
  let source = null;
  let failures = 0;
  let lastId = "";
  let waiting = 0;

  function connect() {
    waiting = 0;
    source = new EventSource(lastId ? `${url}?last_event_id=${encodeURIComponent(lastId)}` : url);
    for (const [name, handle] of Object.entries(handlers)) {
      source.addEventListener(name, (event) => receive(event, handle));
    }
    source.addEventListener("error", () => {
      phase.value = "lost";
      if (source.readyState === EventSource.CLOSED) retry();
    });
  }

  function receive(event, handle) {
    lastId = event.lastEventId;
    failures = 0;
    heardAt.value = Date.now();
    phase.value = "open";
    handle(JSON.parse(event.data));
  }

  function retry() {
    if (waiting) return;
    source.close();
    const pause = RETRY_MS[Math.min(failures, RETRY_MS.length - 1)];
    failures += 1;
    waiting = setTimeout(connect, pause * (0.8 + 0.4 * Math.random()));
  }

  function watch() {
    if (phase.value === "open" && Date.now() - heardAt.value > SILENCE_MS) {
      phase.value = "lost";
      retry();
    }
  }

  const watching = setInterval(watch, 1000);
  connect();
  return {
    phase,
    heardAt,
    close() {
      clearInterval(watching);
      clearTimeout(waiting);
      source.close();
    },
  };
}
