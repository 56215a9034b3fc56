// A table of one list: columns in words, loading, empty and failed said, more on request, the same as CSV.
import { html } from "../core/ui.js";
import { count } from "../core/format.js";
import { t } from "../core/i18n.js";
import { Empty, Failure, Loading } from "../parts/notes.js";
import { save, toCsv } from "./csv.js";

/**
 * `columns` are {name, text(row), cell?(row), isNumber?}: `text` is what stands in the CSV, and on the screen unless
 * `cell` draws it. `list` is what `usePages` gives, or {rows}. `keyOf(row)` names a row.
 */
export function Table({ title, file, columns, list, keyOf, empty, children }) {
  return html`<div class="card table-card">
    <div class="table-head">
      <h2 class="card-title">${title}</h2>
      <div class="filters">${children}</div>
      ${list.rows?.length > 0 &&
      html`<button class="button" type="button" onClick=${() => exportRows(file, columns, list.rows)}>${t("ops.csv")}</button>`}
    </div>
    <${Body} columns=${columns} list=${list} keyOf=${keyOf} empty=${empty} title=${title} />
  </div>`;
}

function Body({ columns, list, keyOf, empty, title }) {
  if (list.error && !list.rows) return html`<${Failure} error=${list.error} retry=${list.reload} />`;
  if (!list.rows) return html`<${Loading} words=${t("panel.loading")} />`;
  if (!list.rows.length) return html`<${Empty} words=${empty} />`;
  return html`<div class="table-scroll" tabindex="0" role="region" aria-label=${title}>
      <table>
        <thead>
          <tr>
            ${columns.map((column) => html`<th key=${column.name} scope="col" class=${column.isNumber ? "is-number" : ""}>${column.name}</th>`)}
          </tr>
        </thead>
        <tbody>
          ${list.rows.map(
            (row) => html`<tr key=${keyOf(row)}>
              ${columns.map(
                (column) => html`<td key=${column.name} class=${column.isNumber ? "is-number num" : "num"}>${(column.cell ?? column.text)(row)}</td>`,
              )}
            </tr>`,
          )}
        </tbody>
      </table>
    </div>
    <p class="table-foot">
      <span role="status">${t("ops.shown", { n: count(list.rows.length) })}</span>
      ${list.error && html`<span class="is-bad">${list.error.message}</span>`}
      ${list.hasMore &&
      html`<button class="button" type="button" disabled=${list.isReading} onClick=${list.more}>${t(list.isReading ? "panel.loading" : "ops.more")}</button>`}
    </p>`;
}

function exportRows(file, columns, rows) {
  const body = rows.map((row) => columns.map((column) => column.text(row)));
  save(`${file}.csv`, toCsv(columns.map((column) => column.name), body));
}
