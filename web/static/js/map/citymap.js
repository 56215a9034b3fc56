// The map of the city: streets below, berths above, what moves on top; and what a click or a hover on it means.
import { CRS, LatLngBounds, Map as LeafletMap, control } from "leaflet";
import { effect } from "../core/ui.js";
import { t, term } from "../core/i18n.js";
import { goHome, goTo, place } from "../core/place.js";
import { reducedMotion, theme } from "../core/theme.js";
import { board, findBerth, findSection, overstays, shown, STATES, statesVersion } from "../store/board.js";
import { BerthPainter, nearestBerth } from "./berths.js";
import { CanvasLayer } from "./canvaslayer.js";
import { boxOf, latLng } from "./geometry.js";
import { PulsePainter } from "./pulses.js";
import { StreetPainter } from "./streets.js";

// Room for the tools that lie over the map.
const HOME = { paddingTopLeft: [20, 56], paddingBottomRight: [20, 12] };
/** Entities that the map brings into view. */
const ON_MAP = new Set(["berth", "section"]);
const REACH_PX = 14;
const BERTH_ZOOM = 18;
/** Below this zoom a click means the road section: nobody can aim at one berth of many. */
const SECTION_BELOW = 16.6;

export class CityMap {
  constructor(element, ground) {
    this.ground = ground;
    this.isTouched = false;
    this.map = this.createMap(element);
    this.streets = new StreetPainter(ground);
    this.berths = new BerthPainter(ground.latitude);
    this.pulses = new PulsePainter(ground.latitude);
    this.layers = [
      new CanvasLayer((ctx, view) => this.streets.paint(ctx, view), { pane: "tilePane" }),
      new CanvasLayer((ctx, view) => this.berths.paint(ctx, view)),
      new CanvasLayer((ctx, view) => this.streets.paintLabels(ctx, view)),
      new CanvasLayer((ctx, view) => this.pulses.paint(ctx, view)),
    ];
    for (const layer of this.layers) layer.addTo(this.map);
    this.endings = this.pulses.attach(this.layers[3]);
    this.tip = element.appendChild(Object.assign(document.createElement("div"), { className: "map-tip", hidden: true }));
    this.listen(element);
  }

  createMap(element) {
    const calm = reducedMotion.matches;
    const map = new LeafletMap(element, {
      crs: CRS.EPSG3857,
      attributionControl: false,
      zoomControl: false,
      zoomSnap: 0.25,
      zoomDelta: 0.75,
      wheelPxPerZoomLevel: 110,
      minZoom: 11.5,
      maxZoom: 20,
      zoomAnimation: !calm,
      inertia: !calm,
      fadeAnimation: false,
    });
    control.zoom({ position: "topright", zoomInTitle: t("map.zoomin"), zoomOutTitle: t("map.zoomout") }).addTo(map);
    map.fitBounds(berthBounds(), { ...HOME, animate: false });
    map.setMaxBounds(boundsOf(this.ground.zones.flatMap((zone) => zone.outline)).pad(0.6));
    return map;
  }

  listen(element) {
    this.map.on("click", (event) => this.choose(event.latlng));
    this.map.on("mousemove", (event) => this.hover(event));
    this.map.on("mouseout movestart", () => this.hideTip());
    this.map.on("moveend", () => (element.dataset.zoom = this.map.getZoom().toFixed(2)));
    for (const touch of ["pointerdown", "wheel", "keydown"]) {
      element.addEventListener(touch, () => (this.isTouched = true), { passive: true });
    }
    const resized = new ResizeObserver(() => this.fitSize());
    resized.observe(element);
    this.endings.push(() => resized.disconnect(), this.followStates(), this.followTheme());
    this.endings.push(effect(() => this.bringIntoView(place.value)));
  }

  /** Follow the card's size; until somebody has moved the map, the whole city stays in sight. */
  fitSize() {
    if (!this.map.getContainer().clientWidth) return;
    this.map.invalidateSize({ animate: false });
    if (!this.isTouched && !ON_MAP.has(place.value?.kind)) this.map.fitBounds(berthBounds(), { ...HOME, animate: false });
  }

  followStates() {
    return effect(() => {
      statesVersion.value;
      overstays.value;
      this.layers[1].repaint();
    });
  }

  followTheme() {
    return effect(() => {
      theme.value;
      this.streets.reset();
      this.berths.reset();
      for (const layer of this.layers) layer.repaint();
    });
  }

  at(latlng) {
    const point = CRS.EPSG3857.latLngToPoint(latlng, 0).divideBy(256);
    return [point.x, point.y];
  }

  berthAt(latlng) {
    return nearestBerth(this.at(latlng), REACH_PX / (256 * 2 ** this.map.getZoom()));
  }

  choose(latlng) {
    const number = this.berthAt(latlng);
    if (number < 0) goHome();
    else if (this.map.getZoom() < SECTION_BELOW) goTo("section", board.sections[board.sectionOf[number]].section_id);
    else goTo("berth", board.ids[number]);
  }

  hover({ latlng, containerPoint }) {
    const number = this.berthAt(latlng);
    this.map.getContainer().classList.toggle("is-aiming", number >= 0);
    if (number < 0) {
      this.hideTip();
      return;
    }
    const section = board.sections[board.sectionOf[number]];
    this.tip.textContent =
      this.map.getZoom() < SECTION_BELOW
        ? t("map.tip.section", { name: section.label, free: section.counts[0] })
        : t("map.tip.berth", { berth: board.ids[number], state: term("state", STATES[shown(number)]) });
    this.tip.hidden = false;
    this.tip.style.transform = `translate(${containerPoint.x}px, ${containerPoint.y}px) translate(-50%, -160%)`;
  }

  hideTip() {
    this.tip.hidden = true;
  }

  bringIntoView(chosen) {
    const animate = !reducedMotion.matches;
    if (chosen?.kind === "berth" && findBerth(chosen.id) !== undefined) {
      const number = findBerth(chosen.id);
      const spot = latLng([board.x[number], board.y[number]]);
      if (this.map.getZoom() < SECTION_BELOW) this.map.setView(spot, BERTH_ZOOM, { animate });
      else if (!this.map.getBounds().pad(-0.1).contains(spot)) this.map.panTo(spot, { animate });
    }
    if (chosen?.kind === "section" && findSection(chosen.id)) {
      const bounds = boundsOf(findSection(chosen.id).path);
      if (!this.map.getBounds().contains(bounds)) this.map.fitBounds(bounds, { padding: [80, 80], maxZoom: 17, animate });
    }
  }

  /** Show the whole city again. */
  home() {
    this.map.fitBounds(berthBounds(), { ...HOME, animate: !reducedMotion.matches });
  }

  destroy() {
    for (const end of this.endings) end();
    this.map.remove();
  }
}

function boundsOf(points) {
  const [west, north, east, south] = boxOf(points);
  return new LatLngBounds(latLng([west, south]), latLng([east, north]));
}

/** Where berths are: the outer zone reaches much farther. */
function berthBounds() {
  return boundsOf(board.sections.flatMap((section) => section.path));
}
