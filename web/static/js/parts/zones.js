// How full each zone is.
import { html } from "../core/ui.js";
import { count, percent } from "../core/format.js";
import { nameOf, t } from "../core/i18n.js";
import { city } from "../store/city.js";
import { kpi } from "../store/live.js";
import { capacityOf, CountsBar, CountsRow } from "./counts.js";
import { occupancy } from "./kpi.js";
import { Loading } from "./notes.js";

export function Zones() {
  const counts = kpi.value?.zones;
  return html`<section class="card zones" id="zones" aria-labelledby="zones-title">
    <h2 class="card-title" id="zones-title">${t("zones.title")}</h2>
    ${counts && city.value
      ? html`<ul class="zone-list">
          ${city.value.zones.map((zone) => html`<${ZoneRow} key=${zone.zone_id} zone=${zone} counts=${counts[zone.zone_id]} />`)}
        </ul>`
      : html`<${Loading} words=${t("loading.states")} />`}
  </section>`;
}

function ZoneRow({ zone, counts }) {
  if (!counts) return null;
  return html`<li class="zone">
    <div class="zone-head">
      <h3>${nameOf(zone)} <small class="num">${percent(occupancy(counts))}</small></h3>
      <p class="zone-free"><b class="num">${count(counts[0])}</b> <span class="num">${t("zones.free", { capacity: count(capacityOf(counts)) })}</span></p>
    </div>
    <${CountsBar} counts=${counts} />
    <${CountsRow} counts=${counts} />
  </li>`;
}
