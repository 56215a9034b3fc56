// A berth's mark as SVG, for text: the same five shapes as on the map.
import { html } from "../core/ui.js";

const SHAPES = {
  free: html`<circle cx="8" cy="8" r="5" fill="none" stroke-width="2.4" />`,
  occupied: html`<circle cx="8" cy="8" r="5.8" stroke="none" />`,
  unknown: html`<path d="M4.2 4.2l7.6 7.6M11.8 4.2l-7.6 7.6" fill="none" stroke-width="2.4" stroke-linecap="round" />`,
  closed: html`<path d="M3 3h10v10H3zM3 8l5-5M3 13L13 3M8 13l5-5" fill="none" stroke-width="1.3" />`,
  overstay: html`<path d="M8 1.4L14.6 8L8 14.6L1.4 8z" stroke="none" />`,
};

export function Mark({ state }) {
  return html`<svg class=${`mark mark-${state}`} viewBox="0 0 16 16" aria-hidden="true" focusable="false">${SHAPES[state]}</svg>`;
}
