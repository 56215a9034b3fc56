// Berths that nobody can vouch for now: their devices have been silent for longer than their limit.
import { html } from "../core/ui.js";
import { nameOf, t } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { board, statesVersion, UNKNOWN } from "../store/board.js";
import { zoneOf } from "../store/city.js";
import { Table } from "./table.js";

const columns = () => [
  {
    name: t("panel.berth"),
    text: (number) => board.ids[number],
    cell: (number) => html`<a href=${linkTo("berth", board.ids[number])}>${board.ids[number]}</a>`,
  },
  { name: t("panel.section"), text: (number) => nameOf(sectionOf(number)) },
  { name: t("berth.zone"), text: (number) => nameOf(zoneOf(sectionOf(number).zone_id)) },
];

function sectionOf(number) {
  return board.sections[board.sectionOf[number]];
}

export function Silent() {
  statesVersion.value;
  const rows = [];
  board.states.forEach((state, number) => state === UNKNOWN && rows.push(number));
  // Everything at once is the street, not its devices; the banner on top says so.
  return html`<${Table} title=${t("ops.silent")} file="silent" columns=${columns()} list=${{ rows: rows.slice(0, 1000) }} keyOf=${(number) => number} empty=${t("ops.silent.empty")} />`;
}
