// The face of a guidance sign: text as a matrix of lit and dark dots, as the street sees it.
import { html, useEffect, useRef } from "../core/ui.js";
import { language, nameOf, t } from "../core/i18n.js";

const HEIGHT = 16; // dots of a character on such signs
const LINE = HEIGHT + 4;
const PITCH = 1.5; // CSS pixels a dot
const COLUMNS = 192;
const LIT = 105; // coverage out of 255 above which a dot is lit
const COLOURS = { name: "#ffb938", free: "#4dff8a", low: "#ffb938", full: "#ff6455", closed: "#ff6455", stale: "#d8963a" };
const DARK = "#1d1b18";
const ARROWS = {
  left: ["...#....", "..##....", ".#######", "########", ".#######", "..##....", "...#...."],
  right: ["....#...", "....##..", "#######.", "########", "#######.", "....##..", "....#..."],
  ahead: ["...##...", "..####..", ".######.", "###..###", "...##...", "...##...", "...##..."],
};

/** `stale` shows the street's own fallback, whatever the rows say. Faces out of sight are not drawn. */
export function Led({ rows, stale }) {
  const canvas = useRef(null);
  const key = `${stale} ${rows.map((row) => `${row.word} ${row.free} ${row.name}`).join("|")}`;
  useEffect(() => drawWhenSeen(canvas.current, () => drawFace(canvas.current, rows, stale)), [key]);
  return html`<div class="led">
    <canvas ref=${canvas} width=${COLUMNS} height=${rows.length * LINE} style=${faceSize(rows)} aria-hidden="true"></canvas>
    <ul class="unseen">
      ${rows.map((row) => html`<li>${reads(row, stale)}</li>`)}
    </ul>
  </div>`;
}

function faceSize(rows) {
  return { width: `${COLUMNS * PITCH}px`, height: `${rows.length * LINE * PITCH}px` };
}

function drawWhenSeen(canvas, draw) {
  const observer = new IntersectionObserver((entries) => {
    if (!entries.some((entry) => entry.isIntersecting)) return;
    observer.disconnect();
    draw();
  });
  observer.observe(canvas);
  return () => observer.disconnect();
}

export function countText(row, stale) {
  if (stale || row.word === "stale") return t("sign.stale");
  return row.word === "full" || row.word === "closed" ? t(`sign.${row.word}`) : String(row.free);
}

function reads(row, stale) {
  const word = stale ? "stale" : row.word;
  const count = t(`sign.reads.${["full", "closed", "stale"].includes(word) ? word : "free"}`, { n: row.free });
  return t("sign.reads", { name: nameOf(row), direction: t(`direction.${row.direction}`), count });
}

function drawFace(canvas, rows, stale) {
  const density = PITCH * Math.min(window.devicePixelRatio || 1, 2);
  canvas.width = COLUMNS * density;
  canvas.height = rows.length * LINE * density;
  const ctx = canvas.getContext("2d");
  ctx.fillStyle = darkDots(ctx, density);
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.scale(density, density);
  rows.forEach((row, number) => lightRow(ctx, number * LINE + 2, row, stale));
}

const TILE = 6;
let tile = null;

/** One dark dot, drawn once; the pattern is scaled, for a dot's size in pixels need not be whole. */
function darkDots(ctx, density) {
  if (!tile) {
    tile = new OffscreenCanvas(TILE, TILE);
    const pen = tile.getContext("2d");
    pen.fillStyle = DARK;
    pen.arc(TILE / 2, TILE / 2, TILE * 0.3, 0, 7);
    pen.fill();
  }
  const pattern = ctx.createPattern(tile, "repeat");
  pattern.setTransform(new DOMMatrix().scale(density / TILE));
  return pattern;
}

function lightRow(ctx, top, row, stale) {
  const colour = COLOURS[stale ? "stale" : row.word];
  const count = rasterize(countText(row, stale), `700 16px "Inter", ${CJK}`);
  light(ctx, count, COLUMNS - count.width - 2, top, colour);
  light(ctx, fromRows(ARROWS[row.direction]), COLUMNS - 50, top + 4, colour);
  light(ctx, fitted(nameOf(row), COLUMNS - 56), 2, top, stale || row.word === "stale" ? COLOURS.stale : COLOURS.name);
}

const CJK = '"WenQuanYi Micro Hei", "PingFang SC", "Microsoft YaHei", sans-serif';

/** The name as dots, cut at the last whole character that fits. */
function fitted(text, width) {
  const size = language === "en" ? 12 : 15;
  let shown = text;
  let dots = rasterize(shown, `500 ${size}px ${language === "en" ? '"Inter", ' : ""}${CJK}`);
  while (dots.width > width && shown.length > 1) {
    shown = shown.slice(0, -1);
    dots = rasterize(`${shown.trim()}…`, `500 ${size}px ${language === "en" ? '"Inter", ' : ""}${CJK}`);
  }
  return dots;
}

const scratch = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
const known = new Map();

function rasterize(text, font) {
  const key = `${font} ${text}`;
  if (known.has(key)) return known.get(key);
  scratch.font = font;
  const width = Math.max(1, Math.ceil(scratch.measureText(text).width));
  scratch.canvas.width = width;
  scratch.canvas.height = HEIGHT;
  scratch.font = font;
  scratch.textBaseline = "middle";
  scratch.fillText(text, 0, HEIGHT / 2 + 0.5);
  const pixels = scratch.getImageData(0, 0, width, HEIGHT).data;
  const dots = { width, height: HEIGHT, lit: [] };
  for (let i = 0; i < width * HEIGHT; i += 1) if (pixels[4 * i + 3] > LIT) dots.lit.push([i % width, Math.floor(i / width)]);
  known.set(key, dots);
  return dots;
}

function fromRows(rows) {
  const lit = [];
  rows.forEach((row, y) => [...row].forEach((dot, x) => dot === "#" && lit.push([x, y])));
  return { width: 8, height: rows.length, lit };
}

function light(ctx, dots, left, top, colour) {
  ctx.fillStyle = colour;
  ctx.beginPath();
  for (const [x, y] of dots.lit) {
    ctx.moveTo(left + x + 1, top + y + 0.5);
    ctx.arc(left + x + 0.5, top + y + 0.5, 0.5, 0, 7);
  }
  ctx.fill();
}
