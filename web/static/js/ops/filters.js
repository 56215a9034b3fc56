// Filters of a view: they write the URL, and the URL chooses the rows.
import { html } from "../core/ui.js";
import { t } from "../core/i18n.js";
import { filterBy, route } from "./route.js";

export function Select({ name, label, options }) {
  return html`<label class="filter">
    <span>${label}</span>
    <select value=${route.value[name] ?? ""} onChange=${(event) => filterBy(name, event.target.value)}>
      <option value="">${t("ops.all")}</option>
      ${options.map(([value, words]) => html`<option key=${value} value=${value} selected=${route.value[name] === value}>${words}</option>`)}
    </select>
  </label>`;
}

export function TextFilter({ name, label, hint }) {
  return html`<label class="filter">
    <span>${label}</span>
    <input type="text" placeholder=${hint} value=${route.value[name] ?? ""} onChange=${(event) => filterBy(name, event.target.value.trim())} />
  </label>`;
}

/** Path of the API for the present filters; `names` are those that it takes. */
export function pathOf(base, names) {
  const query = new URLSearchParams();
  for (const name of names) if (route.value[name]) query.set(name, route.value[name]);
  return query.size ? `${base}?${query}` : base;
}
