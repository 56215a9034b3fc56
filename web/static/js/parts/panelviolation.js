// One violation: the rule in words, how certain it is and why, where, and since when.
import { html } from "../core/ui.js";
import { now } from "../core/clock.js";
import { dayTime, duration } from "../core/format.js";
import { t, term } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { useResource } from "../core/resource.js";
import { sectionLabel } from "../store/city.js";
import { violations } from "../store/feeds.js";
import { Plate } from "./bills.js";
import { Facts } from "./facts.js";
import { Failure, Loading } from "./notes.js";
import { Certainty } from "./violations.js";

export function ViolationPanel({ id }) {
  const known = violations.value.find((one) => one.violation_id === id);
  const read = useResource(`/violations/${encodeURIComponent(id)}`);
  const one = read.value ? { ...read.value, ...known } : known;
  if (!one) {
    return read.error
      ? html`<${Failure} error=${read.error} retry=${read.reload} />`
      : html`<${Loading} words=${t("panel.loading")} />`;
  }
  const since = Date.parse(one.since_at);
  return html`<h2 class="panel-title">${term("rule", one.rule)}</h2>
    <p class="panel-sub"><${Certainty} state=${one.state} /> ${t(`violation.${one.state}.why`)}</p>
    <${Doubts} doubts=${one.doubts} />
    <${Facts}
      rows=${[
        [t("violation.since"), html`<span class="num">${dayTime(since)}</span>`],
        [t("violation.duration"), one.state !== "withdrawn" && html`<span class="num">${duration(Date.parse(one.until_at ?? new Date(now.value)) - since)}</span>`],
        [t("berth.plate"), html`<${Plate} plate=${one.plate} missing=${t("violations.noplate")} />`],
        [t("panel.berth"), one.berth_id && html`<a href=${linkTo("berth", one.berth_id)}>${one.berth_id}</a>`],
        [t("panel.section"), html`<a href=${linkTo("section", one.section_id)}>${sectionLabel(one.section_id)}</a>`],
        [t("violation.article"), one.article],
        [t("violation.detected"), one.detected_at && html`<span class="num">${dayTime(one.detected_at)}</span>`],
      ]}
    />`;
}

function Doubts({ doubts }) {
  if (!doubts?.length) return null;
  return html`<div class="why">
    <b>${t("violation.doubts")}</b>
    <ul>
      ${doubts.map((doubt) => html`<li key=${doubt}>${term("doubt", doubt)}</li>`)}
    </ul>
  </div>`;
}
