// Paints what stands still: ground, water, zones, streets and their names. No tiles: all of it is the city's own data.
import { language, nameOf } from "../core/i18n.js";
import { token } from "../core/theme.js";
import { isVisible, pixelsPerMetre, trace } from "./geometry.js";

const WIDTH_M = { trunk: 22, street: 11 };
const LABEL_FROM = { trunk: 13, street: 16.2 };
const STEEP = 0.95; // radians
const LINE_PX = 13;
const FONT = '"Inter", "PingFang SC", "HarmonyOS Sans SC", "Noto Sans CJK SC", "Microsoft YaHei", "WenQuanYi Micro Hei", sans-serif';

/** `ground` is {streets, waters, zones, latitude}, every line and ring in Mercator points with its `box`. */
export class StreetPainter {
  constructor(ground) {
    this.ground = ground;
    this.reset();
  }

  reset() {
    this.colours = Object.fromEntries(
      ["water", "street", "casing", "zone", "zone-fill", "label", "halo"].map((name) => [name, token(`--map-${name}`)]),
    );
  }

  paint(ctx, view) {
    ctx.lineJoin = "round";
    ctx.lineCap = "round";
    this.paintZones(ctx, view);
    this.paintWaters(ctx, view);
    this.paintStreets(ctx, view);
    this.paintZoneLines(ctx, view);
  }

  paintZones(ctx, view) {
    // Outlines contain one another, so every smaller zone deepens the tint of the larger.
    ctx.fillStyle = this.colours["zone-fill"];
    for (const zone of this.ground.zones) {
      trace(ctx, view, zone.outline);
      ctx.fill();
    }
  }

  paintWaters(ctx, view) {
    ctx.fillStyle = this.colours.water;
    for (const water of this.ground.waters) {
      trace(ctx, view, water.outline);
      ctx.fill();
    }
  }

  paintStreets(ctx, view) {
    const metre = pixelsPerMetre(this.ground.latitude, view.zoom);
    const seen = this.ground.streets.filter((street) => isVisible(street.box, view));
    for (const [colour, grow] of [["casing", 1.6], ["street", 0]]) {
      ctx.strokeStyle = this.colours[colour];
      for (const street of seen) {
        ctx.lineWidth = Math.max(street.rank === "trunk" ? 2.6 : 1.2, WIDTH_M[street.rank] * metre) + grow;
        trace(ctx, view, street.path);
        ctx.stroke();
      }
    }
  }

  paintZoneLines(ctx, view) {
    ctx.save();
    ctx.strokeStyle = this.colours.zone;
    ctx.lineWidth = 1.2;
    ctx.setLineDash([2, 5]);
    for (const zone of this.ground.zones) {
      trace(ctx, view, zone.outline);
      ctx.stroke();
    }
    ctx.restore();
  }

  /** Names; on a canvas above the berths, or they could not be read. */
  paintLabels(ctx, view) {
    ctx.lineJoin = "round";
    const taken = [];
    ctx.textAlign = "center";
    ctx.textBaseline = "middle";
    ctx.lineWidth = 3;
    ctx.strokeStyle = this.colours.halo;
    ctx.fillStyle = this.colours.label;
    for (const rank of ["trunk", "street"]) {
      if (view.zoom < LABEL_FROM[rank]) continue;
      ctx.font = `${rank === "trunk" ? 600 : 500} ${rank === "trunk" ? 12 : 11}px ${FONT}`;
      for (const street of this.ground.streets) {
        if (street.rank === rank && isVisible(street.box, view)) this.paintLabel(ctx, view, street, taken);
      }
    }
  }

  paintLabel(ctx, view, street, taken) {
    const text = nameOf(street);
    const length = ctx.measureText(text).width;
    for (const spot of labelSpots(view, street.path, length)) {
      const reach = length / 2 + 8;
      if (taken.some((other) => Math.hypot(other.x - spot.x, other.y - spot.y) < reach + other.reach)) continue;
      taken.push({ ...spot, reach });
      if (language === "zh" && Math.abs(spot.angle) > STEEP) writeDown(ctx, [...text], spot);
      else writeAlong(ctx, text, spot);
    }
  }
}

function writeAlong(ctx, text, { x, y, angle }) {
  ctx.save();
  ctx.translate(x, y);
  ctx.rotate(angle);
  ctx.strokeText(text, 0, 0);
  ctx.fillText(text, 0, 0);
  ctx.restore();
}

/** Chinese names on steep streets stand upright, one character under the other. */
function writeDown(ctx, characters, { x, y, angle }) {
  const lean = Math.cos(angle) / Math.sin(angle);
  const first = -(characters.length - 1) / 2;
  for (const draw of ["strokeText", "fillText"]) {
    characters.forEach((character, i) => {
      if (character === " ") return;
      const down = (first + i) * LINE_PX;
      ctx[draw](character, x + down * lean, y + down);
    });
  }
}

/** Places along a path where a text of this length fits, one about every 700 pixels, never upside down. */
function labelSpots(view, path, length) {
  const spots = [];
  let next = 220;
  let walked = 0;
  for (let i = 1; i < path.length; i += 1) {
    const ax = path[i - 1][0] * view.scale - view.left;
    const ay = path[i - 1][1] * view.scale - view.top;
    const bx = path[i][0] * view.scale - view.left;
    const by = path[i][1] * view.scale - view.top;
    walked += Math.hypot(bx - ax, by - ay);
    if (walked < next) continue;
    const x = (ax + bx) / 2;
    const y = (ay + by) / 2;
    if (x < -length || y < -length || x > view.width + length || y > view.height + length) continue;
    let angle = Math.atan2(by - ay, bx - ax);
    if (angle > Math.PI / 2) angle -= Math.PI;
    if (angle < -Math.PI / 2) angle += Math.PI;
    spots.push({ x, y, angle });
    next = walked + 700;
  }
  return spots;
}
