// The map with its legend and notice, or its twin as a list.
import { html, useEffect, useRef, useSignal } from "../core/ui.js";
import { t } from "../core/i18n.js";
import { CityMap } from "../map/citymap.js";
import { city, notice } from "../store/city.js";
import { loaded } from "../store/live.js";
import { Icon } from "./icon.js";
import { Legend } from "./legend.js";
import { ListTwin } from "./listtwin.js";
import { Loading } from "./notes.js";

export function MapCard() {
  const asList = useSignal(false);
  const map = useRef(null);
  return html`<section class="card map-card" id="map" aria-label=${t("map.title")}>
    <div class="map-tools">
      <div class="segments" role="group" aria-label=${t("map.view")}>
        <${View} name="map" pressed=${!asList.value} choose=${() => (asList.value = false)} />
        <${View} name="list" pressed=${asList.value} choose=${() => (asList.value = true)} />
      </div>
      ${!asList.value &&
      html`<button class="tool tool-icon tool-raised" type="button" title=${t("map.home")} aria-label=${t("map.home")} onClick=${() => map.current?.home()}>
        <${Icon} name="home" />
      </button>`}
    </div>
    <${Canvas} map=${map} hidden=${asList.value} />
    ${asList.value && (loaded.value ? html`<${ListTwin} />` : html`<${Loading} words=${t("loading.states")} />`)}
    <div class="map-foot" hidden=${asList.value}>
      <${Legend} />
      ${city.value?.notice && html`<p class="synthetic">${notice()}</p>`}
    </div>
  </section>`;
}

function View({ name, pressed, choose }) {
  return html`<button type="button" aria-pressed=${pressed} onClick=${choose}><${Icon} name=${name} />${t(`map.as${name}`)}</button>`;
}

function Canvas({ map, hidden }) {
  const element = useRef(null);
  const ground = city.value?.ground;
  useEffect(() => {
    if (!ground) return undefined;
    map.current = new CityMap(element.current, ground);
    return () => map.current.destroy();
  }, [ground]);
  return html`<div class="map" hidden=${hidden}>
    <div class="map-canvas" ref=${element} role="application" aria-label=${t("map.label")}></div>
    ${!loaded.value && html`<div class="map-wait"><${Loading} words=${t(ground ? "loading.states" : "loading.city")} /></div>`}
  </div>`;
}
