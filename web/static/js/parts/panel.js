// The side panel: one entity, opened by its link, closed with Escape; focus goes in and comes back.
import { html, useEffect, useRef } from "../core/ui.js";
import { t } from "../core/i18n.js";
import { goHome, place } from "../core/place.js";
import { loaded } from "../store/live.js";
import { BerthPanel } from "./panelberth.js";
import { BillPanel } from "./panelbill.js";
import { SectionPanel } from "./panelsection.js";
import { SignPanel } from "./panelsign.js";
import { ViolationPanel } from "./panelviolation.js";
import { Icon } from "./icon.js";
import { Loading } from "./notes.js";

const BODIES = {
  berth: BerthPanel,
  bill: BillPanel,
  section: SectionPanel,
  sign: SignPanel,
  violation: ViolationPanel,
};

export function Panel() {
  const frame = useRef(null);
  const shown = place.value;
  const key = shown && `${shown.kind}/${shown.id}`;
  useEffect(() => {
    if (!key) return undefined;
    const opener = document.activeElement;
    frame.current.focus({ preventScroll: true });
    return () => {
      if (opener?.isConnected && opener !== document.body) opener.focus({ preventScroll: true });
    };
  }, [key]);
  if (!shown) return null;
  const Body = BODIES[shown.kind];
  return html`<aside class="panel" tabindex="-1" ref=${frame} aria-label=${t(`panel.${shown.kind}`)} onKeyDown=${closeOnEscape}>
    <header class="panel-bar">
      <p class="panel-kind">${t(`panel.${shown.kind}`)}</p>
      <button class="tool tool-icon" type="button" aria-label=${t("panel.close")} title=${t("panel.close")} onClick=${goHome}>
        <${Icon} name="close" />
      </button>
    </header>
    <div class="panel-body">${loaded.value ? html`<${Body} key=${key} id=${shown.id} />` : html`<${Loading} />`}</div>
  </aside>`;
}

function closeOnEscape(event) {
  if (event.key !== "Escape") return;
  event.stopPropagation();
  goHome();
}
