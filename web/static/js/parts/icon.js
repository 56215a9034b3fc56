// The page's few icons, drawn on a 20 by 20 grid with the text's colour.
import { html } from "../core/ui.js";

const PATHS = {
  sun: "M10 3v1.6M10 15.4V17M3 10h1.6M15.4 10H17M5.05 5.05l1.13 1.13M13.82 13.82l1.13 1.13M5.05 14.95l1.13-1.13M13.82 6.18l1.13-1.13M13.2 10a3.2 3.2 0 1 1-6.4 0 3.2 3.2 0 0 1 6.4 0Z",
  moon: "M16.5 11.7A6.8 6.8 0 0 1 8.3 3.5a6.8 6.8 0 1 0 8.2 8.2Z",
  close: "M5 5l10 10M15 5 5 15",
  back: "M12 4.5 6.5 10l5.5 5.5",
  list: "M7 5.5h10M7 10h10M7 14.5h10M3.2 5.5h.1M3.2 10h.1M3.2 14.5h.1",
  map: "M3 5.2 7.6 3.4l4.8 1.8L17 3.4v11.4l-4.6 1.8-4.8-1.8L3 16.6V5.2ZM7.6 3.4v11.4M12.4 5.2v11.4",
  home: "M4 8V4h4M16 8V4h-4M4 12v4h4M16 12v4h-4",
  zones: "M4 16V9M8 16V4M12 16v-5M16 16V7",
  bill: "M5 3h10v14l-2.5-1.6L10 17l-2.5-1.6L5 17V3ZM8 7h4M8 10.5h4",
  alert: "M10 3.2 17.5 16.4h-15L10 3.2ZM10 8.4v3.6M10 14.2v.1",
  sign: "M3 4h14v8H3V4ZM7 12v5M13 12v5M6.5 8h3M12.5 6.8v2.4",
  search: "M12.7 12.7 17 17M14 8.8a5.2 5.2 0 1 1-10.4 0 5.2 5.2 0 0 1 10.4 0Z",
  chevron: "M7.5 4.5 13 10l-5.5 5.5",
};

export function Icon({ name }) {
  if (name === "brand") return html`<${Brand} />`;
  return html`<svg class="icon" viewBox="0 0 20 20" aria-hidden="true" focusable="false">
    <path d=${PATHS[name]} />
  </svg>`;
}

function Brand() {
  return html`<svg class="brand-mark" viewBox="0 0 28 28" aria-hidden="true" focusable="false">
    <rect x="0" y="0" width="28" height="28" rx="8" />
    <path class="brand-p" d="M10.2 21.4V7.2h4.9a4.4 4.4 0 0 1 0 8.8h-4.9" />
    <circle class="brand-dot" cx="20.4" cy="20.6" r="2.2" />
  </svg>`;
}
