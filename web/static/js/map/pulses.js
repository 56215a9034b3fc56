// What moves on the map: a ring that spreads from a berth that just changed, and the outline of what is selected.
import { effect } from "../core/ui.js";
import { reducedMotion, token } from "../core/theme.js";
import { place } from "../core/place.js";
import { board, findBerth, findSection, onChange, placesVersion } from "../store/board.js";
import { pixelsPerMetre, trace } from "./geometry.js";

const LIFE_MS = 1100;
// Thirty pictures a second are enough for a spreading ring, and half the work of sixty.
const FRAME_MS = 33;
// So many at once are a city at work, not a sign to look at: the oldest make room.
const MOST = 400;

/** Paints pulses and the selection on `layer`, which nothing else paints. */
export class PulsePainter {
  constructor(latitude) {
    this.latitude = latitude;
    this.pulses = new Map();
    this.layer = null;
    this.timer = 0;
  }

  /** Start painting on a layer; returns the functions that end it. */
  attach(layer) {
    this.layer = layer;
    const following = effect(() => {
      place.value;
      placesVersion.value;
      layer.repaint();
    });
    return [onChange((numbers) => this.add(numbers)), following, () => clearTimeout(this.timer)];
  }

  add(numbers) {
    if (reducedMotion.matches || document.hidden) return;
    const born = performance.now();
    for (const number of numbers) this.pulses.set(number, born);
    for (const oldest of this.pulses.keys()) {
      if (this.pulses.size <= MOST) break;
      this.pulses.delete(oldest);
    }
    this.layer.repaint();
  }

  paint(ctx, view) {
    const colour = token("--accent");
    this.paintSelection(ctx, view, colour);
    const metre = pixelsPerMetre(this.latitude, view.zoom);
    const reach = Math.min(Math.max(6, metre * 8), 22);
    const time = performance.now();
    ctx.strokeStyle = colour;
    for (const [number, born] of this.pulses) {
      const passed = (time - born) / LIFE_MS;
      if (passed >= 1) {
        this.pulses.delete(number);
        continue;
      }
      const x = board.x[number] * view.scale - view.left;
      const y = board.y[number] * view.scale - view.top;
      if (x < -30 || y < -30 || x > view.width + 30 || y > view.height + 30) continue;
      ctx.globalAlpha = 0.75 * (1 - passed) ** 1.5;
      ctx.lineWidth = 1.6;
      ctx.beginPath();
      ctx.arc(x, y, 2 + reach * Math.sqrt(passed), 0, 2 * Math.PI);
      ctx.stroke();
    }
    ctx.globalAlpha = 1;
    if (this.pulses.size) this.repaintSoon();
  }

  repaintSoon() {
    this.timer ||= setTimeout(() => {
      this.timer = 0;
      this.layer.repaint();
    }, FRAME_MS);
  }

  paintSelection(ctx, view, colour) {
    const number = place.value?.kind === "berth" ? findBerth(place.value.id) : undefined;
    const section = place.value?.kind === "section" ? findSection(place.value.id) : undefined;
    ctx.lineCap = "round";
    ctx.lineJoin = "round";
    if (section) {
      ctx.globalAlpha = 0.35;
      ctx.strokeStyle = colour;
      ctx.lineWidth = Math.max(9, 9 * pixelsPerMetre(this.latitude, view.zoom));
      trace(ctx, view, section.path);
      ctx.stroke();
      ctx.globalAlpha = 1;
    }
    if (number === undefined) return;
    ctx.strokeStyle = colour;
    ctx.lineWidth = 2.5;
    ctx.beginPath();
    const radius = Math.min(Math.max(9, 4.2 * pixelsPerMetre(this.latitude, view.zoom)), 26);
    ctx.arc(board.x[number] * view.scale - view.left, board.y[number] * view.scale - view.top, radius, 0, 2 * Math.PI);
    ctx.stroke();
  }
}
