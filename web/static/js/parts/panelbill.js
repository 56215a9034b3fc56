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
import { momentWords } from "./stays.js";

export function BillPanel({ id }) {
  const bill = useResource(`/stays/${encodeURIComponent(id)}/bill`, { refreshMs: 30000 });
  if (bill.error?.status === 404) return html`<${Empty} words=${t("bill.none")} />`;
  if (bill.error) return html`<${Failure} error=${bill.error} retry=${bill.reload} />`;
  if (!bill.value) return html`<${Loading} words=${t("panel.loading")} />`;
  return html`<${Body} bill=${bill.value} />`;
}

function Body({ bill }) {
  const { stay } = bill;
  const isFree = bill.amount_fen === 0 && bill.standing === "final";
  return html`<h2 class="panel-title num">${isFree ? t("bills.free") : money(bill.amount_fen)}</h2>
    <p class="panel-sub">
      <${Plate} plate=${stay.plate} missing=${t("bills.noplate")} /> · ${sectionLabel(stay.section_id)} · ${term("class", stay.zone_class)}
    </p>
    ${bill.standing !== "final" && html`<p class="why">${term("standing", bill.standing)}</p>`}
    ${bill.lines.length > 0 && html`<${Lines} bill=${bill} />`}
    ${bill.notes.map((note) => html`<p class="why">${note[language]}</p>`)}
    <${Facts}
      rows=${[
        [t("bill.tariff"), bill.tariff],
        [t("bill.document"), bill.document_no],
        [t("bill.from"), bill.charged_from_at && html`<span class="num">${dayTime(bill.charged_from_at)}</span>`],
        [t("bill.to"), bill.charged_to_at && html`<span class="num">${dayTime(bill.charged_to_at)}</span>`],
        [t("bill.stay"), bill.minutes > 0 && html`<span class="num">${duration(bill.minutes * 60000)}</span>`],
        [t("bill.arrived"), html`<span class="num">${momentWords(stay.arrived)}</span>`],
        [t("bill.departed"), stay.departed && html`<span class="num">${momentWords(stay.departed)}</span>`],
        [t("panel.berth"), html`<a href=${linkTo("berth", stay.berth_id)}>${stay.berth_id}</a>`],
      ]}
    />
    <p class="why">${t("bill.bounds")}</p>
    ${bill.rule.length > 0 && html`<h3 class="block-title">${t("bill.rule")}</h3><${Rule} words=${bill.rule} />`}
    ${bill.versions.length > 1 && html`<h3 class="block-title">${t("bill.versions")}</h3><${Versions} versions=${bill.versions} />`}`;
}

function Rule({ words }) {
  return html`<ul class="rule">
    ${words.map((one) => html`<li>${one[language]}</li>`)}
  </ul>`;
}

function Versions({ versions }) {
  return html`<${Facts}
    rows=${versions.map((one) => [
      `${t("bill.version.no", { n: one.version })} · ${term("charge", one.cause)}`,
      html`<span class="num">${money(one.amount_fen)} · ${dayTime(one.rated_at)}</span>`,
    ])}
  />`;
}

function Lines({ bill }) {
  return html`<h3 class="block-title">${t("bill.lines")}</h3>
    <ol class="bill-lines">
      ${bill.lines.map((line, number) => html`<${Line} key=${number} line=${line} />`)}
      <li class="bill-total"><b>${t("bill.total")}</b><b class="num">${money(bill.amount_fen)}</b></li>
    </ol>`;
}

/** A line's own sentence begins with its name, which stands above it here. */
function Line({ line }) {
  const name = line[`name_${language}`];
  return html`<li>
    <span>${name}<small class="num">${line[language].slice(name.length).trim()}</small></span>
    <span class="num">${money(line.amount_fen)}</span>
  </li>`;
}
