// The signs as the street sees them, with what is known of each: given, confirmed, expired.
import { html, useSignal } from "../core/ui.js";
import { now } from "../core/clock.js";
import { age } from "../core/format.js";
import { nameOf, t } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { feedsReady, signs } from "../store/feeds.js";
import { expired } from "../store/live.js";
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
            ${shown.map((sign) => html`<${Sign} key=${sign.sign_id} sign=${sign} isExpired=${expired.value.has(sign.sign_id)} />`)}
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

function Sign({ sign, isExpired }) {
  const status = signStatus(sign, isExpired);
  return html`<li class="sign">
    <a class="sign-link" href=${linkTo("sign", sign.sign_id)}>
      <span class="sign-name"><b>${nameOf(sign)}</b><small class="num">${sign.sign_id}</small></span>
      <${Led} rows=${sign.rows} stale=${isExpired} />
      <span class=${`sign-status is-${status}`}>
        <i class="dot" aria-hidden="true"></i>${t(`signs.${status}`)} <${Age} at=${sign.published_at} />
      </span>
    </a>
  </li>`;
}

export function signStatus(sign, isExpired) {
  if (isExpired) return "expired";
  return sign.shown_at ? "confirmed" : "sent";
}

function Age({ at }) {
  return html`<span class="num">${age((now.value - Date.parse(at)) / 1000)}</span>`;
}
