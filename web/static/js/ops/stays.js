// Stays and what they owe, found by berth, section or state.
import { html } from "../core/ui.js";
import { dayTime, money, NONE } from "../core/format.js";
import { t, term } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { sectionLabel } from "../store/city.js";
import { pathOf, Select, TextFilter } from "./filters.js";
import { usePages } from "./pages.js";
import { Table } from "./table.js";

const STATES = ["open", "closed", "held", "void"];

const columns = () => [
  {
    name: t("panel.berth"),
    text: (stay) => stay.berth_id,
    cell: (stay) => html`<a href=${linkTo("berth", stay.berth_id)}>${stay.berth_id}</a>`,
  },
  { name: t("panel.section"), text: (stay) => sectionLabel(stay.section_id) },
  { name: t("berth.plate"), text: (stay) => stay.plate ?? NONE },
  { name: t("bill.arrived"), text: (stay) => dayTime(stay.arrived.latest_at) },
  { name: t("bill.departed"), text: (stay) => (stay.departed ? dayTime(stay.departed.earliest_at) : NONE) },
  { name: t("stay.state"), text: (stay) => term("stay", stay.state) },
  { name: t("stay.notes"), text: (stay) => stay.notes.map((one) => term("note", one)).join("; ") },
  {
    name: t("bill.total"),
    isNumber: true,
    text: (stay) => money(stay.amount_fen),
    cell: (stay) => html`<a href=${linkTo("bill", stay.stay_id)}>${stay.amount_fen === null ? t("ops.bill") : money(stay.amount_fen)}</a>`,
  },
];

export function Stays() {
  const list = usePages(pathOf("/stays", ["berth", "section", "state"]), "stays");
  return html`<${Table} title=${t("ops.stays")} file="stays" columns=${columns()} list=${list} keyOf=${(stay) => stay.stay_id} empty=${t("ops.stays.empty")}>
    <${TextFilter} name="berth" label=${t("panel.berth")} hint="SZ1-0001" />
    <${TextFilter} name="section" label=${t("panel.section")} hint="S001" />
    <${Select} name="state" label=${t("stay.state")} options=${STATES.map((one) => [one, term("stay", one)])} />
  <//>`;
}
