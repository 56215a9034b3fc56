// One sign: what it shows, what it should show, and whether it has said so itself.
import { html } from "../core/ui.js";
import { now } from "../core/clock.js";
import { age, when } from "../core/format.js";
import { nameOf, t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { signs } from "../store/feeds.js";
import { expired } from "../store/live.js";
import { Facts } from "./facts.js";
import { Led } from "./led.js";
import { Empty, Failure, Loading } from "./notes.js";
import { signStatus } from "./signs.js";

export function SignPanel({ id }) {
  const given = signs.value.find((sign) => sign.sign_id === id);
  const sign = useResource(`/signs/${encodeURIComponent(id)}`, { refreshMs: 10000 });
  if (sign.error?.status === 404) return html`<${Empty} words=${t("panel.missing", { kind: t("panel.sign"), id })} />`;
  if (sign.error) return html`<${Failure} error=${sign.error} retry=${sign.reload} />`;
  if (!sign.value) return html`<${Loading} words=${t("panel.loading")} />`;
  return html`<h2 class="panel-title">${nameOf(sign.value)}</h2>
    <p class="panel-sub num">${id} · ${t("signs.level", { level: sign.value.level })}</p>
    ${given && html`<${Given} sign=${given} heardAt=${sign.value.heard_at} />`}
    <h3 class="block-title">${t("sign.should")}</h3>
    <${Led} rows=${sign.value.should_show} stale=${false} />
    <h3 class="block-title">${t("sign.rows")}</h3>
    <${Facts}
      rows=${sign.value.should_show.map((row) => [
        `${nameOf(row)} · ${t(`direction.${row.direction}`)} ${t("signs.metres", { n: row.distance_m })}`,
        t(`sign.word.${row.word}`, { n: row.free }),
      ])}
    />`;
}

function Given({ sign, heardAt }) {
  const status = signStatus(sign, expired.value.has(sign.sign_id));
  return html`<h3 class="block-title">${t("sign.shows")}</h3>
    <${Led} rows=${sign.rows} stale=${status === "expired"} />
    <p class=${`sign-status is-${status}`}><i class="dot" aria-hidden="true"></i>${t(`signs.${status}`)}</p>
    <${Facts}
      rows=${[
        [t("sign.published"), when(sign.published_at, now.value)],
        [t("sign.expires"), when(sign.expires_at, now.value)],
        [t("sign.confirmed"), sign.shown_at && when(sign.shown_at, now.value)],
        [t("sign.heard"), heardAt && age((now.value - Date.parse(heardAt)) / 1000)],
      ]}
    />`;
}
