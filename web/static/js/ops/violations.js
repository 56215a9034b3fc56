// Violations, found by certainty, rule or section.
import { html } from "../core/ui.js";
import { dayTime, NONE } from "../core/format.js";
import { t, term } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { sectionLabel } from "../store/city.js";
import { Certainty } from "../parts/violations.js";
import { pathOf, Select, TextFilter } from "./filters.js";
import { usePages } from "./pages.js";
import { Table } from "./table.js";

const STATES = ["lead", "actionable", "withdrawn"];
const RULES = [
  "overstay", "no-right-charging", "no-right-disabled", "no-right-resident", "no-right-loading", "outside-hours", "arrears", "cloned-plate",
  "ground-lock-suspected", "ground-lock", "across-berths", "against-direction", "sidewalk", "fire-lane", "bus-stop", "closed-berth",
  "berth-on-tactile-paving", "stray-cycle",
];

const columns = () => [
  {
    name: t("ops.rule"),
    text: (one) => term("rule", one.rule),
    cell: (one) => html`<a href=${linkTo("violation", one.violation_id)}>${term("rule", one.rule)}</a>`,
  },
  { name: t("stay.state"), text: (one) => term("violation", one.state), cell: (one) => html`<${Certainty} state=${one.state} />` },
  {
    name: t("panel.berth"),
    text: (one) => one.berth_id ?? NONE,
    cell: (one) => one.berth_id ? html`<a href=${linkTo("berth", one.berth_id)}>${one.berth_id}</a>` : NONE,
  },
  { name: t("panel.section"), text: (one) => sectionLabel(one.section_id) },
  { name: t("berth.plate"), text: (one) => one.plate ?? NONE },
  { name: t("violation.since"), text: (one) => dayTime(one.since_at) },
  { name: t("violation.detected"), text: (one) => dayTime(one.detected_at) },
  { name: t("violation.doubts"), text: (one) => one.doubts.map((doubt) => term("doubt", doubt)).join("; ") },
];

export function ViolationsView() {
  const list = usePages(pathOf("/violations", ["state", "rule", "section"]), "violations");
  return html`<${Table}
    title=${t("violations.title")}
    file="violations"
    columns=${columns()}
    list=${list}
    keyOf=${(one) => one.violation_id}
    empty=${t("ops.violations.empty")}
  >
    <${Select} name="state" label=${t("stay.state")} options=${STATES.map((one) => [one, t(`violation.${one}`)])} />
    <${Select} name="rule" label=${t("ops.rule")} options=${RULES.map((one) => [one, term("rule", one)])} />
    <${TextFilter} name="section" label=${t("panel.section")} hint="S001" />
  <//>`;
}
