// The city as it stands still: its names, zones, streets, sections, and the places of all berths.
import { signal } from "../core/ui.js";
import { getJson } from "../core/api.js";
import { timezone } from "../core/format.js";
import { nameOf, t } from "../core/i18n.js";
import { boxOf, mercator, mercatorX, mercatorY } from "../map/geometry.js";
import { board, placesVersion, UNKNOWN } from "./board.js";

/** `{name, name_en, notice, notice_en, zones, ground, ...}`, or null until it is read. */
export const city = signal(null);

/** Read the city and lay out the board; raises ApiError. Until states come, every berth is unknown. */
export async function loadCity() {
  const [facts, ground, columns] = await Promise.all([
    getJson("/city"),
    getJson("/city.geojson"),
    getJson("/berths/ids"),
  ]);
  timezone.value = facts.timezone;
  const sections = ground.sections.features.map(sectionOf);
  layOut(columns, sections);
  city.value = {
    ...facts,
    zones: ground.zones.features.map((feature) => feature.properties),
    ground: groundOf(ground, facts.centre.lat),
  };
  placesVersion.value += 1;
}

function sectionOf(feature) {
  const path = feature.geometry.coordinates.map(mercator);
  return { ...feature.properties, path, label: labelOf(feature.properties), counts: [0, 0, 0, 0], berths: [] };
}

/** The name without the junctions in brackets at its end: enough where space is short. */
function labelOf(section) {
  return nameOf(section).replace(/\s*[（(][^（(]*[)）]$/, "");
}

function groundOf(ground, latitude) {
  return {
    latitude,
    streets: ground.streets.features.map(({ geometry, properties }) => {
      const path = geometry.coordinates.map(mercator);
      return { ...properties, path, box: boxOf(path) };
    }),
    waters: ground.waters.features.map((feature) => ({ outline: outerRing(feature) })),
    zones: ground.zones.features.map((feature) => ({ ...feature.properties, outline: outerRing(feature) })),
  };
}

function outerRing(feature) {
  return feature.geometry.coordinates[0].map(mercator);
}

function layOut(columns, sections) {
  const sectionNo = new Map(sections.map((section, number) => [section.section_id, number]));
  const translate = columns.section_ids.map((id) => sectionNo.get(id));
  board.layout = columns.layout;
  board.ids = columns.ids;
  board.numberOf = new Map(columns.ids.map((id, number) => [id, number]));
  board.x = Float64Array.from(columns.lon, mercatorX);
  board.y = Float64Array.from(columns.lat, mercatorY);
  board.sectionOf = Uint16Array.from(columns.section_no, (number) => translate[number]);
  board.states = new Uint8Array(columns.ids.length).fill(UNKNOWN);
  board.sections = sections;
  board.sectionNo = sectionNo;
  board.sectionOf.forEach((section, number) => sections[section].berths.push(number));
  for (const section of sections) section.counts = [0, 0, section.berths.length, 0];
  board.heading = headings();
}

/** The direction of the kerb at every berth, from its section's path: its nearest stretch. */
function headings() {
  const found = new Float32Array(board.ids.length);
  for (const { path, berths } of board.sections) {
    for (const number of berths) found[number] = headingNear(path, board.x[number], board.y[number]);
  }
  return found;
}

function headingNear(path, x, y) {
  let least = Infinity;
  let heading = 0;
  for (let i = 1; i < path.length; i += 1) {
    const [ax, ay] = path[i - 1];
    const [dx, dy] = [path[i][0] - ax, path[i][1] - ay];
    const along = Math.min(1, Math.max(0, ((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)));
    const distance = Math.hypot(ax + along * dx - x, ay + along * dy - y);
    if (distance < least) {
      least = distance;
      heading = Math.atan2(dy, dx);
    }
  }
  return heading;
}

export function sectionLabel(id) {
  const number = board.sectionNo.get(id);
  return number === undefined ? id : board.sections[number].label;
}

export function zoneOf(id) {
  return city.value?.zones.find((zone) => zone.zone_id === id);
}

export function notice() {
  return city.value ? nameOf({ name: city.value.notice, name_en: city.value.notice_en }) : t("map.synthetic");
}
