// The driver's page: where to park near a place, what it costs there, and the berth whose code was scanned.
import { tellOfCrashes } from "../core/crash.js";
import { html, render } from "../core/ui.js";
import { timezone } from "../core/format.js";
import { nameOf, t } from "../core/i18n.js";
import { useResource } from "../core/resource.js";
import { Header } from "../parts/header.js";
import { followQuestion } from "./answer.js";
import { Form } from "./form.js";
import { scannedBerth } from "./question.js";
import { Results } from "./results.js";
import { ScannedBerth } from "./scanned.js";

function DriverPage() {
  const city = useResource("/city").value;
  if (city) timezone.value = city.timezone;
  return html`<a class="skip" href="#main">${t("skip")}</a>
    <${Header} title=${t("driver.title")} cityName=${nameOf(city)} />
    <main class="driver" id="main" tabindex="-1">
      ${scannedBerth && html`<${ScannedBerth} id=${scannedBerth} />`}
      <${Form} />
      <section class="answers" aria-label=${t("driver.answers")}><${Results} /></section>
      <footer class="driver-foot">
        <p>${t("driver.promise")}</p>
        ${city?.notice && html`<p>${nameOf({ name: city.notice, name_en: city.notice_en })}</p>`}
      </footer>
    </main>`;
}

tellOfCrashes();
const root = document.getElementById("app");
root.replaceChildren();
render(html`<${DriverPage} />`, root);
followQuestion();
