// Four numbers of berths as a bar and as marks with figures. Texture tells the parts apart without colour.
import { html } from "../core/ui.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";
import { STATES } from "../store/board.js";
import { Mark } from "./mark.js";

// Occupied first, so that the bar fills as the street does.
const ORDER = [1, 0, 2, 3];

export function countsInWords(counts) {
  const [free, occupied, unknown, closed] = counts.map(count);
  return t("zones.line", { free, occupied, unknown, closed, capacity: count(capacityOf(counts)) });
}

export function capacityOf(counts) {
  return counts.reduce((sum, number) => sum + number, 0);
}

export function CountsBar({ counts }) {
  const capacity = capacityOf(counts) || 1;
  return html`<div class="bar-counts" role="img" aria-label=${countsInWords(counts)}>
    ${ORDER.map(
      (state) =>
        counts[state] > 0 &&
        html`<span key=${state} class=${`part part-${STATES[state]}`} style=${{ width: `${(100 * counts[state]) / capacity}%` }}></span>`,
    )}
  </div>`;
}

export function CountsRow({ counts }) {
  return html`<ul class="counts-row">
    ${ORDER.map(
      (state) => html`<li key=${state} title=${t(`state.${STATES[state]}`)}>
        <${Mark} state=${STATES[state]} /><span class="unseen">${t(`state.${STATES[state]}`)} </span
        ><b class="num">${count(counts[state])}</b>
      </li>`,
    )}
  </ul>`;
}
