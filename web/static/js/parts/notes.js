// What a part says when it has nothing to show: loading, empty or failed, each in words.
import { html } from "../core/ui.js";
import { t } from "../core/i18n.js";

export function Loading({ words }) {
  return html`<p class="note note-loading"><span class="spinner" aria-hidden="true"></span>${words ?? t("loading.feed")}</p>`;
}

export function Empty({ words }) {
  return html`<p class="note">${words}</p>`;
}

export function Failure({ error, retry }) {
  return html`<div class="note note-error" role="alert">
    <b>${t("error.title")}</b>
    <p>${error.message}</p>
    ${retry && html`<button class="button" type="button" onClick=${retry}>${t("panel.retry")}</button>`}
  </div>`;
}
