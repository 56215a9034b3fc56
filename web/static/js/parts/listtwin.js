// The map's twin as a list: every section and, opened, every berth; for keyboards, screen readers and searching.
import { html, useSignal } from "../core/ui.js";
import { count } from "../core/format.js";
import { nameOf, t } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { board, statesVersion } from "../store/board.js";
import { city } from "../store/city.js";
import { CountsBar, countsInWords } from "./counts.js";
import { Icon } from "./icon.js";
import { Empty } from "./notes.js";
import { BerthGrid } from "./panelsection.js";

export function ListTwin() {
  const text = useSignal("");
  statesVersion.value;
  const found = matching(text.value.trim());
  return html`<div class="twin">
    <label class="search">
      <${Icon} name="search" /><span class="unseen">${t("list.search")}</span>
      <input type="search" placeholder=${t("list.search")} value=${text.value} onInput=${(event) => (text.value = event.target.value)} />
      <small class="num" role="status">${t("list.shown", { n: count(found.length) })}</small>
    </label>
    ${found.length ? html`<${Groups} sections=${found} />` : html`<${Empty} words=${t("list.none", { text: text.value })} />`}
  </div>`;
}

/** Sections whose name holds the text, or that hold the berth it names. */
function matching(text) {
  if (!text) return board.sections;
  const wanted = text.toLowerCase();
  const berth = board.numberOf.get(text.toUpperCase());
  return board.sections.filter(
    (section, number) =>
      section.name.includes(text) ||
      section.name_en.toLowerCase().includes(wanted) ||
      section.section_id.toLowerCase() === wanted ||
      (berth !== undefined && board.sectionOf[berth] === number),
  );
}

function Groups({ sections }) {
  return html`<div class="twin-scroll" tabindex="0" role="region" aria-label=${t("list.title")}>
    ${city.value.zones.map((zone) => {
      const rows = sections.filter((section) => section.zone_id === zone.zone_id);
      return (
        rows.length > 0 &&
        html`<section key=${zone.zone_id} class="twin-zone">
          <h3>${nameOf(zone)}</h3>
          ${rows.map((section) => html`<${Row} key=${section.section_id} section=${section} />`)}
        </section>`
      );
    })}
  </div>`;
}

function Row({ section }) {
  const isOpen = useSignal(false);
  const [free, occupied] = section.counts;
  return html`<details class="twin-row" onToggle=${(event) => (isOpen.value = event.target.open)}>
    <summary>
      <${Icon} name="chevron" />
      <span class="twin-name">${nameOf(section)}</span>
      <span class="unseen">${countsInWords(section.counts)}</span>
      <span class="twin-free num" aria-hidden="true">${count(free)}<small> / ${count(free + occupied)}</small></span>
      <span class="twin-bar" aria-hidden="true"><${CountsBar} counts=${section.counts} /></span>
    </summary>
    ${isOpen.value &&
    html`<div class="twin-open">
      <a class="button" href=${linkTo("section", section.section_id)}>${t("section.more")}</a>
      <${BerthGrid} numbers=${section.berths} label=${t("list.berths", { name: section.label })} />
    </div>`}
  </details>`;
}
