// The bar on top of every page: whose city, how current the data is, what time it is there, language and theme.
import { html, useEffect, useRef } from "../core/ui.js";
import { now } from "../core/clock.js";
import { age, clockSeconds, day } from "../core/format.js";
import { language, nameOf, t } from "../core/i18n.js";
import { theme, toggleTheme } from "../core/theme.js";
import { city } from "../store/city.js";
import { dataAge, trust } from "../store/live.js";
import { Icon } from "./icon.js";

export function Header({ title }) {
  return html`<header class="bar">
    <a class="brand" href="/" aria-label=${t("brand")}><${Icon} name="brand" /><b>${t("brand")}</b></a>
    <h1 class="bar-title">
      <span class="bar-city">${nameOf(city.value)}</span>
      <span class="bar-page">${title}</span>
    </h1>
    <${Freshness} />
    <${CityClock} />
    <nav class="bar-tools">
      <a class="tool" href=${languageLink()} hreflang=${language === "en" ? "zh-CN" : "en"} title=${t("header.language.title")}>
        ${t("header.language")}
      </a>
      <${ThemeSwitch} />
    </nav>
  </header>`;
}

function languageLink() {
  const query = new URLSearchParams(location.search);
  query.set("lang", language === "en" ? "zh" : "en");
  return `${location.pathname}?${query}`;
}

function ThemeSwitch() {
  const label = t(theme.value === "dark" ? "header.light" : "header.dark");
  return html`<button class="tool tool-icon" type="button" onClick=${toggleTheme} aria-label=${label} title=${label}>
    <${Icon} name=${theme.value === "dark" ? "sun" : "moon"} />
  </button>`;
}

/** Connection and age of the data, always in sight; only a change of trust is read aloud. */
function Freshness() {
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

function CityClock() {
  return html`<p class="city-clock num"><span>${day(now.value)}</span> <b>${clockSeconds(now.value)}</b></p>`;
}
