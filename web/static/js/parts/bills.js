// The newest bills; a tap opens the lines and the document that they follow.
import { html } from "../core/ui.js";
import { minute } from "../core/clock.js";
import { duration, money, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { linkTo, place } from "../core/place.js";
import { bills, feedsReady } from "../store/feeds.js";
import { sectionLabel } from "../store/city.js";
import { Empty, Loading } from "./notes.js";

export function Bills() {
  return html`<section class="card feed" id="bills" aria-labelledby="bills-title">
    <h2 class="card-title" id="bills-title">${t("bills.title")}</h2>
    <${List} />
  </section>`;
}

function List() {
  if (!feedsReady.value) return html`<${Loading} />`;
  if (!bills.value.length) return html`<${Empty} words=${t("bills.empty")} />`;
  return html`<ol class="feed-list">
    ${bills.value.map((bill) => html`<${Row} key=${bill.charge_id} bill=${bill} />`)}
  </ol>`;
}

function Row({ bill }) {
  const isOpen = place.value?.kind === "bill" && place.value.id === bill.stay_id;
  const parked = Date.parse(bill.departed_at) - Date.parse(bill.arrived_at);
  return html`<li>
    <a class="entry" href=${linkTo("bill", bill.stay_id)} aria-current=${isOpen ? "true" : undefined}>
      <span class="entry-main">
        ${sectionLabel(bill.section_id)}${bill.version > 1 && html` <em class="tag">${t("bills.corrected")}</em>`}
      </span>
      <b class=${`entry-amount num ${bill.amount_fen ? "" : "is-zero"}`}>${bill.amount_fen ? money(bill.amount_fen) : t("bills.free")}</b>
      <span class="entry-sub">${t(`class.${bill.zone_class}`)}${bill.plate && html` · <${Plate} plate=${bill.plate} />`}</span>
      <span class="entry-time num">${bill.departed_at && `${duration(parked)} · ${when(bill.departed_at, minute.value)}`}</span>
    </a>
  </li>`;
}

/** A masked plate, its province and letter set apart as on the plate itself. */
export function Plate({ plate, missing }) {
  if (!plate) return html`<span class="plate plate-none">${missing}</span>`;
  const bare = plate.replace("·", "");
  return html`<span class="plate num">${bare.slice(0, 2)}<i aria-hidden="true">·</i>${bare.slice(2)}</span>`;
}
