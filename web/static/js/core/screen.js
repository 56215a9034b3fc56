// Whether the page is laid out for a narrow screen; the width is that of the style sheets.
import { signal } from "./ui.js";

const query = matchMedia("(max-width: 860px)");

export const narrow = signal(query.matches);

query.addEventListener("change", () => (narrow.value = query.matches));
