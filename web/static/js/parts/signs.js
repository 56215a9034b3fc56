// The signs as the street sees them, with what is known of each: given, confirmed, expired.
import { html, useSignal } from "../core/ui.js";
import { now } from "../core/clock.js";
import { age } from "../core/format.js";
import { nameOf, t } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { feedsReady, signs } from "../store/feeds.js";
import { trust } from "../store/live.js";
import { Led } from "./led.js";
import { Empty, Loading } from "./notes.js";

export function Signs() {
  const level = useSignal(0);
  const shown = signs.value.filter((sign) => !level.value || sign.level === level.value);
  return html`<section class="card signs" id="signs" aria-labelledby="signs-title">
    <div class="card-head">
      <h2 class="card-title" id="signs-title">${t("signs.title")}</h2>
      <${Levels} level=${level} />
    </div>
    ${!feedsReady.value
      ? html`<${Loading} />`
      : !shown.length
        ? html`<${Empty} words=${t("signs.empty")} />`
        : html`<ul class="sign-strip" tabindex="0" aria-label=${t("signs.title")}>
            ${shown.map((sign) => html`<${Sign} key=${sign.sign_id} sign=${sign} />`)}
          </ul>`}
  </section>`;
}

function Levels({ level }) {
  const levels = [...new Set(signs.value.map((sign) => sign.level))];
  if (levels.length < 2) return null;
  return html`<div class="segments" role="group" aria-label=${t("signs.title")}>
    ${[0, ...levels].map(
      (one) => html`<button type="button" key=${one} aria-pressed=${level.value === one} onClick=${() => (level.value = one)}>
        ${one ? t("signs.level", { level: one }) : t("signs.all")}
      </button>`,
    )}
  </div>`;
}

/** A sign that the page cannot vouch for shows what the street's own fallback is: no number. */
export function isExpired(sign) {
  return trust.value === "stale" || Date.parse(sign.expires_at) <= now.value;
}

export function signStatus(sign) {
  if (isExpired(sign)) return "expired";
  return sign.shown_at ? "confirmed" : "sent";
}

function Sign({ sign }) {
  const status = signStatus(sign);
  return html`<li class="sign">
    <a class="sign-link" href=${linkTo("sign", sign.sign_id)}>
      <span class="sign-name"><b>${nameOf(sign)}</b><small class="num">${sign.sign_id}</small></span>
      <${Led} rows=${sign.rows} stale=${status === "expired"} />
      <span class=${`sign-status is-${status}`}>
        <i class="dot" aria-hidden="true"></i>${t(`signs.${status}`)}
        <span class="num">${age((now.value - Date.parse(sign.published_at)) / 1000)}</span>
      </span>
    </a>
  </li>`;
}
