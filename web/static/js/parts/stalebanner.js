// One sentence across the page while nothing on it may be taken for current.
import { html } from "../core/ui.js";
import { now } from "../core/clock.js";
import { age, NONE, when } from "../core/format.js";
import { t } from "../core/i18n.js";
import { kpi, silence, STALE_S, trust } from "../store/live.js";

export function StaleBanner() {
  if (trust.value !== "stale") return null;
  const asOf = kpi.value?.as_of;
  const passed = asOf && (now.value - Date.parse(asOf)) / 1000;
  const key = asOf ? "trust.banner" : "trust.banner.never";
  return html`<section class="stale-banner" aria-label=${t("trust.stale")}>
    ${t(key, { time: asOf ? when(asOf, now.value) : NONE, age: asOf ? age(passed) : "", why: reason() })}
  </section>`;
}

function reason() {
  const { database, broker } = kpi.value ?? {};
  if (silence.value > STALE_S) return t("trust.why.connection");
  if (database && database !== "ok") return t("trust.why.database", { words: database });
  if (broker && broker !== "ok") return t("trust.why.broker", { words: broker });
  return t("trust.why.street");
}
