// What the marks mean.
import { html } from "../core/ui.js";
import { t } from "../core/i18n.js";
import { Mark } from "./mark.js";

const SHOWN = ["free", "occupied", "overstay", "unknown", "closed"];

export function Legend() {
  return html`<ul class="legend" aria-label=${t("map.legend")}>
    ${SHOWN.map(
      (state) => html`<li key=${state} title=${state === "unknown" ? t("state.unknown.why") : undefined}>
        <${Mark} state=${state} />${t(`state.${state}`)}
      </li>`,
    )}
  </ul>`;
}
