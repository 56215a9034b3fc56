// The bar on top of every page: whose city, where to go, language and theme; a page adds what else it must show.
import { html } from "../core/ui.js";
import { now } from "../core/clock.js";
import { clockSeconds, day } from "../core/format.js";
import { language, t } from "../core/i18n.js";
import { theme, toggleTheme } from "../core/theme.js";
import { Icon } from "./icon.js";

const PAGES = ["/", "/p", "/ops"];

export function Header({ title, cityName, children }) {
  return html`<header class="bar">
    <a class="brand" href="/" aria-label=${t("brand")}><${Icon} name="brand" /><b>${t("brand")}</b></a>
    <h1 class="bar-title">
      <span class="bar-city">${cityName}</span>
      <span class="bar-page">${title}</span>
    </h1>
    <nav class="bar-pages" aria-label=${t("header.pages")}>
      ${PAGES.map(
        (path) => html`<a key=${path} href=${path} aria-current=${isHere(path) ? "page" : undefined}>${t(`header.page.${path}`)}</a>`,
      )}
    </nav>
    ${children}
    <div class="bar-tools">
      <a class="tool" href=${languageLink()} hreflang=${language === "en" ? "zh-CN" : "en"} title=${t("header.language.title")}>
        ${t("header.language")}
      </a>
      <${ThemeSwitch} />
    </div>
  </header>`;
}

function isHere(path) {
  return path === "/" ? location.pathname === "/" : location.pathname.startsWith(path);
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

/** The time of day in the city. */
export function CityClock() {
  return html`<p class="city-clock num"><span>${day(now.value)}</span> <b>${clockSeconds(now.value)}</b></p>`;
}
