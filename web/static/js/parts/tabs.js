// On a narrow screen one part is shown at a time; this bar at the thumb chooses it.
import { html, signal } from "../core/ui.js";
import { t } from "../core/i18n.js";
import { goHome } from "../core/place.js";
import { seesAll } from "../store/live.js";
import { Icon } from "./icon.js";

const TABS = [["map", "map"], ["zones", "zones"], ["bills", "bill"], ["violations", "alert"], ["signs", "sign"]];

const STAFF_ONLY = new Set(["bills", "violations"]);

export const tab = signal("map");

export function Tabs() {
  return html`<nav class="tabs" aria-label=${t("tabs.title")}>
    ${TABS.filter(([name]) => seesAll.value || !STAFF_ONLY.has(name)).map(
      ([name, icon]) => html`<button key=${name} type="button" aria-pressed=${tab.value === name} onClick=${() => choose(name)}>
        <${Icon} name=${icon} />${t(`tabs.${name}`)}
      </button>`,
    )}
  </nav>`;
}

function choose(name) {
  goHome();
  tab.value = name;
}
