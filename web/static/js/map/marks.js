// The five marks of a berth: colour and shape both tell the state. The map, the legend and the panels share them.
import { token } from "../core/theme.js";
import { CLOSED, FREE, OCCUPIED, OVERSTAY, UNKNOWN } from "../store/board.js";

const TOKENS = ["--mark-free", "--mark-occupied", "--mark-unknown", "--mark-closed", "--mark-overstay"];

/** Colours by state as the theme has them now. */
export function markColours() {
  return TOKENS.map(token);
}

/** Draw the mark of a state around (x, y), `size` pixels across. */
export function drawMark(ctx, state, x, y, size, colour, ground) {
  const r = size / 2;
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = Math.max(1, size * 0.16);
  DRAW[state](ctx, x, y, r, ground);
}

const DRAW = {
  [FREE](ctx, x, y, r, ground) {
    ctx.beginPath();
    ctx.arc(x, y, r - ctx.lineWidth / 2, 0, 2 * Math.PI);
    ctx.fillStyle = ground;
    ctx.fill();
    ctx.stroke();
  },
  [OCCUPIED](ctx, x, y, r) {
    ctx.beginPath();
    ctx.arc(x, y, r * 0.94, 0, 2 * Math.PI);
    ctx.fill();
  },
  [UNKNOWN](ctx, x, y, r) {
    const d = r * 0.62;
    ctx.lineCap = "round";
    ctx.beginPath();
    ctx.moveTo(x - d, y - d);
    ctx.lineTo(x + d, y + d);
    ctx.moveTo(x + d, y - d);
    ctx.lineTo(x - d, y + d);
    ctx.stroke();
  },
  [CLOSED](ctx, x, y, r) {
    const d = r * 0.82;
    ctx.save();
    ctx.lineWidth = Math.max(0.8, r * 0.18);
    ctx.beginPath();
    ctx.rect(x - d, y - d, 2 * d, 2 * d);
    ctx.stroke();
    ctx.clip();
    ctx.beginPath();
    for (let s = -d; s <= 3 * d; s += Math.max(2, r * 0.55)) {
      ctx.moveTo(x - d + s, y - d);
      ctx.lineTo(x - 3 * d + s, y + d);
    }
    ctx.stroke();
    ctx.restore();
  },
  [OVERSTAY](ctx, x, y, r, ground) {
    const d = r * 1.12;
    ctx.beginPath();
    ctx.moveTo(x, y - d);
    ctx.lineTo(x + d, y);
    ctx.lineTo(x, y + d);
    ctx.lineTo(x - d, y);
    ctx.closePath();
    ctx.fill();
    ctx.strokeStyle = ground;
    ctx.lineWidth = Math.max(0.8, r * 0.16);
    ctx.stroke();
  },
};

/** One small canvas per state, drawn once per size and theme: stamping is much faster than drawing paths. */
export function makeStamps(size, density) {
  const colours = markColours();
  const ground = token("--map-ground");
  return colours.map((colour, state) => {
    const stamp = document.createElement("canvas");
    const side = Math.ceil(size * 1.3 * density);
    stamp.width = side;
    stamp.height = side;
    const ctx = stamp.getContext("2d");
    ctx.scale(density, density);
    drawMark(ctx, state, side / 2 / density, side / 2 / density, size, colour, ground);
    return stamp;
  });
}
