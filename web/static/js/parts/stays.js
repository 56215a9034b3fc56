// The stays of one berth: the present one with its fee so far, then the recent ones.
import { html, useEffect } from "../core/ui.js";
import { now } from "../core/clock.js";
import { clockTime, dayTime, duration, money, NONE } from "../core/format.js";
import { t, term } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { useResource } from "../core/resource.js";
import { Plate } from "./bills.js";
import { Facts } from "./facts.js";
import { Empty, Failure, Loading } from "./notes.js";

const SHOWN = 6;

export function StaysOfBerth({ id, state }) {
  const stays = useResource(`/stays?berth=${encodeURIComponent(id)}&limit=${SHOWN}`, { refreshMs: 30000 });
  useEffect(() => {
    if (stays.value) stays.reload();
  }, [state]);
  if (stays.error) return html`<h3 class="block-title">${t("berth.stay")}</h3><${Failure} error=${stays.error} retry=${stays.reload} />`;
  if (!stays.value) return html`<${Loading} words=${t("panel.loading")} />`;
  const open = stays.value.stays.find((stay) => stay.state === "open" || (stay.state === "held" && !stay.departed_latest_at));
  const past = stays.value.stays.filter((stay) => stay !== open);
  return html`<h3 class="block-title">${t("berth.stay")}</h3>
    ${open ? html`<${Present} stay=${open} />` : html`<${Empty} words=${t("berth.stay.none")} />`}
    ${past.length > 0 && html`<h3 class="block-title">${t("berth.last")}</h3><${Past} stays=${past} />`}`;
}

function Present({ stay }) {
  const bill = useResource(`/stays/${encodeURIComponent(stay.stay_id)}/bill`, { refreshMs: 60000 });
  const arrived = Date.parse(stay.arrived_latest_at);
  return html`<${Facts}
    rows=${[
      [t("berth.plate"), html`<${Plate} plate=${stay.plate} missing=${t("bills.noplate")} />`],
      [t("berth.arrived"), html`<span class="num">${arrivalWords(stay)}</span>`],
      [t("bill.stay"), html`<span class="num">${duration(now.value - arrived)}</span>`],
      [t("berth.fee"), html`<a class="num" href=${linkTo("bill", stay.stay_id)}><b>${bill.value ? money(bill.value.amount_fen) : NONE}</b></a>`],
      [t("stay.state"), stay.state !== "open" && term("stay", stay.state)],
    ]}
  />`;
}

export function arrivalWords(stay) {
  const [from, to] = [clockTime(stay.arrived_earliest_at), clockTime(stay.arrived_latest_at)];
  return from === to ? dayTime(stay.arrived_latest_at) : t("berth.arrived.between", { from, to });
}

function Past({ stays }) {
  return html`<ul class="past">
    ${stays.map(
      (stay) => html`<li key=${stay.stay_id}>
        <a class="entry" href=${linkTo("bill", stay.stay_id)}>
          <span class="entry-main"><${Plate} plate=${stay.plate} missing=${t("bills.noplate")} /></span>
          <span class="entry-time">${term("stay", stay.state)}</span>
          <span class="entry-sub num">
            ${dayTime(stay.arrived_latest_at)}${stay.departed_earliest_at && ` – ${clockTime(stay.departed_earliest_at)}`}
          </span>
        </a>
      </li>`,
    )}
  </ul>`;
}
