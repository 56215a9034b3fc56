// One road section: how full it is and every berth of it.
import { html } from "../core/ui.js";
import { nameOf, t, term } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { board, findSection, shown, STATES, statesVersion } from "../store/board.js";
import { zoneOf } from "../store/city.js";
import { CountsBar, CountsRow } from "./counts.js";
import { Facts } from "./facts.js";
import { Mark } from "./mark.js";
import { Empty } from "./notes.js";

export function SectionPanel({ id }) {
  statesVersion.value;
  const section = findSection(id);
  if (!section) return html`<${Empty} words=${t("panel.missing", { kind: t("panel.section"), id })} />`;
  return html`<h2 class="panel-title">${section.label}</h2>
    <p class="panel-sub">${nameOf(section)}</p>
    <div class="block">
      <${CountsBar} counts=${section.counts} />
      <${CountsRow} counts=${section.counts} />
    </div>
    <${Facts} rows=${[[t("berth.zone"), nameOf(zoneOf(section.zone_id))]]} />
    <h3 class="block-title">${t("section.berths")}</h3>
    <${BerthGrid} numbers=${section.berths} label=${t("list.berths", { name: section.label })} />`;
}

/** Links to berths, each with its mark; read out as number and state. */
export function BerthGrid({ numbers, label }) {
  return html`<ul class="berth-grid" aria-label=${label}>
    ${numbers.map((number) => html`<${BerthLink} key=${number} number=${number} state=${STATES[shown(number)]} />`)}
  </ul>`;
}

function BerthLink({ number, state }) {
  const id = board.ids[number];
  return html`<li>
    <a href=${linkTo("berth", id)} title=${`${id} · ${term("state", state)}`}>
      <${Mark} state=${state} /><span class="num">${id.slice(id.indexOf("-") + 1)}</span><span class="unseen"> ${term("state", state)}</span>
    </a>
  </li>`;
}
