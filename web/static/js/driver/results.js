// The answer: road sections in the order the driver wants, each with what it is like there. No single berth is promised.
import { html } from "../core/ui.js";
import { now } from "../core/clock.js";
import { age, count, duration, money, NONE } from "../core/format.js";
import { language, nameOf, t, term } from "../core/i18n.js";
import { CountsBar } from "../parts/counts.js";
import { Empty, Failure, Loading } from "../parts/notes.js";
import { answer, askAgain, isAsking, refusal } from "./answer.js";
import { Choice } from "./form.js";
import { settledPath, sort, SORTS, stayMin } from "./question.js";

const WALK_M_PER_MIN = 75;
const FRESH_S = 30;

const ORDER = {
  best: (a, b) => a.parts.total_min - b.parts.total_min,
  cheap: (a, b) => (a.price_fen ?? Infinity) - (b.price_fen ?? Infinity) || a.walk_m - b.walk_m,
  near: (a, b) => a.walk_m - b.walk_m,
  free: (a, b) => b.usable.free - a.usable.free || a.walk_m - b.walk_m,
};

export function Results() {
  if (settledPath.value === null) return html`<${Empty} words=${t("driver.ask")} />`;
  if (!answer.value) {
    return refusal.value
      ? html`<${Failure} error=${refusal.value} retry=${askAgain} />`
      : html`<${Loading} words=${t("driver.searching")} />`;
  }
  const { suggestions } = answer.value.body;
  const rows = [...suggestions].sort(ORDER[sort.value]);
  return html`<${Head} />
    ${rows.length
      ? html`<ol class="offers" aria-busy=${isAsking.value}>
          ${rows.map((one) => html`<${Offer} key=${one.section_id} offer=${one} />`)}
        </ol>`
      : html`<${Empty} words=${t("driver.none")} />`}`;
}

function Head() {
  const { asked, freshness, suggestions } = answer.value.body;
  const where = asked.place ?? t("driver.position");
  return html`<div class="offers-head">
    <div role="status"><h2>${t("driver.found", { n: suggestions.length, place: where })}</h2></div>
    <${Choice} label=${t("driver.sort")} options=${SORTS} chosen=${sort} words=${(one) => t(`driver.sort.${one}`)} />
    <${Age} freshness=${freshness} />
  </div>`;
}

function Age({ freshness }) {
  const passed = (now.value, (Date.now() - answer.value.at) / 1000);
  const total = (freshness.age_s ?? 0) + passed;
  if (!freshness.fresh) return html`<p class="offers-age is-stale">${t("driver.unknown")}</p>`;
  if (refusal.value || passed > FRESH_S) {
    return html`<p class="offers-age is-stale">${t("driver.old", { age: age(total) })} ${refusal.value?.message}</p>`;
  }
  return html`<p class="offers-age num">${t("driver.fresh", { age: age(total) })}</p>`;
}

function Offer({ offer }) {
  const { free, occupied, unknown, closed } = offer.usable;
  return html`<li class="offer">
    <h3><a href=${`/#/section/${encodeURIComponent(offer.section_id)}`}>${nameOf(offer)}</a></h3>
    <p class="offer-free"><b class="num">${count(free)}</b> ${t("driver.free", { n: count(offer.usable.capacity) })}</p>
    <p class="offer-price">
      <b class="num">${offer.price_fen === null ? NONE : offer.price_fen ? money(offer.price_fen) : t("bills.free")}</b>
      ${t("driver.for", { stay: duration(stayMin.value * 60000) })}
    </p>
    <${CountsBar} counts=${[free, occupied, unknown, closed]} />
    <p class="offer-facts">
      <span class="num">${t("driver.walk", { n: Math.max(1, Math.round(offer.walk_m / WALK_M_PER_MIN)), m: count(offer.walk_m) })}</span>
      <span>${term("class", offer.zone_class)}</span>
      <span>${chance(offer)}</span>
    </p>
    ${offer.document_no && html`<p class="offer-rule" lang=${language === "en" ? "zh-CN" : undefined}>${offer.document_no}</p>`}
  </li>`;
}

/** How likely a space is there on arrival, in words: the forecast knows more than what is free now. */
function chance({ usable, at_arrival: then }) {
  if (then.chance >= 0.9) return t("driver.chance.good");
  if (then.chance >= 0.5) return t("driver.chance.some");
  return t(usable.free || then.chance >= 0.1 ? "driver.chance.poor" : "driver.chance.none");
}
