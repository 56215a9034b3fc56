// The row of key figures. A figure that the server could not tell is a dash, never an old number.
import { html } from "../core/ui.js";
import { count, duration, money, NONE, percent } from "../core/format.js";
import { narrow } from "../core/screen.js";
import { t, term } from "../core/i18n.js";
import { city } from "../store/city.js";
import { dataAge, kpi, seesAll } from "../store/live.js";
import { violations } from "../store/feeds.js";

export function KpiRow() {
  const figures = kpi.value ?? {};
  return html`<section class="kpis" tabindex=${narrow.value ? 0 : undefined} aria-label=${t("kpi.title")}>
    <${Occupancy} figures=${figures} />
    ${seesAll.value && html`<${StaffKpis} figures=${figures} />`}
    <${Lag} figures=${figures} />
  </section>`;
}

function StaffKpis({ figures }) {
  return html`<${Kpi} label=${t("kpi.stays")} value=${count(figures.stays_open)} note=${t("kpi.stays.note", { held: count(figures.stays_held) })} />
    <${Kpi}
      label=${t("kpi.revenue")}
      value=${money(figures.revenue_today_fen)}
      note=${t("kpi.revenue.note", { bills: count(figures.bills_today) })}
    />
    <${Kpi} label=${t("kpi.violations")} value=${count(figures.violations_open)} note=${actionable()} />
    <${Kpi} label=${t("kpi.rejects")} value=${count(figures.rejects_today)} note=${commonest(figures.rejects_by_reason)} />`;
}

function Kpi({ label, value, unit, note, children }) {
  return html`<div class="kpi">
    <h2 class="kpi-label">${label}</h2>
    <p class="kpi-value num">${value}${unit && html`<small>${unit}</small>`}</p>
    ${children ?? html`<p class="kpi-note">${note}</p>`}
  </div>`;
}

export function occupancy([free, occupied] = []) {
  return free + occupied > 0 ? occupied / (free + occupied) : null;
}

function Occupancy({ figures }) {
  return html`<${Kpi} label=${t("kpi.occupancy")} value=${percent(occupancy(figures.city))}>
    <ul class="kpi-zones" title=${t("kpi.occupancy.note")}>
      ${(city.value?.zones ?? []).map(
        (zone) => html`<li key=${zone.zone_id}>
          <span>${zone.zone_class}</span> <b class="num">${percent(occupancy(figures.zones?.[zone.zone_id]))}</b>
        </li>`,
      )}
    </ul>
  <//>`;
}

function Lag({ figures }) {
  const lag = dataAge.value;
  const note = t("kpi.lag.note", {
    behind: count(figures.billing_behind),
    confirmed: count(figures.signs?.confirmed),
    total: count(figures.signs?.total),
  });
  if (lag === null) return html`<${Kpi} label=${t("kpi.lag")} value=${NONE} note=${note} />`;
  if (lag >= 120) return html`<${Kpi} label=${t("kpi.lag")} value=${duration(lag * 1000)} note=${note} />`;
  const seconds = lag < 10 ? lag.toFixed(1) : count(lag);
  return html`<${Kpi} label=${t("kpi.lag")} value=${seconds} unit=${t("kpi.lag.unit")} note=${note} />`;
}

function actionable() {
  return t("kpi.violations.note", { n: count(violations.value.filter((one) => one.state === "actionable").length) });
}

function commonest(reasons) {
  const [first] = Object.entries(reasons ?? {}).sort((a, b) => b[1] - a[1]);
  return first ? t("kpi.rejects.note", { reason: `${term("reason", first[0])} ${count(first[1])}` }) : t("kpi.rejects.none");
}
