// Messages that were refused, and why.
import { html } from "../core/ui.js";
import { dayTime, NONE } from "../core/format.js";
import { t, term } from "../core/i18n.js";
import { pathOf, Select } from "./filters.js";
import { usePages } from "./pages.js";
import { Table } from "./table.js";

const REASONS = [
  "unknown_topic", "malformed", "too_large", "unknown_device", "unknown_berth", "closed_berth", "future", "too_old", "duplicate",
  "no_berth_mapping", "simulated", "flooding",
];

const columns = () => [
  { name: t("ops.received"), text: (one) => dayTime(one.received_at) },
  { name: t("ops.reason"), text: (one) => term("reason", one.reason) },
  { name: t("berth.device"), text: (one) => one.device_id ?? NONE },
  { name: t("ops.detail"), text: (one) => one.detail },
  { name: t("ops.topic"), text: (one) => one.topic },
  { name: t("ops.payload"), text: (one) => one.payload, cell: (one) => html`<code>${one.payload}</code>` },
];

export function Rejects() {
  const list = usePages(pathOf("/rejects", ["reason"]), "rejects");
  return html`<${Table} title=${t("ops.rejects")} file="rejects" columns=${columns()} list=${list} keyOf=${(one) => one.reject_id} empty=${t("ops.rejects.empty")}>
    <${Select} name="reason" label=${t("ops.reason")} options=${REASONS.map((one) => [one, term("reason", one)])} />
  <//>`;
}
