// One berth: its state and why, where it is and for whom, the stay in it and what that costs so far.
import { html, useEffect } from "../core/ui.js";
import { now } from "../core/clock.js";
import { age, clockSeconds, duration, percent, when } from "../core/format.js";
import { nameOf, t, term } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { useResource } from "../core/resource.js";
import { board, findBerth, findSection, shown, STATES, statesVersion } from "../store/board.js";
import { zoneOf } from "../store/city.js";
import { Facts } from "./facts.js";
import { Mark } from "./mark.js";
import { Empty, Failure, Loading } from "./notes.js";
import { StaysOfBerth } from "./stays.js";

const REFRESH_MS = 20000;

export function BerthPanel({ id }) {
  statesVersion.value;
  const number = findBerth(id);
  const berth = useResource(number === undefined ? null : `/berths/${encodeURIComponent(id)}`, { refreshMs: REFRESH_MS });
  const state = number === undefined ? "" : STATES[shown(number)];
  useEffect(() => {
    if (berth.value) berth.reload();
  }, [state]);
  if (number === undefined) return html`<${Empty} words=${t("panel.missing", { kind: t("panel.berth"), id })} />`;
  return html`<h2 class="panel-title num">${id}</h2>
    <p class="panel-sub">
      <a href=${linkTo("section", sectionOf(number).section_id)}>${sectionOf(number).label}</a> · ${nameOf(zoneOf(sectionOf(number).zone_id))}
    </p>
    <p class=${`state-card is-${state}`}>
      <${Mark} state=${state} />
      <b>${t(`state.${state}`)}</b>
      <span class="num">${berth.value?.since_at && sinceWords(berth.value.since_at)}</span>
    </p>
    ${berth.error
      ? html`<${Failure} error=${berth.error} retry=${berth.reload} />`
      : berth.value
        ? html`<${Details} berth=${berth.value} />`
        : html`<${Loading} words=${t("panel.loading")} />`}
    <${StaysOfBerth} id=${id} state=${state} />`;
}

function sectionOf(number) {
  return board.sections[board.sectionOf[number]];
}

function sinceWords(instant) {
  const since = Date.parse(instant);
  return t("berth.since", { time: when(since, now.value), duration: duration(now.value - since) });
}

function Details({ berth }) {
  const limit = berth.time_limit_min;
  return html`<${Why} berth=${berth} />
    <${Facts}
      rows=${[
        [t("berth.kind"), term("kind", berth.kind)],
        [t("berth.limit"), limit ? duration(limit * 60000) : t("berth.limit.none")],
        [t("berth.heard"), berth.heard_until && age((now.value - Date.parse(berth.heard_until)) / 1000)],
        [t("berth.confidence"), berth.confidence != null && percent(berth.confidence)],
        [t("berth.device"), berth.device_ids.join(", ")],
        [t("berth.section"), nameOf(findSection(berth.section_id))],
      ]}
    />`;
}

function Why({ berth }) {
  const change = berth.last_change;
  if (berth.state === "unknown" && change?.to_state !== "unknown") {
    return html`<p class="why">${t("berth.why.silent", { limit: duration(berth.limit_s * 1000) })}</p>`;
  }
  if (!change) return null;
  const earliest = clockSeconds(change.earliest_at);
  const latest = clockSeconds(change.latest_at);
  return html`<p class="why">
    ${term("cause", change.cause)}${t("berth.why.stop")}
    ${earliest !== latest && html` <span class="num">${t("berth.why.between", { earliest, latest })}</span>`}
  </p>`;
}
