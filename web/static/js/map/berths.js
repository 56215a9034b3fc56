// Paints every berth on one canvas. Far out a berth is a dot; nearer it is its mark; close up its bay is drawn too.
import { board, FREE, shown } from "../store/board.js";
import { token } from "../core/theme.js";
import { pixelsPerMetre } from "./geometry.js";
import { makeStamps, markColours } from "./marks.js";

const DOT_BELOW = 4.6; // pixels between neighbouring berths under which marks could not be told apart
const BAY_FROM = 9.5;
const BERTH_LENGTH_M = 6;
const BAY_M = [5.6, 2.1];
const MARGIN_PX = 12;
// Rare states are painted last so that they are never hidden.
const ORDER = [3, 1, 0, 2, 4];

export class BerthPainter {
  constructor(latitude) {
    this.latitude = latitude;
    this.stampsKey = "";
    this.stamps = [];
    this.dotColours = [];
  }

  /** Forget colours and stamps: the theme changed. */
  reset() {
    this.stampsKey = "";
  }

  paint(ctx, view) {
    const pitch = BERTH_LENGTH_M * pixelsPerMetre(this.latitude, view.zoom);
    this.prepare(pitch, view.density);
    if (pitch < DOT_BELOW) this.paintDots(ctx, view, pitch);
    else this.paintMarks(ctx, view, pitch);
  }

  /** Diameter of a mark in pixels for berths `pitch` pixels apart. */
  static markSize(pitch) {
    return Math.min(Math.max(pitch * 0.88, 5), 15);
  }

  prepare(pitch, density) {
    const size = BerthPainter.markSize(pitch);
    const key = `${size.toFixed(1)} ${density}`;
    if (key === this.stampsKey) return;
    this.stampsKey = key;
    const colours = markColours();
    // Dots have no shape, so free and occupied must differ more in lightness than marks do.
    this.dotColours = colours.with(FREE, token("--dot-free"));
    this.stamps = makeStamps(size, density);
    this.bayColour = token("--map-bay");
  }

  /** In the order along the kerb, whatever the state: where dots overlap, none must win. */
  paintDots(ctx, view, pitch) {
    const side = Math.max(1.6, Math.min(pitch * 0.92, 4));
    for (const number of this.visible(view)) {
      ctx.fillStyle = this.dotColours[shown(number)];
      const x = board.x[number] * view.scale - view.left;
      const y = board.y[number] * view.scale - view.top;
      ctx.fillRect(x - side / 2, y - side / 2, side, side);
    }
  }

  paintMarks(ctx, view, pitch) {
    const rows = this.visibleByState(view);
    if (pitch >= BAY_FROM) this.paintBays(ctx, view, rows);
    for (const state of ORDER) {
      const stamp = this.stamps[state];
      const side = stamp.width / view.density;
      for (const number of rows[state]) {
        const x = board.x[number] * view.scale - view.left;
        const y = board.y[number] * view.scale - view.top;
        ctx.drawImage(stamp, x - side / 2, y - side / 2, side, side);
      }
    }
  }

  paintBays(ctx, view, rows) {
    const metre = pixelsPerMetre(this.latitude, view.zoom);
    const length = BAY_M[0] * metre;
    const width = BAY_M[1] * metre;
    ctx.strokeStyle = this.bayColour;
    ctx.lineWidth = 1;
    for (const numbers of rows) {
      for (const number of numbers) {
        ctx.save();
        ctx.translate(board.x[number] * view.scale - view.left, board.y[number] * view.scale - view.top);
        ctx.rotate(board.heading[number]);
        ctx.strokeRect(-length / 2, -width / 2, length, width);
        ctx.restore();
      }
    }
  }

  visibleByState(view) {
    const rows = [[], [], [], [], []];
    for (const number of this.visible(view)) rows[shown(number)].push(number);
    return rows;
  }

  visible(view) {
    const found = [];
    const west = (view.left - MARGIN_PX) / view.scale;
    const east = (view.left + view.width + MARGIN_PX) / view.scale;
    const north = (view.top - MARGIN_PX) / view.scale;
    const south = (view.top + view.height + MARGIN_PX) / view.scale;
    for (let number = 0; number < board.states.length; number += 1) {
      const x = board.x[number];
      const y = board.y[number];
      if (x >= west && x <= east && y >= north && y <= south) found.push(number);
    }
    return found;
  }
}

/** Number of the berth nearest to a Mercator point within `reach` (Mercator units), or -1. */
export function nearestBerth([x, y], reach) {
  let best = -1;
  let least = reach * reach;
  for (let number = 0; number < board.x.length; number += 1) {
    const dx = board.x[number] - x;
    const dy = board.y[number] - y;
    const distance = dx * dx + dy * dy;
    if (distance < least) {
      least = distance;
      best = number;
    }
  }
  return best;
}
