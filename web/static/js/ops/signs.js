// Every sign: what it shows beside what it should show, and whether it has said so.
import { html } from "../core/ui.js";
import { now } from "../core/clock.js";
import { age, NONE } from "../core/format.js";
import { nameOf, t } from "../core/i18n.js";
import { linkTo } from "../core/place.js";
import { useResource } from "../core/resource.js";
import { countText } from "../parts/led.js";
import { Select } from "./filters.js";
import { route } from "./route.js";
import { Table } from "./table.js";

function rowsInWords(rows) {
  return rows.map((row) => countText(row, false)).join(" / ");
}

const columns = () => [
  {
    name: t("panel.sign"),
    text: (sign) => sign.sign_id,
    cell: (sign) => html`<a href=${linkTo("sign", sign.sign_id)}>${sign.sign_id}</a>`,
  },
  { name: t("ops.name"), text: nameOf },
  { name: t("sign.shows"), text: (sign) => (sign.given ? (sign.given.expired ? "--" : rowsInWords(sign.given.rows)) : NONE) },
  { name: t("sign.should"), text: (sign) => rowsInWords(sign.should_show) },
  { name: t("ops.agrees"), text: (sign) => t(sign.agrees ? "ops.agrees.yes" : "ops.agrees.no") },
  { name: t("sign.heard"), text: (sign) => (sign.heard_at ? age((now.value - Date.parse(sign.heard_at)) / 1000) : NONE) },
];

export function SignsView() {
  const { value, error, reload } = useResource("/signs", { refreshMs: 10000 });
  const { level, agrees } = route.value;
  const rows = value?.signs.filter(
    (sign) => (!level || String(sign.level) === level) && (!agrees || (agrees === "yes") === sign.agrees),
  );
  return html`<${Table} title=${t("signs.title")} file="signs" columns=${columns()} list=${{ rows, error, reload }} keyOf=${(sign) => sign.sign_id} empty=${t("ops.signs.empty")}>
    <${Select} name="level" label=${t("ops.level")} options=${["1", "2", "3"].map((one) => [one, t("signs.level", { level: one })])} />
    <${Select} name="agrees" label=${t("ops.agrees")} options=${["yes", "no"].map((one) => [one, t(`ops.agrees.${one}`)])} />
  <//>`;
}
