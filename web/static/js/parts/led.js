// The face of a guidance sign: text as a matrix of lit and dark dots, as the street sees it.
import { html, useEffect, useRef } from "../core/ui.js";
import { language, nameOf, t } from "../core/i18n.js";

const HEIGHT = 16; // dots of a line, the size of a Chinese character on such signs
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

export function Led({ rows, stale }) {
  const canvas = useRef(null);
  const key = `${stale} ${rows.map((row) => `${row.word} ${row.free} ${row.name}`).join("|")}`;
  useEffect(() => {
    drawFace(canvas.current, rows, stale);
  }, [key]);
  return html`<div class="led">
    <canvas ref=${canvas} aria-hidden="true"></canvas>
    <ul class="unseen">
      ${rows.map((row) => html`<li>${reads(row, stale)}</li>`)}
    </ul>
  </div>`;
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
  const density = Math.min(window.devicePixelRatio || 1, 2);
  const lines = rows.length * (HEIGHT + 4);
  canvas.width = COLUMNS * PITCH * density;
  canvas.height = lines * PITCH * density;
  canvas.style.width = `${COLUMNS * PITCH}px`;
  canvas.style.height = `${lines * PITCH}px`;
  const ctx = canvas.getContext("2d");
  ctx.scale(PITCH * density, PITCH * density);
  const matrix = new Array(COLUMNS * lines).fill(DARK);
  rows.forEach((row, number) => lightRow(matrix, number * (HEIGHT + 4) + 2, row, stale));
  for (let i = 0; i < matrix.length; i += 1) {
    ctx.fillStyle = matrix[i];
    ctx.beginPath();
    ctx.arc((i % COLUMNS) + 0.5, Math.floor(i / COLUMNS) + 0.5, matrix[i] === DARK ? 0.24 : 0.5, 0, 7);
    ctx.fill();
  }
}

function lightRow(matrix, top, row, stale) {
  const colour = COLOURS[stale ? "stale" : row.word];
  const count = rasterize(countText(row, stale), `700 16px "Inter", ${CJK}`);
  light(matrix, count, COLUMNS - count.width - 2, top, colour);
  const arrow = ARROWS[row.direction];
  light(matrix, fromRows(arrow), COLUMNS - 50, top + 4, colour);
  const name = fitted(nameOf(row), COLUMNS - 56);
  light(matrix, name, 2, top, stale || row.word === "stale" ? COLOURS.stale : COLOURS.name);
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

function light(matrix, dots, left, top, colour) {
  for (const [x, y] of dots.lit) if (left + x < COLUMNS) matrix[(top + y) * COLUMNS + left + x] = colour;
}
