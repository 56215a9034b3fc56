// The stays of one berth: the present one with its fee so far, then the recent ones.
import { html, useEffect } from "../core/ui.js";
import { now } from "../core/clock.js";
import { clockTime, dayTime, duration, money, NONE } from "../core/format.js";
import { t, term } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { useResource } from "../core/resource.js";
import { seesAll } from "../store/live.js";
import { Plate } from "./bills.js";
import { Facts } from "./facts.js";
import { Empty, Failure, Loading } from "./notes.js";

const SHOWN = 6;

export function StaysOfBerth({ id, state }) {
  const stays = useResource(seesAll.value ? `/stays?berth=${encodeURIComponent(id)}&limit=${SHOWN}` : null, { refreshMs: 30000 });
  useEffect(() => {
    if (stays.value) stays.reload();
  }, [state]);
  if (!seesAll.value) return null;
  if (stays.error) return html`<h3 class="block-title">${t("berth.stay")}</h3><${Failure} error=${stays.error} retry=${stays.reload} />`;
  if (!stays.value) return html`<${Loading} words=${t("panel.loading")} />`;
  // The berth's state may be ahead of billing by a moment, so what is running is asked of the stays themselves.
  const [newest, ...earlier] = stays.value.stays;
  const isRunning = newest?.state === "open" || (newest?.state === "held" && !newest.departed);
  const past = isRunning ? earlier : stays.value.stays;
  return html`<h3 class="block-title">${t("berth.stay")}</h3>
    ${isRunning ? html`<${Present} stay=${newest} />` : html`<${Empty} words=${t("berth.stay.none")} />`}
    ${past.length > 0 && html`<h3 class="block-title">${t("berth.last")}</h3><${Past} stays=${past} />`}`;
}

function Present({ stay }) {
  const bill = useResource(`/stays/${encodeURIComponent(stay.stay_id)}/bill`, { refreshMs: 60000 });
  const arrived = Date.parse(stay.arrived.latest_at);
  return html`<${Facts}
    rows=${[
      [t("berth.plate"), html`<${Plate} plate=${stay.plate} missing=${t("bills.noplate")} />`],
      [t("berth.arrived"), html`<span class="num">${momentWords(stay.arrived)}</span>`],
      [t("berth.parked"), html`<span class="num">${duration(now.value - arrived)}</span>`],
      [
        t("berth.fee"),
        html`<a class="num" href=${linkTo("bill", stay.stay_id)}><b>${bill.value ? money(bill.value.amount_fen) : NONE}</b></a>`,
      ],
      [t("stay.state"), stay.state !== "open" && term("stay", stay.state)],
    ]}
  />`;
}

/** An instant that lies between two others, in words. */
export function momentWords({ earliest_at: earliest, latest_at: latest }) {
  const [from, to] = [clockTime(earliest), clockTime(latest)];
  return from === to ? dayTime(latest) : t("berth.between", { from: dayTime(earliest), to });
}

function Past({ stays }) {
  return html`<ul class="past">
    ${stays.map(
      (stay) => html`<li key=${stay.stay_id}>
        <a class="entry" href=${linkTo("bill", stay.stay_id)}>
          <span class="entry-main"><${Plate} plate=${stay.plate} missing=${t("bills.noplate")} /></span>
          <b class="entry-amount num">${amountWords(stay)}</b>
          <span class="entry-sub num">
            ${dayTime(stay.arrived.latest_at)}${stay.departed && ` – ${clockTime(stay.departed.earliest_at)}`}
          </span>
          <span class="entry-time">${stay.state !== "closed" && term("stay", stay.state)}</span>
        </a>
      </li>`,
    )}
  </ul>`;
}

function amountWords(stay) {
  return stay.amount_fen === 0 ? t("bills.free") : money(stay.amount_fen);
}
