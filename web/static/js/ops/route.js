// Which view the console shows and how it is filtered: all of it in the URL, so that every screen is a link.
import { signal } from "../core/ui.js";

export const VIEWS = ["overview", "stays", "violations", "signs", "silent", "rejects"];

function read() {
  const query = Object.fromEntries(new URLSearchParams(location.search));
  return { ...query, view: VIEWS.includes(query.view) ? query.view : "overview" };
}

/** `{view, ...filters}`; a filter that is not set is absent. */
export const route = signal(read());

export function hrefOf(view, filters = {}) {
  const query = new URLSearchParams({ view });
  for (const [name, value] of Object.entries(filters)) if (value) query.set(name, value);
  return `/ops?${query}`;
}

export function show(view, filters) {
  history.pushState(null, "", hrefOf(view, filters));
  route.value = read();
}

/** Change one filter of the present view. */
export function filterBy(name, value) {
  const { view, lang, ...filters } = route.value;
  show(view, { ...filters, [name]: value });
}

/** Follow a link of our own without loading the page again; other clicks are the browser's. */
export function follow(event) {
  if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  history.pushState(null, "", event.currentTarget.href);
  route.value = read();
}

addEventListener("popstate", () => {
  route.value = read();
});
