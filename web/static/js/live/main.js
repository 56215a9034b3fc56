// The live page: everything about the city now, on one screen.
import { tellOfCrashes } from "../core/crash.js";
import { html, render, useEffect } from "../core/ui.js";
import { nameOf, t } from "../core/i18n.js";
import { place } from "../core/place.js";
import { city } from "../store/city.js";
import { failure, goLive, seesAll, trust } from "../store/live.js";
import { Bills } from "../parts/bills.js";
import { Freshness } from "../parts/freshness.js";
import { CityClock, Header } from "../parts/header.js";
import { KpiRow } from "../parts/kpi.js";
import { MapCard } from "../parts/mapcard.js";
import { Failure } from "../parts/notes.js";
import { Panel } from "../parts/panel.js";
import { Signs } from "../parts/signs.js";
import { StaleBanner } from "../parts/stalebanner.js";
import { tab, Tabs } from "../parts/tabs.js";
import { Violations } from "../parts/violations.js";
import { Zones } from "../parts/zones.js";

function LivePage() {
  useEffect(() => {
    document.documentElement.dataset.trust = trust.value;
  }, [trust.value]);
  return html`<a class="skip" href="#main">${t("skip")}</a>
    <div class=${`page ${place.value ? "has-panel" : ""}`} data-tab=${tab.value}>
      <${Header} title=${t("live.title")} cityName=${nameOf(city.value)}><${Freshness} /><${CityClock} /><//>
      <${StaleBanner} />
      <${KpiRow} />
      <main class="live" id="main" tabindex="-1">
        ${failure.value
          ? html`<${Failure} error=${failure.value} />`
          : html`<${MapCard} /><${Signs} />
              <div class="rail"><${Zones} />${seesAll.value && html`<${Bills} /><${Violations} />`}</div>`}
        <${Panel} />
      </main>
      <${Tabs} />
    </div>`;
}

tellOfCrashes();
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${LivePage} />`, root);
goLive();
