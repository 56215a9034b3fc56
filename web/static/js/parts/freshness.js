// How far the page may be believed, in words, always in sight on pages that follow the live stream.
import { html, useEffect, useRef } from "../core/ui.js";
import { age } from "../core/format.js";
import { t } from "../core/i18n.js";
import { dataAge, trust } from "../store/live.js";

/** Connection and age of the data, always in sight; only a change of trust is read aloud. */
export function Freshness() {
  const state = trust.value;
  return html`<p class=${`freshness is-${state}`}>
    <span class="freshness-dot" aria-hidden="true"></span>
    <span class="freshness-state">${t(`trust.${state}`)}</span>
    ${state !== "loading" && html`<span class="freshness-age num">${dataWords()}</span>`}
    <${TrustAnnouncer} />
  </p>`;
}

function dataWords() {
  return dataAge.value === null ? t("trust.never") : t("trust.age", { age: age(dataAge.value) });
}

function TrustAnnouncer() {
  const before = useRef("loading");
  const spoken = useRef(null);
  useEffect(() => {
    // The first "live" is what everybody expects, so it stays silent.
    if (before.current !== "loading" && before.current !== trust.value) {
      spoken.current.textContent = t(`trust.announce.${trust.value}`);
    }
    before.current = trust.value;
  }, [trust.value]);
  return html`<span class="unseen" role="status" ref=${spoken}></span>`;
}
