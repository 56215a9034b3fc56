// Violations that still hold, newest first: the rule in words, how sure, where and since when.
import { html } from "../core/ui.js";
import { minute } from "../core/clock.js";
import { duration, when } from "../core/format.js";
import { t, term } from "../core/i18n.js";
import { linkTo, place } from "../core/place.js";
import { feedsReady, violations } from "../store/feeds.js";
import { sectionLabel } from "../store/city.js";
import { Plate } from "./bills.js";
import { Icon } from "./icon.js";
import { Mark } from "./mark.js";
import { Empty, Loading } from "./notes.js";

const SHOWN = 80;

export function Violations() {
  return html`<section class="card feed" id="violations" aria-labelledby="violations-title">
    <h2 class="card-title" id="violations-title">${t("violations.title")}</h2>
    <${List} />
  </section>`;
}

function List() {
  if (!feedsReady.value) return html`<${Loading} />`;
  if (!violations.value.length) return html`<${Empty} words=${t("violations.empty")} />`;
  return html`<ol class="feed-list">
    ${violations.value.slice(0, SHOWN).map((one) => html`<${Row} key=${one.violation_id} violation=${one} />`)}
  </ol>`;
}

function Row({ violation }) {
  const isOpen = place.value?.kind === "violation" && place.value.id === violation.violation_id;
  const since = Date.parse(violation.since_at);
  const words = t("violations.since", { time: when(since, minute.value), duration: duration(minute.value - since) });
  return html`<li>
    <a class="entry entry-violation" href=${linkTo("violation", violation.violation_id)} aria-current=${isOpen ? "true" : undefined}>
      ${violation.rule === "overstay" ? html`<${Mark} state="overstay" />` : html`<${Icon} name="alert" />`}
      <span class="entry-main">${term("rule", violation.rule)}</span>
      <${Certainty} state=${violation.state} />
      <span class="entry-sub">
        ${sectionLabel(violation.section_id)}${violation.plate && html` · <${Plate} plate=${violation.plate} />`}
      </span>
      <span class="entry-time num">${words}</span>
    </a>
  </li>`;
}

export function Certainty({ state }) {
  return html`<em class=${`tag tag-${state}`} title=${t(`violation.${state}.why`)}>${t(`violation.${state}`)}</em>`;
}
