// The driver's form: where, how long, when, which vehicle.
import { html, signal } from "../core/ui.js";
import { duration } from "../core/format.js";
import { t } from "../core/i18n.js";
import { Icon } from "../parts/icon.js";
import { arriveInMin, ARRIVALS_MIN, energy, place, position, stayMin, STAYS_MIN } from "./question.js";

const locating = signal("");

export function Form() {
  return html`<form class="ask" role="search" onSubmit=${(event) => event.preventDefault()}>
    <label class="field field-place">
      <span class="field-name">${t("driver.place")}</span>
      <span class="search">
        <${Icon} name="search" />
        <input
          type="search"
          name="place"
          placeholder=${t("driver.place.hint")}
          value=${place.value}
          onInput=${(event) => (place.value = event.target.value)}
          enterkeyhint="search"
        />
        <button class="tool" type="button" onClick=${locate}>${t("driver.here")}</button>
      </span>
    </label>
    ${locating.value && html`<p class="field-note" role="status">${t(`driver.here.${locating.value}`)}</p>`}
    <${StayField} />
    <details class="more">
      <summary>
        <${Icon} name="chevron" />${t("driver.more")} <b>${arrivalWords(arriveInMin.value)} · ${energyWords(energy.value)}</b>
      </summary>
      <${Choice} label=${t("driver.arrive")} options=${ARRIVALS_MIN} chosen=${arriveInMin} words=${arrivalWords} />
      <${Choice} label=${t("driver.energy")} options=${["fuel", "nev"]} chosen=${energy} words=${energyWords} />
    </details>
  </form>`;
}

function StayField() {
  return html`<div class="field">
    <label class="field-name" for="stay">${t("driver.stay")} <b class="num">${duration(stayMin.value * 60000)}</b></label>
    <input
      id="stay"
      type="range"
      min="15"
      max="720"
      step="15"
      value=${stayMin.value}
      aria-valuetext=${duration(stayMin.value * 60000)}
      onInput=${(event) => (stayMin.value = Number(event.target.value))}
    />
    <div class="chips">
      ${STAYS_MIN.map(
        (minutes) => html`<button key=${minutes} type="button" class="chip num" aria-pressed=${stayMin.value === minutes} onClick=${() => (stayMin.value = minutes)}>
          ${duration(minutes * 60000)}
        </button>`,
      )}
    </div>
  </div>`;
}

function arrivalWords(minutes) {
  return minutes ? t("driver.arrive.in", { n: minutes }) : t("driver.arrive.now");
}

function energyWords(one) {
  return t(`energy.${one}`);
}

/** One of a few, as buttons that stay pressed. */
export function Choice({ label, options, chosen, words }) {
  return html`<div class="field" role="group" aria-label=${label}>
    <span class="field-name">${label}</span>
    <div class="chips">
      ${options.map(
        (one) => html`<button key=${one} type="button" class="chip num" aria-pressed=${chosen.value === one} onClick=${() => (chosen.value = one)}>
          ${words(one)}
        </button>`,
      )}
    </div>
  </div>`;
}

function locate() {
  if (!navigator.geolocation) {
    locating.value = "missing";
    return;
  }
  locating.value = "asking";
  navigator.geolocation.getCurrentPosition(
    ({ coords }) => {
      locating.value = "";
      position.value = { lat: coords.latitude, lon: coords.longitude };
      place.value = "";
    },
    (error) => {
      locating.value = error.code === error.PERMISSION_DENIED ? "denied" : "missing";
    },
    { timeout: 10000, maximumAge: 60000 },
  );
}
