// One bill: what it comes to, line by line, with the document that each amount follows.
import { html } from "../core/ui.js";
import { dayTime, duration, money } from "../core/format.js";
import { language, t, term } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { useResource } from "../core/resource.js";
import { sectionLabel } from "../store/city.js";
import { Plate } from "./bills.js";
import { Facts } from "./facts.js";
import { Empty, Failure, Loading } from "./notes.js";

export function BillPanel({ id }) {
  const bill = useResource(`/stays/${encodeURIComponent(id)}/bill`, { refreshMs: 30000 });
  if (bill.error?.status === 404) return html`<${Empty} words=${t("bill.none")} />`;
  if (bill.error) return html`<${Failure} error=${bill.error} retry=${bill.reload} />`;
  if (!bill.value) return html`<${Loading} words=${t("panel.loading")} />`;
  return html`<${Body} bill=${bill.value} />`;
}

function Body({ bill }) {
  return html`<h2 class="panel-title num">${bill.amount_fen ? money(bill.amount_fen) : t("bills.free")}</h2>
    <p class="panel-sub">
      <${Plate} plate=${bill.plate} missing=${t("bills.noplate")} /> · ${sectionLabel(bill.section_id)} · ${term("class", bill.zone_class)}
    </p>
    <${Facts}
      rows=${[
        [t("panel.berth"), html`<a href=${linkTo("berth", bill.berth_id)}>${bill.berth_id}</a>`],
        [t("bill.from"), bill.charged_from_at && html`<span class="num">${dayTime(bill.charged_from_at)}</span>`],
        [t("bill.to"), bill.charged_to_at && html`<span class="num">${dayTime(bill.charged_to_at)}</span>`],
        [t("bill.stay"), bill.minutes > 0 && html`<span class="num">${duration(bill.minutes * 60000)}</span>`],
        [t("bill.tariff"), bill.tariff],
        [t("bill.document"), bill.document_no],
        [t("bill.version"), bill.version > 1 && t("bill.version.no", { n: bill.version })],
      ]}
    />
    <h3 class="block-title">${t("bill.lines")}</h3>
    <ol class="bill-lines">
      ${bill.lines.map((line, number) => html`<${Line} key=${number} line=${line} />`)}
      <li class="bill-total"><b>${t("bill.total")}</b><b class="num">${money(bill.amount_fen)}</b></li>
    </ol>
    ${bill.notes.map((note) => html`<p class="why">${note[language]}</p>`)}
    <p class="why">${t("bill.bounds")}</p>`;
}

/** A line's own sentence begins with its name, which stands above it here. */
function Line({ line }) {
  const name = line[`name_${language}`];
  return html`<li>
    <span>${name}<small class="num">${line[language].slice(name.length).trim()}</small></span>
    <span class="num">${money(line.amount_fen)}</span>
  </li>`;
}
