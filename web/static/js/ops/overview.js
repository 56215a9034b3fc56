// The state of everything at a glance: figures, what needs somebody, the map, the zones.
import { html } from "../core/ui.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";
import { board, statesVersion, UNKNOWN } from "../store/board.js";
import { kpi } from "../store/live.js";
import { KpiRow } from "../parts/kpi.js";
import { MapCard } from "../parts/mapcard.js";
import { Zones } from "../parts/zones.js";
import { follow, hrefOf } from "./route.js";

/** Under this share of silent berths a city is in its usual state. */
const SILENT_SHARE = 0.02;
const BEHIND = 200;

export function Overview() {
  return html`<div class="overview">
    <${KpiRow} />
    <div class="overview-body">
      <${MapCard} />
      <div class="overview-side"><${Alarms} /><${Zones} /></div>
    </div>
  </div>`;
}

function Alarms() {
  const alarms = present();
  return html`<section class="card" aria-labelledby="alarms-title">
    <h2 class="card-title" id="alarms-title">${t("ops.alarms")}</h2>
    ${alarms.length
      ? html`<ul class="alarms">
          ${alarms.map(
            ([key, words, href]) => html`<li key=${key}>${href ? html`<a href=${href} onClick=${follow}>${words}</a>` : words}</li>`,
          )}
        </ul>`
      : html`<p class="note">${t("ops.alarms.none")}</p>`}
  </section>`;
}

function present() {
  statesVersion.value;
  const figures = kpi.value;
  if (!figures) return [];
  const silent = board.states.reduce((sum, state) => sum + (state === UNKNOWN), 0);
  const unconfirmed = figures.signs.total - figures.signs.confirmed;
  return [
    figures.database !== "ok" && ["database", t("trust.why.database", { words: figures.database })],
    figures.broker !== "ok" && ["broker", t("trust.why.broker", { words: figures.broker })],
    silent > board.states.length * SILENT_SHARE && ["silent", t("ops.alarm.silent", { n: count(silent) }), hrefOf("silent")],
    unconfirmed > 0 && ["signs", t("ops.alarm.signs", { n: count(unconfirmed) }), hrefOf("signs", { agrees: "no" })],
    figures.billing_behind > BEHIND && ["billing", t("ops.alarm.billing", { n: count(figures.billing_behind) })],
    figures.stays_held > 0 && ["held", t("ops.alarm.held", { n: count(figures.stays_held) }), hrefOf("stays", { state: "held" })],
    figures.rejects_today > 0 && ["rejects", t("ops.alarm.rejects", { n: count(figures.rejects_today) }), hrefOf("rejects")],
  ].filter(Boolean);
}
