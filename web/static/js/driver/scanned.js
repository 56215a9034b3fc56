// The berth whose code the driver has scanned: its state, and what the vehicle in it owes so far.
import { html } from "../core/ui.js";
import { now } from "../core/clock.js";
import { duration, money, when } from "../core/format.js";
import { t, term } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { Plate } from "../parts/bills.js";
import { Facts } from "../parts/facts.js";
import { Mark } from "../parts/mark.js";
import { Empty, Failure, Loading } from "../parts/notes.js";
import { momentWords } from "../parts/stays.js";

export function ScannedBerth({ id }) {
  const name = encodeURIComponent(id);
  const berth = useResource(`/berths/${name}`, { refreshMs: 15000 });
  const stays = useResource(`/stays?berth=${name}&limit=1`, { refreshMs: 15000 });
  if (berth.error?.status === 404) return html`<${Empty} words=${t("driver.scan.missing", { id })} />`;
  if (berth.error) return html`<${Failure} error=${berth.error} retry=${berth.reload} />`;
  if (!berth.value) return html`<${Loading} words=${t("panel.loading")} />`;
  const { state, since_at: since, kind, time_limit_min: limit } = berth.value;
  const running = stays.value?.stays.find((stay) => stay.state === "open");
  return html`<section class="card scanned" aria-label=${t("panel.berth")}>
    <h2 class="panel-title num">${id}</h2>
    <p class=${`state-card is-${state}`}>
      <${Mark} state=${state} /><b>${t(`state.${state}`)}</b>
      <span class="num">${since && t("berth.since", { time: when(since, now.value), duration: duration(now.value - Date.parse(since)) })}</span>
    </p>
    <${Facts}
      rows=${[
        [t("berth.kind"), term("kind", kind)],
        [t("berth.limit"), limit ? duration(limit * 60000) : t("berth.limit.none")],
      ]}
    />
    ${running && html`<${Running} stay=${running} />`}
  </section>`;
}

function Running({ stay }) {
  const bill = useResource(`/stays/${encodeURIComponent(stay.stay_id)}/bill`, { refreshMs: 30000 });
  return html`<h3 class="block-title">${t("berth.stay")}</h3>
    <${Facts}
      rows=${[
        [t("berth.plate"), html`<${Plate} plate=${stay.plate} missing=${t("bills.noplate")} />`],
        [t("berth.arrived"), html`<span class="num">${momentWords(stay.arrived)}</span>`],
        [t("berth.fee"), bill.value && html`<b class="num">${money(bill.value.amount_fen)}</b>`],
        [t("bill.document"), bill.value?.document_no],
      ]}
    />
    <p class="why">${t("driver.scan.leave")}</p>`;
}
