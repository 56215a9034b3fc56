// What the page shows beside the map is in the URL's fragment, so every entity has a link: #/berth/<id>.
import { signal } from "./ui.js";

const KINDS = new Set(["berth", "section", "bill", "violation", "sign"]);

function read() {
  const [, kind, id] = location.hash.split("/");
  return KINDS.has(kind) && id ? { kind, id: decodeURIComponent(id) } : null;
}

/** `{kind, id}` of the entity shown, or null. */
export const place = signal(read());

export function linkTo(kind, id) {
  return `#/${kind}/${encodeURIComponent(id)}`;
}

export function goTo(kind, id) {
  location.hash = linkTo(kind, id);
}

export function goHome() {
  history.pushState(null, "", location.pathname + location.search);
  place.value = null;
}

addEventListener("hashchange", () => {
  place.value = read();
});
addEventListener("popstate", () => {
  place.value = read();
});
