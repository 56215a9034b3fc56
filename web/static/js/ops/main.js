// The operator console: a view chosen on the left, its rows in the middle, one entity in the panel.
import { tellOfCrashes } from "../core/crash.js";
import { html, render, useEffect } from "../core/ui.js";
import { nameOf, t } from "../core/i18n.js";
import { city } from "../store/city.js";
import { failure, goLive, loaded, seesAll, trust } from "../store/live.js";
import { Freshness } from "../parts/freshness.js";
import { CityClock, Header } from "../parts/header.js";
import { Empty, Failure, Loading } from "../parts/notes.js";
import { Panel } from "../parts/panel.js";
import { StaleBanner } from "../parts/stalebanner.js";
import { Overview } from "./overview.js";
import { Rejects } from "./rejects.js";
import { follow, hrefOf, route, VIEWS } from "./route.js";
import { SignsView } from "./signs.js";
import { Silent } from "./silent.js";
import { Stays } from "./stays.js";
import { ViolationsView } from "./violations.js";

const BODIES = {
  overview: Overview,
  stays: Stays,
  violations: ViolationsView,
  signs: SignsView,
  silent: Silent,
  rejects: Rejects,
};

function Console() {
  useEffect(() => {
    document.documentElement.dataset.trust = trust.value;
  }, [trust.value]);
  return html`<a class="skip" href="#main">${t("skip")}</a>
    <div class="page">
      <${Header} title=${t("ops.title")} cityName=${nameOf(city.value)}><${Freshness} /><${CityClock} /><//>
      <${StaleBanner} />
      <div class="console">
        <nav class="views" aria-label=${t("ops.views")}>
          ${VIEWS.map(
            (view) => html`<a key=${view} href=${hrefOf(view)} onClick=${follow} aria-current=${route.value.view === view ? "page" : undefined}>${t(`ops.view.${view}`)}</a>`,
          )}
        </nav>
        <main class="console-main" id="main" tabindex="-1"><${View} /><${Panel} /></main>
      </div>
    </div>`;
}

function View() {
  if (failure.value) return html`<${Failure} error=${failure.value} />`;
  if (!loaded.value) return html`<${Loading} words=${t("loading.city")} />`;
  if (!seesAll.value) return html`<${Empty} words=${t("ops.staff")} />`;
  const { view } = route.value;
  const Body = BODIES[view];
  return html`<${Body} key=${view} />`;
}

tellOfCrashes();
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${Console} />`, root);
goLive();
